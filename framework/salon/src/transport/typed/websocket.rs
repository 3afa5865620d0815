//! The plain protocol over a WebSocket.
//!
//! It must never touch what comes after the handshake: that is the link's.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse};

use super::subprotocols::Offered;
use crate::{
    auth::Principal,
    connection::Connections,
    outbox::TransportKind,
    protocol::Typed,
    transport::{
        http::{Rejection, Reply, Upload},
        websocket::{Framing, Opening, shake_hands, switch},
    },
};

/// Opens a connection, once its request has turned out to be a handshake and may come.
pub(super) async fn open(
    request: &HttpRequest,
    upload: &mut Upload,
    connections: &Arc<Connections>,
    reply: &Reply,
    offered: Offered,
    protocol: Typed,
    admitted: impl Future<Output = Result<Principal, Rejection>>,
) -> Result<HttpResponse, Rejection> {
    let mut response = shake_hands(request, offered.protocol)?;
    let format = protocol.format();
    let (principal, handshake) = (admitted.await?, reply.handshake().clone());
    let handle =
        connections.open_typed(handshake, principal, TransportKind::WebSocket, protocol)?;
    reply.add_headers(&mut response, true);
    let max_frames = connections.limits().max_frames_per_message.try_into().unwrap_or(u32::MAX);
    let framing = Framing::Typed { format, max_frames };
    let (opening, body) = Opening::new(request, upload.take(), connections, handle, framing);
    opening.start();
    switch(response, body)
}
