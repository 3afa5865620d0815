//! The endpoint of the plain protocol: every request comes in here and is sent to what serves it.
//!
//! It must never let a request through before its origin and its path are checked.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};

use super::subprotocols::Offered;
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
        http::{Rejection, Reply, Upload},
        websocket::{Framing, Opening, shake_hands, switch},
    },
    wire::engine_io::RequestError,
};

/// The part of the path that names a namespace.
const NAMESPACE: &str = "namespace";

/// Registers the endpoint at its path, and at those below it that name a namespace.
pub(crate) fn configure(connections: Arc<Connections>) -> impl Fn(&mut web::ServiceConfig) {
    move |config| {
        let Some(path) = &connections.http().plain_path else { return };
        let path = path.trim_end_matches('/');
        let connections = web::Data::from(connections.clone());
        for path in [path.to_owned(), format!("{path}/{{{NAMESPACE}:.*}}")] {
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
    let mut upload = Upload::new(payload);
    let offered = Offered::of(&request);
    let bearer = offered.as_ref().ok().and_then(|offered| offered.bearer.as_deref());
    let response = match Reply::begin_with(&request, &connections, bearer) {
        Ok(reply) => match answer(&request, &mut upload, &connections, &reply, offered).await {
            Ok(response) => response,
            Err(rejection) => reply.refused(&rejection),
        },
        Err(response) => *response,
    };
    upload.answered(&request, &connections, response)
}

async fn answer(
    request: &HttpRequest,
    upload: &mut Upload,
    connections: &Arc<Connections>,
    reply: &Reply,
    offered: Result<Offered, Rejection>,
) -> Result<HttpResponse, Rejection> {
    let (name, namespace) = namespace(request, connections)?;
    if !connections.http().transports.websocket {
        return Err(RequestError::UnknownTransport.into());
    }
    let mut response = shake_hands(request, offered?.protocol)?;
    let principal = admit(connections, reply).await?;
    let handshake = reply.handshake().clone();
    let is_presented = || (namespace.authenticator.is_presented)(&handshake);
    let is_known = guarded(connections, is_presented)?;
    let protocol = Typed::new(name.into(), namespace.identified, is_known);
    let handle =
        connections.open_typed(handshake, principal, TransportKind::WebSocket, protocol)?;
    reply.add_headers(&mut response, true);
    let max_frames = connections.limits().max_frames_per_message.try_into().unwrap_or(u32::MAX);
    let framing = Framing::Typed { max_frames };
    let (opening, body) = Opening::new(request, upload.take(), connections, handle, framing);
    opening.start();
    switch(response, body)
}

/// The namespace that a request names by its path.
fn namespace(
    request: &HttpRequest,
    connections: &Connections,
) -> Result<(String, Arc<BuiltNamespace>), Rejection> {
    let name = format!("/{}", request.match_info().query(NAMESPACE).trim_matches('/'));
    // Whether it is one of those whose names the application accepts, that may say.
    let found = guarded(connections, || connections.namespaces().find(&name).cloned())?;
    let found = found.ok_or_else(|| {
        let unknown = Rejection::from(RequestError::BadRequest).status(StatusCode::NOT_FOUND);
        unknown.message("there is no namespace of this name here")
    })?;
    Ok((name, found))
}

/// Runs code of the application that a request is to be looked at by; refused if it panics.
fn guarded<T>(connections: &Connections, code: impl FnOnce() -> T) -> Result<T, Rejection> {
    contain(code).map_err(|Panicked| {
        connections.counters().one(Count::HandlerPanics);
        tracing::error!("code of the application panicked: a request is refused");
        Rejection::from(RequestError::BadRequest).status(StatusCode::INTERNAL_SERVER_ERROR)
    })
}
