//! The handshake of a WebSocket, and connections that begin with one.
//!
//! It must never touch what comes after the handshake: that is the link's.

use std::sync::Arc;

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder,
    http::{
        Method, StatusCode, Version,
        header::{self, HeaderName, HeaderValue},
        uri::Authority,
    },
};
use actix_web_actors::ws;
use base64::{
    Engine as _, alphabet,
    engine::general_purpose::{GeneralPurpose, PAD},
};

use super::{body::Body, framing::Framing, opening::Opening};
use crate::{
    auth::Principal,
    base::logged::Logged,
    connection::Connections,
    outbox::TransportKind,
    transport::{
        engine_io::open_packet,
        http::{Rejection, Reply, Upload},
    },
    wire::engine_io::RequestError,
};

/// Opens a session over WebSocket.
pub(in crate::transport) fn open(
    request: &HttpRequest,
    upload: &mut Upload,
    connections: &Arc<Connections>,
    reply: &Reply,
    principal: Principal,
) -> Result<HttpResponse, Rejection> {
    let mut response = shake_hands(request, first_protocol(request))?;
    let handshake = reply.handshake().clone();
    let handle = connections.open(handshake, principal, TransportKind::WebSocket)?;
    reply.add_headers(&mut response, true);
    let mut greeting = Vec::new();
    Framing::EngineIo.encode_packet(&open_packet(connections, &handle), &mut greeting);
    let (opening, body) =
        Opening::new(request, upload.take(), connections, handle, Framing::EngineIo);
    opening.greet(greeting);
    opening.start();
    switch(response, body)
}

/// The first of the protocols that a client offers: a browser that offers some drops a connection for which
/// none was chosen.
pub(in crate::transport) fn first_protocol(request: &HttpRequest) -> Option<&str> {
    let protocols = request.headers().get(header::SEC_WEBSOCKET_PROTOCOL)?.to_str().ok()?;
    protocols.split(',').next().map(str::trim).filter(|protocol| !protocol.is_empty())
}

/// The response that turns a request into a WebSocket, which speaks that protocol if there is one.
///
/// # Errors
/// [`RequestError::BadRequest`] if the request is no WebSocket handshake, with what would be one.
pub(in crate::transport) fn shake_hands(
    request: &HttpRequest,
    protocol: Option<&str>,
) -> Result<HttpResponseBuilder, Rejection> {
    if let Err(fault) = check(request) {
        tracing::debug!(%fault, "no WebSocket handshake");
        let refused = Rejection::from(RequestError::BadRequest)
            .header(header::SEC_WEBSOCKET_VERSION, VERSION);
        return Err(match fault {
            Fault::Upgrade => refused
                .status(StatusCode::UPGRADE_REQUIRED)
                .header(header::UPGRADE, HeaderValue::from_static("websocket")),
            _ => refused,
        });
    }
    ws::handshake_with_protocols(request, protocol.as_slice()).map_err(|error| {
        tracing::debug!(%error, "no WebSocket handshake");
        RequestError::BadRequest.into()
    })
}

/// The version of the WebSocket protocol that is served.
const VERSION: HeaderValue = HeaderValue::from_static("13");

/// How many bytes the key of a handshake has.
const KEY_BYTES: usize = 16;

/// How it is written. Some clients take letters at random, so that there are bits behind its last byte.
const KEYS: GeneralPurpose =
    GeneralPurpose::new(&alphabet::STANDARD, PAD.with_decode_allow_trailing_bits(true));

/// What is wrong with a handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum Fault {
    #[error("its method is not GET")]
    Method,
    #[error("it is not in HTTP/1.1")]
    Http,
    #[error("it names no host")]
    Host,
    #[error("it does not ask for `websocket` in `Upgrade`")]
    Upgrade,
    #[error("it has no `Upgrade` in `Connection`")]
    Connection,
    #[error("its version is not 13")]
    Version,
    #[error("its key is not one, of 16 bytes in base64")]
    Key,
}

/// Checks what a server must (RFC 6455, 4.2.1).
fn check(request: &HttpRequest) -> Result<(), Fault> {
    let headers = request.headers();
    let names = |name: HeaderName, token: &str| {
        let lines = headers.get_all(name).filter_map(|line| line.to_str().ok());
        lines.flat_map(|line| line.split(',')).any(|one| one.trim().eq_ignore_ascii_case(token))
    };
    // Which header occurs more than once names nothing.
    let only = |name: HeaderName| {
        let mut lines = headers.get_all(name);
        lines.next().filter(|_| lines.next().is_none())
    };
    let host = headers.get(header::HOST).map(HeaderValue::as_bytes);
    let host = host.or_else(|| request.uri().authority().map(Authority::as_str).map(str::as_bytes));
    let is_key =
        |key: &HeaderValue| KEYS.decode(key.as_bytes()).is_ok_and(|key| key.len() == KEY_BYTES);
    let checks = [
        (request.method() == Method::GET, Fault::Method),
        (request.version() == Version::HTTP_11, Fault::Http),
        (host.is_some(), Fault::Host),
        (names(header::UPGRADE, "websocket"), Fault::Upgrade),
        (names(header::CONNECTION, "upgrade"), Fault::Connection),
        (only(header::SEC_WEBSOCKET_VERSION) == Some(&VERSION), Fault::Version),
        (only(header::SEC_WEBSOCKET_KEY).is_some_and(is_key), Fault::Key),
    ];
    checks.into_iter().try_for_each(|(holds, fault)| if holds { Ok(()) } else { Err(fault) })
}

/// Sends the 101 response with its body.
pub(in crate::transport) fn switch(
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
