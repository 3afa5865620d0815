//! The app, and the way that its clients come.
//!
//! It must never hold what a client says: those are in the cases.

use std::{net::SocketAddr, time::Duration};

use actix_web::{HttpRequest, HttpResponse, web};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use salon::Salon;
use salon_tests::{Result, event_stream::EventStream, in_process::InProcess};
use serde_json::json;
use tokio::time::{sleep, timeout};

use crate::{
    app::app,
    proxy::{Ports, Proxy, Setting},
    scratch::Scratch,
};

/// How long is waited for what has to come.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// What the app's heartbeats are if nothing else is said: none comes while a test runs.
pub(crate) const SELDOM: Duration = Duration::from_secs(60);

/// How clients come to the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Directly,
    Nginx,
    Haproxy,
}

/// An app and what is in front of it.
pub(crate) struct Stage {
    pub(crate) salon: Salon,
    pub(crate) scratch: Scratch,
    proxy: Option<Proxy>,
    server: InProcess,
}

impl Stage {
    /// As the guide says.
    pub(crate) async fn set(way: Way) -> Result<Self> {
        Self::beating(way, SELDOM).await
    }

    /// As the guide says, with heartbeats so often.
    pub(crate) async fn beating(way: Way, interval: Duration) -> Result<Self> {
        let setting = match way {
            Way::Directly => None,
            Way::Nginx => Some(Setting::Nginx("")),
            Way::Haproxy => Some(Setting::Haproxy("50s")),
        };
        Self::with(setting, interval).await
    }

    pub(crate) async fn with(setting: Option<Setting>, interval: Duration) -> Result<Self> {
        let salon = app().heartbeat(interval, PATIENCE).build()?;
        let routes = salon.clone();
        let server = InProcess::start_with(2, move |config| {
            routes.routes()(config);
            config.route("/page", web::get().to(page));
        })?;
        let scratch = Scratch::new()?;
        let proxy = match setting {
            None => None,
            Some(setting) => Some(Proxy::start(setting, server.address(), &scratch).await?),
        };
        Ok(Self { salon, scratch, proxy, server })
    }

    /// Where clients connect to.
    pub(crate) fn address(&self) -> SocketAddr {
        self.proxy.as_ref().map_or_else(|| self.app(), |proxy| proxy.ports.clear)
    }

    /// Where clients connect to over TLS.
    pub(crate) fn secure(&self) -> Result<SocketAddr> {
        let ports: Option<Ports> = self.proxy.as_ref().map(|proxy| proxy.ports);
        Ok(ports.ok_or("a proxy")?.secure)
    }

    /// Where the app is, without what is in front of it.
    pub(crate) fn app(&self) -> SocketAddr {
        self.server.address()
    }

    /// Opens a stream of the room `lounge`, with further headers.
    pub(crate) async fn stream(&self, headers: &str) -> Result<EventStream> {
        let target = lounge();
        let opened = EventStream::open(self.address(), &target, headers);
        within("the head of a stream", opened).await
    }

    /// Waits until the app has so many clients.
    pub(crate) async fn has_clients(&self, count: usize) -> Result<()> {
        let all = async {
            while self.salon.connections() != count {
                sleep(Duration::from_millis(10)).await;
            }
            Ok(())
        };
        within(&format!("{count} clients"), all).await
    }
}

/// The target of a stream of that room.
pub(crate) fn lounge() -> String {
    let frame = json!(["chat:join", { "room": "lounge" }]).to_string();
    format!("/salon/events?join={}", utf8_percent_encode(&frame, NON_ALPHANUMERIC))
}

/// What has to come in time.
pub(crate) async fn within<T>(what: &str, coming: impl Future<Output = Result<T>>) -> Result<T> {
    let elapsed = |_| format!("{what} did not come within {PATIENCE:?}");
    timeout(PATIENCE, coming).await.map_err(elapsed)?
}

/// Says which app it is of; for a browser, all that it needs to be of the server's origin.
async fn page(request: HttpRequest) -> HttpResponse {
    let title = request.app_config().local_addr();
    HttpResponse::Ok()
        .content_type("text/html")
        .body(format!("<!doctype html><title>{title}</title>"))
}
