//! Tells a test that a poll or a POST has arrived and is held, which the protocol itself tells nobody.
//!
//! It must never change what a poll is answered, nor when.

use std::{pin::pin, sync::Arc, task::Poll};

use actix_web::{
    Error, HttpResponse,
    dev::{Service, ServiceRequest, ServiceResponse},
    error::ErrorInternalServerError,
    http::Method,
    web::{self, ServiceConfig},
};
use futures_util::future::poll_fn;
use tokio::sync::Semaphore;

/// Requests that are held and that nobody has asked for: a permit each.
#[derive(Clone)]
pub(crate) struct Held {
    polls: Arc<Semaphore>,
    posts: Arc<Semaphore>,
}

impl Default for Held {
    fn default() -> Self {
        let [polls, posts] = [0, 0].map(|none| Arc::new(Semaphore::new(none)));
        Self { polls, posts }
    }
}

impl Held {
    /// `GET /held` is answered as soon as one more poll is held, `/held-post` as soon as a POST is.
    pub(crate) fn route(&self) -> impl FnOnce(&mut ServiceConfig) + use<> {
        let Self { polls, posts } = self.clone();
        move |config| {
            for (path, held) in [("/held", polls), ("/held-post", posts)] {
                let answer = move || {
                    let held = held.clone();
                    async move {
                        held.acquire().await.map_err(ErrorInternalServerError)?.forget();
                        Ok::<_, Error>(HttpResponse::Ok())
                    }
                };
                config.route(path, web::get().to(answer));
            }
        }
    }

    /// Serves a request, and counts it if it is a poll or a POST that has to wait.
    pub(crate) fn watch<S, B>(
        &self,
        request: ServiceRequest,
        service: &S,
    ) -> impl Future<Output = Result<ServiceResponse<B>, Error>> + use<S, B>
    where
        S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    {
        let query = request.query_string();
        let is_polling = query.contains("transport=polling") && query.contains("sid=");
        let mut arriving = match *request.method() {
            Method::GET if is_polling => Some(self.polls.clone()),
            Method::POST if is_polling => Some(self.posts.clone()),
            _ => None,
        };
        let answer = service.call(request);
        async move {
            let mut answer = pin!(answer);
            poll_fn(|cx| {
                let polled = answer.as_mut().poll(cx);
                if let (Poll::Pending, Some(held)) = (&polled, arriving.take()) {
                    held.add_permits(1);
                }
                polled
            })
            .await
        }
    }
}
