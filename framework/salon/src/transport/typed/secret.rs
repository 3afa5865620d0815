//! How a request names the connection that it belongs to: by the secret that its client was told there.
//!
//! It must never tell somebody else's connection from one that does not exist.

use std::sync::Arc;

use actix_web::http::StatusCode;

use super::body::{self, Untaken};
use crate::{
    auth::Principal,
    base::refusal::{Code, Refusal},
    connection::{ConnectionHandle, Connections},
    transport::http::Reply,
};

/// The header with the secret.
const SESSION: &str = "salon-session";

/// Whether a request names a connection.
pub(super) fn is_named(reply: &Reply) -> bool {
    reply.handshake().header(SESSION).is_some()
}

/// The connection that a request names, whose client makes requests.
pub(super) fn find(
    connections: &Connections,
    reply: &Reply,
    principal: &Principal,
) -> Result<Arc<ConnectionHandle>, Untaken> {
    let secret = reply.handshake().header(SESSION);
    let found = secret
        .and_then(|secret| connections.find(secret))
        .filter(|handle| handle.transport().numbers_posts() && handle.principal() == principal);
    found.ok_or_else(gone)
}

/// There is no such connection, or none any more.
pub(super) fn gone() -> Untaken {
    let message = "there is no connection of that `Salon-Session`; open another one";
    (StatusCode::NOT_FOUND, Refusal::new(Code::Gone, message)).into()
}

/// The whole number in a header, which is not left out.
pub(super) fn number(reply: &Reply, header: &str, words: &'static str) -> Result<u64, Untaken> {
    let number = reply.handshake().header(header).and_then(|number| number.parse().ok());
    number.ok_or_else(|| body::invalid(words))
}
