//! The Engine.IO endpoint: every request comes in here and is sent to what serves it.
//!
//! It must never let a request through to a session before its origin, its credentials and its
//! session id are checked, in this order.

use std::sync::Arc;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{Method, header},
    web,
};
use futures_util::FutureExt;

use super::{polling, posting, upgrade};
use crate::{
    auth::Principal,
    base::{contained::Running, disconnect::DisconnectReason, meter::Count},
    connection::{ConnectionHandle, Connections},
    outbox::TransportKind,
    transport::{
        http::{self, Rejection, Reply, Target, Upload},
        websocket::handshake,
    },
    wire::engine_io::RequestError,
};

/// What a request names that asks for a WebSocket.
const WEBSOCKET: &str = "websocket";

/// What is answered to who asks for answers as scripts, which any page could read.
const NO_JSONP: &str = "JSONP is not served; use polling without `j`, or WebSocket";

/// Registers the Engine.IO endpoint at its path, with and without a trailing slash.
pub(crate) fn configure(connections: Arc<Connections>) -> impl Fn(&mut web::ServiceConfig) {
    move |config| {
        let path = connections.http().path.trim_end_matches('/');
        let connections = web::Data::from(connections.clone());
        // Apart: two paths in one resource are looked for by regular expressions.
        for path in [path.to_owned(), format!("{path}/")] {
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
    let connections = &connections;
    let answer = async |upload: &mut Upload, reply: &Reply| {
        answer(&request, upload, connections, reply).await
    };
    http::serve(&request, payload, connections, None, answer).await
}

async fn answer(
    request: &HttpRequest,
    upload: &mut Upload,
    connections: &Arc<Connections>,
    reply: &Reply,
) -> Result<HttpResponse, Rejection> {
    let target = Target::parse(reply.handshake())?;
    let transports = connections.http().transports;
    let offered = match target.transport {
        TransportKind::WebSocket => transports.websocket,
        _ => transports.polling,
    };
    if !offered {
        return Err(RequestError::UnknownTransport.into());
    }
    let is_websocket = asks_for_websocket(request);
    let Some(sid) = &target.sid else {
        if request.method() != Method::GET {
            return Err(RequestError::BadHandshakeMethod.into());
        }
        if is_websocket != (target.transport == TransportKind::WebSocket) {
            return Err(RequestError::BadRequest.into());
        }
        target.check_version()?;
        if target.wants_jsonp() {
            return Err(Rejection::from(RequestError::BadRequest).message(NO_JSONP));
        }
        let principal = admit(connections, reply).await?;
        return match target.transport {
            TransportKind::WebSocket => {
                handshake::open(request, upload, connections, reply, principal)
            }
            _ => polling::open(connections, reply, principal),
        };
    };
    let principal = admit(connections, reply).await?;
    let handle = find(connections, sid, &principal)?;
    if connections.wants_requests() {
        // There are no namespaces to connect to: whoever knows its session id is there.
        connections.connected(&handle);
    }
    target.check_version()?;
    match (target.transport, is_websocket) {
        (TransportKind::WebSocket, true) => {
            upgrade::serve(request, upload, connections, reply, handle)
        }
        (TransportKind::Polling, false) if handle.transport() == TransportKind::Polling => {
            match *request.method() {
                Method::GET => polling::poll(connections, reply, handle).await,
                Method::POST => posting::post(request, upload, connections, reply, handle).await,
                _ => Err(RequestError::BadRequest.into()),
            }
        }
        // The session is on another transport than the request, or the request is malformed.
        _ => Err(RequestError::BadRequest.into()),
    }
}

/// Asks the application whom the request comes from, and whether it may come at all.
pub(in crate::transport) async fn admit(
    connections: &Connections,
    reply: &Reply,
) -> Result<Principal, Rejection> {
    match &connections.hooks().admission {
        Some(admission) => {
            let (admission, handshake) = (admission.clone(), reply.handshake().clone());
            let asked = async move { admission(handshake).await };
            let asked = Running::new(asked.boxed_local(), connections.broadcaster().tally).await;
            Ok(asked.unwrap_or_else(|panicked| {
                connections.counters().one(Count::HandlerPanics);
                tracing::error!("`allow_request` panicked: a request is refused");
                Err(panicked.into())
            })?)
        }
        None => Ok(Principal::anonymous()),
    }
}

/// The session of that id. Somebody else's is as unknown as one that does not exist.
fn find(
    connections: &Connections,
    sid: &str,
    principal: &Principal,
) -> Result<Arc<ConnectionHandle>, RequestError> {
    let found = connections.find(sid).filter(|handle| handle.principal() == principal);
    let handle = found.ok_or(RequestError::UnknownSession)?;
    // Judged here as well: whoever watches over it may come a moment later.
    if handle.is_overdue(connections.heartbeat()) {
        handle.abort(DisconnectReason::PingTimeout);
        connections.forget(&handle);
        return Err(RequestError::UnknownSession);
    }
    Ok(handle)
}

fn asks_for_websocket(request: &HttpRequest) -> bool {
    let upgrade = request.headers().get(header::UPGRADE).and_then(|value| value.to_str().ok());
    upgrade.is_some_and(|upgrade| {
        // Most say nothing else.
        upgrade == WEBSOCKET || upgrade.to_ascii_lowercase().contains(WEBSOCKET)
    })
}
