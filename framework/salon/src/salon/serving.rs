//! How a Salon is given to the HTTP server that serves it.
//!
//! It must never keep a server from stopping: what clients have to be told has a time limit.

use std::{fmt, pin::pin, time::Duration};

use actix_http::Request;
use actix_service::IntoServiceFactory;
use actix_web::{
    Error, HttpServer,
    body::MessageBody,
    dev::{AppConfig, Response, Service, ServiceFactory},
    rt::System,
};
use futures_util::future::{Either, select};
use tokio::time::sleep;

use super::{
    handle::Salon,
    signal::{Signals, Urgency},
};

/// How long requests of the app's own have to be answered, once the clients have gone, when the
/// process is to end soon.
const HURRY: Duration = Duration::from_secs(1);

/// The one line by which a Salon is given to an [`HttpServer`].
///
/// ```no_run
/// use actix_web::{App, HttpServer};
/// use salon::prelude::*;
///
/// #[actix_web::main]
/// async fn main() -> std::io::Result<()> {
///     let salon = Salon::builder().build()?;
///     let routes = salon.clone();
///     HttpServer::new(move || App::new().configure(routes.routes()))
///         .salon(&salon)
///         .bind(("127.0.0.1", 8080))?
///         .run()
///         .await
/// }
/// ```
pub trait HttpServerExt: sealed::Sealed + Sized {
    /// Sets what a server of a Salon needs; to be called before `bind` and `listen`, and before what is
    /// to be set otherwise:
    ///
    /// - `on_connect`, to [`Salon::on_connect`];
    /// - `h1_allow_half_closed`, to false: a client that polls and goes is noticed at once;
    /// - `shutdown_signal`: SIGTERM, SIGINT and SIGQUIT, or Ctrl-C, are Salon's from now on. When one
    ///   comes it [parts with all clients](Salon::shutdown), in
    ///   [`Timeouts::shutdown`](crate::config::Timeouts::shutdown) at most, and the server stops after
    ///   that. After SIGINT and SIGQUIT, and after a second signal, the app's other requests are not
    ///   waited for longer than a second. `disable_signals` does not change that.
    ///
    /// An app with a signal of its own gives [`Salon::shutdown_on`] to `shutdown_signal` behind it. One
    /// that stops its server by the server's handle awaits [`Salon::shutdown`] before; if it does not,
    /// the clients of sockets that were taken over are still told when their worker ends.
    #[must_use]
    fn salon(self, salon: &Salon) -> Self;
}

impl<F, I, S, B> HttpServerExt for HttpServer<F, I, S, B>
where
    F: Fn() -> I + Send + Clone + 'static,
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig> + 'static,
    S::Error: Into<Error> + 'static,
    S::InitError: fmt::Debug,
    S::Response: Into<Response<B>> + 'static,
    <S::Service as Service<Request>>::Future: 'static,
    S::Service: 'static,
    B: MessageBody + 'static,
{
    fn salon(self, salon: &Salon) -> Self {
        self.on_connect(Salon::on_connect)
            .h1_allow_half_closed(false)
            .shutdown_signal(stop(salon.clone()))
    }
}

mod sealed {
    use actix_http::Request;
    use actix_service::IntoServiceFactory;
    use actix_web::{
        Error, HttpServer,
        body::MessageBody,
        dev::{AppConfig, Response, ServiceFactory},
    };

    /// An [`HttpServer`], and nothing else.
    pub trait Sealed {}

    impl<F, I, S, B> Sealed for HttpServer<F, I, S, B>
    where
        F: Fn() -> I + Send + Clone + 'static,
        I: IntoServiceFactory<S, Request>,
        S: ServiceFactory<Request, Config = AppConfig>,
        S::Error: Into<Error>,
        S::InitError: std::fmt::Debug,
        S::Response: Into<Response<B>>,
        B: MessageBody,
    {
    }
}

impl Salon {
    /// For `HttpServer::shutdown_signal`, in an app that is stopped by a signal of its own: waits for
    /// `signal`, then [parts with all clients](Self::shutdown), in
    /// [`Timeouts::shutdown`](crate::config::Timeouts::shutdown) at most.
    pub fn shutdown_on<F>(&self, signal: F) -> impl Future<Output = ()> + Send + use<F>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let salon = self.clone();
        async move {
            signal.await;
            salon.shutdown(salon.connections.timeouts().shutdown).await;
        }
    }
}

/// Parts with all clients when a signal comes; the server stops when this is done.
async fn stop(salon: Salon) {
    let mut signals = Signals::take();
    let first = signals.next().await;
    let urgency = {
        let parting = pin!(salon.shutdown(salon.connections.timeouts().shutdown));
        // Whoever sends another one does not want to wait.
        let second = pin!(signals.next());
        match select(parting, second).await {
            Either::Left(_) => first,
            Either::Right(_) => Urgency::Soon,
        }
    };
    if urgency == Urgency::Soon
        && let Some(system) = System::try_current()
    {
        // actix-web stops in order, and waits for requests: up to its own `shutdown_timeout`.
        tokio::spawn(async move {
            sleep(HURRY).await;
            system.stop();
        });
    }
}
