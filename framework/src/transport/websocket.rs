//! The handshake of a WebSocket, and connections that begin with one.
//!
//! It must never touch what comes after the handshake: that is the link's.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, http::header, web};
use actix_web_actors::ws;

use super::{
    body::Body,
    dialect::Dialect,
    opening::Opening,
    polling::open_packet,
    response::{Rejection, Reply},
};
use crate::{
    auth::Principal, connection::Realm, logged::Logged, outbox::TransportKind,
    wire::engine_io::RequestError,
};

/// Opens a session over WebSocket.
pub(super) fn open(
    request: &HttpRequest,
    payload: web::Payload,
    realm: &Arc<Realm>,
    reply: &Reply,
    principal: Principal,
) -> Result<HttpResponse, Rejection> {
    let mut response = shake_hands(request)?;
    let handshake = reply.handshake().clone();
    let handle = realm.open(handshake, principal, TransportKind::WebSocket)?;
    reply.add_headers(&mut response, true);
    let mut greeting = Vec::new();
    Dialect::EngineIo.encode_control(&open_packet(realm, &handle), &mut greeting);
    let (opening, body) = Opening::new(request, payload, realm, handle, Dialect::EngineIo);
    opening.greet(greeting);
    opening.start();
    switch(response, body)
}

/// The response that turns a request into a WebSocket.
///
/// # Errors
/// [`RequestError::BadRequest`] if the request is no WebSocket handshake.
pub(super) fn shake_hands(request: &HttpRequest) -> Result<HttpResponseBuilder, RequestError> {
    // A browser that names protocols drops a connection for which none was chosen.
    let protocols = request.headers().get(header::SEC_WEBSOCKET_PROTOCOL);
    let first = protocols
        .and_then(|protocols| protocols.to_str().ok())
        .and_then(|protocols| protocols.split(',').next())
        .map(str::trim)
        .filter(|protocol| !protocol.is_empty());
    ws::handshake_with_protocols(request, first.as_slice()).map_err(|error| {
        tracing::debug!(%error, "no WebSocket handshake");
        RequestError::BadRequest
    })
}

/// Sends the 101 response with its body.
pub(super) fn switch(
    mut response: HttpResponseBuilder,
    body: Body,
) -> Result<HttpResponse, Rejection> {
    match response.message_body(body) {
        Ok(response) => Ok(response.map_into_boxed_body()),
        Err(error) => {
            // Dropping the body has told the reading side already.
            tracing::warn!(error = %Logged(error), "a header of the application's own is malformed");
            Err(RequestError::BadRequest.into())
        }
    }
}
