//! Tells a test that a poll has arrived and is held, which the protocol itself tells nobody.
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

/// Polls that are held and that nobody has asked for: a permit each.
#[derive(Clone)]
pub(crate) struct Held(Arc<Semaphore>);

impl Default for Held {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(0)))
    }
}

impl Held {
    /// `GET /held` is answered as soon as one more poll is held.
    pub(crate) fn route(&self) -> impl FnOnce(&mut ServiceConfig) + use<> {
        let held = self.clone();
        move |config| {
            let answer = move || {
                let held = held.clone();
                async move {
                    held.0.acquire().await.map_err(ErrorInternalServerError)?.forget();
                    Ok::<_, Error>(HttpResponse::Ok())
                }
            };
            config.route("/held", web::get().to(answer));
        }
    }

    /// Serves a request, and counts it if it is a poll that has to wait.
    pub(crate) fn watch<S, B>(
        &self,
        request: ServiceRequest,
        service: &S,
    ) -> impl Future<Output = Result<ServiceResponse<B>, Error>> + use<S, B>
    where
        S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    {
        let query = request.query_string();
        let is_poll = request.method() == Method::GET
            && query.contains("transport=polling")
            && query.contains("sid=");
        let mut arriving = is_poll.then(|| self.clone());
        let answer = service.call(request);
        async move {
            let mut answer = pin!(answer);
            poll_fn(|cx| {
                let polled = answer.as_mut().poll(cx);
                if let (Poll::Pending, Some(held)) = (&polled, arriving.take()) {
                    held.0.add_permits(1);
                }
                polled
            })
            .await
        }
    }
}
