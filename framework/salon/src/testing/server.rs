//! The server of a lab: the app's routes on each simulated worker, reached without a socket.
//!
//! It must never answer for the app: requests go through its real routes, and the bytes of a
//! WebSocket through the real transport.

use std::{cell::RefCell, net::SocketAddr, pin::pin, rc::Rc, sync::Arc, time::Duration};

use actix_web::{
    App, Error,
    body::{BoxBody, MessageBody},
    dev::{Payload, ServiceResponse},
    error::PayloadError,
    http::{
        Method, StatusCode,
        header::{self, HeaderMap},
    },
    test::{TestRequest, call_service, init_service},
    web::ServiceConfig,
};
use bytes::Bytes;
use futures_util::{
    future::{LocalBoxFuture, poll_fn, select},
    stream,
};
use tokio::{sync::oneshot, task::JoinHandle};

use super::{
    line::{Pipe, Reset},
    world::{UnitIndex, World},
};

/// After which time a kernel gives a peer up that does not acknowledge what it is sent: the timeout of a
/// heartbeat that Salon has by default.
const GIVEN_UP: Duration = Duration::from_secs(20);

/// A request of a client.
pub(super) struct Request {
    pub(super) method: Method,
    pub(super) target: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Bytes,
    pub(super) peer: SocketAddr,
}

/// What a request was answered.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Response {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

impl Response {
    /// The body as text; what is no UTF-8 in it is replaced.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// The two directions of a WebSocket, as the server has them.
pub(super) struct Stream {
    pub(super) up: Pipe,
    pub(super) down: Pipe,
}

/// The app on one worker.
type Serve = Rc<dyn Fn(TestRequest, Option<Pipe>) -> LocalBoxFuture<'static, ServiceResponse>>;

/// What an app adds to its routes.
pub(super) type Configure = Arc<dyn Fn(&mut ServiceConfig) + Send + Sync>;

/// The app on all workers.
pub(super) struct Workers(Vec<Rc<RefCell<Option<Serve>>>>);

impl Workers {
    /// Starts the app on each worker of the world; it is up once the world has settled.
    pub(super) fn start(world: &World, configure: &Configure) -> Self {
        let start = |worker| {
            let slot = Rc::<RefCell<Option<Serve>>>::default();
            let (filled, configure) = (slot.clone(), configure.clone());
            world.spawn(UnitIndex::worker(worker), async move {
                let app = App::new().configure(|config| configure(config));
                let service = Rc::new(init_service(app).await);
                let serve = move |request: TestRequest, up: Option<Pipe>| {
                    let service = service.clone();
                    let mut request = request.to_request();
                    if let Some(up) = up {
                        *request.payload() = Payload::Stream { payload: Box::pin(chunks(up)) };
                    }
                    let response = async move { call_service(&*service, request).await };
                    Box::pin(response) as LocalBoxFuture<'static, ServiceResponse>
                };
                *filled.borrow_mut() = Some(Rc::new(serve));
            });
            slot
        };
        Self((0..world.workers()).map(start).collect())
    }

    /// Checks that the app is up on every worker.
    ///
    /// # Panics
    /// When it is not.
    pub(super) fn check(&self) {
        for (worker, slot) in self.0.iter().enumerate() {
            assert!(
                slot.borrow().is_some(),
                "the app did not come up on worker {worker}: its configuration panicked (see \
                 above), or waits for something"
            );
        }
    }

    /// Serves a request on a worker. Dropping the future takes the request back.
    pub(super) async fn request(
        &self,
        world: &World,
        worker: usize,
        request: Request,
    ) -> Result<Response, Reset> {
        let Some(serve) = self.serve(world, worker) else { return Err(Reset) };
        let (answer, answered) = oneshot::channel();
        let _task = Aborted(world.spawn(UnitIndex::worker(worker), async move {
            let response = collect(serve(request.into_test(), None).await).await;
            // The client may have gone.
            let _ = answer.send(response);
        }));
        answered.await.map_err(|_| Reset)
    }

    /// Opens a WebSocket on a worker, or a stream of events: nothing if it was opened, else the response.
    pub(super) async fn open(
        &self,
        world: &World,
        worker: usize,
        request: Request,
        stream: Stream,
    ) -> Result<Option<Response>, Reset> {
        let Some(serve) = self.serve(world, worker) else { return Err(Reset) };
        let (answer, answered) = oneshot::channel();
        world.spawn(UnitIndex::worker(worker), async move {
            let stream = Open(stream);
            let Stream { up, down } = &stream.0;
            let is_upgrade = request.method == Method::GET;
            let body = is_upgrade.then(|| up.clone());
            let response = serve(request.into_test(), body).await;
            if response.status() == StatusCode::SWITCHING_PROTOCOLS {
                // The client may have gone.
                let _ = answer.send(None);
                pump(response, down).await;
            } else if is_event_stream(response.headers()) {
                let _ = answer.send(None);
                // A server notices that a client has gone, though it has nothing to write.
                let left = pin!(async { while let Ok(Some(_)) = up.read().await {} });
                let given_up = pin!(down.until_given_up(GIVEN_UP));
                select(pin!(pump(response, down)), select(left, given_up)).await;
            } else {
                let response = collect(response).await;
                let _ = answer.send(Some(response));
            }
        });
        answered.await.map_err(|_| Reset)
    }

    /// The app on a worker, unless that has ended.
    fn serve(&self, world: &World, worker: usize) -> Option<Serve> {
        let serve = self.0.get(worker)?.borrow().clone();
        serve.filter(|_| !world.has_ended(UnitIndex::worker(worker)))
    }
}

impl Request {
    fn into_test(self) -> TestRequest {
        let Self { method, target, headers, body, peer } = self;
        let request = TestRequest::with_uri(&target).method(method).peer_addr(peer);
        let request = headers.into_iter().fold(request, TestRequest::append_header);
        if body.is_empty() { request } else { request.set_payload(body) }
    }
}

/// Whether what a response has goes on and on.
pub(super) fn is_event_stream(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "text/event-stream")
}

/// What a client sends, as a request's body.
fn chunks(up: Pipe) -> impl futures_util::Stream<Item = Result<Bytes, PayloadError>> {
    stream::unfold(up, async |up| match up.read().await {
        Ok(Some(bytes)) => Some((Ok(bytes), up)),
        Ok(None) => None,
        Err(Reset) => Some((Err(PayloadError::Incomplete(None)), up)),
    })
}

/// Writes a response's body to a client until it ends, or the client does.
async fn pump(response: ServiceResponse<BoxBody>, down: &Pipe) {
    let mut body = pin!(response.into_body());
    while let Some(Ok(bytes)) = poll_fn(|cx| body.as_mut().poll_next(cx)).await {
        if down.write(bytes).await.is_err() {
            return;
        }
    }
}

async fn collect(response: ServiceResponse<BoxBody>) -> Response {
    let (status, headers) = (response.status(), response.headers().clone());
    let body: Result<Bytes, Error> =
        actix_web::body::to_bytes(response.into_body()).await.map_err(Error::from);
    Response { status, headers, body: body.unwrap_or_default() }
}

/// A stream that ends with the task that it is in, also where the task's worker does.
struct Open(Stream);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.up.end();
        self.0.down.end();
    }
}

/// A task that ends with whoever waits for it.
struct Aborted(JoinHandle<()>);

impl Drop for Aborted {
    fn drop(&mut self) {
        self.0.abort();
    }
}
