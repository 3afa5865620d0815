//! The endpoint of the plain protocol: every request comes in here and is sent to what serves it.
//!
//! It must never let a request through before its origin and its path are checked.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};

use super::{
    call::Call,
    event_stream, files,
    opening::Opening,
    polling, posting, secret, status,
    subprotocols::Offered,
    target::{Asked, Target},
    websocket,
};
use crate::{
    app::BuiltNamespace,
    base::{
        contained::{Panicked, contain},
        meter::Count,
    },
    connection::Connections,
    outbox::TransportKind,
    protocol::Typed,
    transport::{
        engine_io::admit,
        http::{self, Rejection, Reply, Upload},
    },
    wire::engine_io::RequestError,
};

/// The part of the path behind that of the endpoint.
const TAIL: &str = "tail";

/// Registers the endpoint at its path, and at all those below it.
pub(crate) fn configure(connections: Arc<Connections>) -> impl Fn(&mut web::ServiceConfig) {
    move |config| {
        let Some(path) = &connections.http().plain_path else { return };
        let path = path.trim_end_matches('/');
        #[cfg(feature = "contract")]
        if connections.http().contract_page {
            for resource in super::page::resources(path, &connections) {
                config.service(resource);
            }
        }
        let connections = web::Data::from(connections.clone());
        for file in files::resources(path) {
            config.service(file);
        }
        for path in [path.to_owned(), format!("{path}/{{{TAIL}:.*}}")] {
            config.service(web::resource(path).app_data(connections.clone()).to(serve));
        }
    }
}

async fn serve(
    request: HttpRequest,
    payload: web::Payload,
    connections: web::Data<Connections>,
) -> HttpResponse {
    let connections = connections.into_inner();
    let mut offered = Offered::of(&request);
    let bearer = offered.as_mut().ok().and_then(|offered| offered.bearer.take());
    let connections = &connections;
    let answer = async |upload: &mut Upload, reply: &Reply| {
        answer(&request, upload, connections, reply, offered).await
    };
    http::serve(&request, payload, connections, bearer.as_deref(), answer).await
}

async fn answer(
    request: &HttpRequest,
    upload: &mut Upload,
    connections: &Arc<Connections>,
    reply: &Reply,
    offered: Result<Offered, Rejection>,
) -> Result<HttpResponse, Rejection> {
    let Target { namespace, asked } = Target::parse(request.match_info().query(TAIL));
    let found = find(connections, &namespace)?;
    let handshake = reply.handshake().clone();
    let is_presented = || (found.authenticator.is_presented)(&handshake);
    let is_known = guarded(connections, is_presented)?;
    let protocol = |is_known| Typed::new(namespace.clone().into(), found.identified, is_known);
    let admitted = admit(connections, reply);
    let polls = asked == Asked::Events && (secret::is_named(reply) || polling::is_wanted(request));
    match asked {
        Asked::WebSocket if !connections.http().transports.websocket => {
            Err(RequestError::UnknownTransport.into())
        }
        Asked::WebSocket => {
            let offered = offered?;
            let protocol = protocol(is_known).written_as(offered.format);
            websocket::open(request, upload, connections, reply, offered, protocol, admitted).await
        }
        Asked::Events if polls && !connections.http().transports.polling => {
            Err(RequestError::UnknownTransport.into())
        }
        Asked::Events if secret::is_named(reply) => {
            let principal = admitted.await?;
            let polled = polling::poll(request, connections, reply, &principal).await;
            Ok(polled.unwrap_or_else(|untaken| status::untaken(reply, &untaken)))
        }
        Asked::Events => {
            let principal = admitted.await?;
            let opening = match Opening::read(request, upload, connections, reply).await {
                Ok(opening) => opening,
                Err(untaken) => return Ok(status::untaken(reply, &untaken)),
            };
            // Who has nothing else to say is asked at once, as whoever calls an event is.
            let protocol = protocol(is_known || !opening.connects);
            match polls {
                true => polling::open(opening, connections, reply, principal, protocol).await,
                false => {
                    event_stream::open(opening, request, connections, reply, principal, protocol)
                        .await
                }
            }
        }
        Asked::Send => {
            let principal = admitted.await?;
            let posted = posting::post(request, upload, connections, reply, &principal).await;
            Ok(posted.unwrap_or_else(|untaken| status::untaken(reply, &untaken)))
        }
        Asked::Call { event } => {
            let principal = admitted.await?;
            let call = match Call::read(request, upload, connections, reply, &event).await {
                Ok(call) => call,
                Err(untaken) => return Ok(status::untaken(reply, &untaken)),
            };
            let protocol = protocol(true);
            let handle =
                connections.open_typed(handshake, principal, TransportKind::Call, protocol)?;
            Ok(call.answer(connections, reply, handle).await)
        }
    }
}

/// The namespace of that name.
fn find(connections: &Connections, name: &str) -> Result<Arc<BuiltNamespace>, Rejection> {
    // Whether it is one of those whose names the application accepts, that may say.
    let found = guarded(connections, || connections.namespaces().find(name).cloned())?;
    found.ok_or_else(|| {
        let unknown = Rejection::from(RequestError::BadRequest).status(StatusCode::NOT_FOUND);
        unknown.message("there is no namespace of this name here")
    })
}

/// Runs code of the application that a request is to be looked at by; refused if it panics.
fn guarded<T>(connections: &Connections, code: impl FnOnce() -> T) -> Result<T, Rejection> {
    contain(code).map_err(|Panicked| {
        connections.counters().one(Count::HandlerPanics);
        tracing::error!("code of the application panicked: a request is refused");
        Rejection::from(RequestError::BadRequest).status(StatusCode::INTERNAL_SERVER_ERROR)
    })
}
