//! Long polling, from client to server: a POST of packets.
//!
//! It must never answer before the packets are received, unless nobody reads the answers to them that
//! wait; nor read more than the limit.

use std::{pin::pin, sync::Arc};

use actix_web::{HttpRequest, HttpResponse, http::header, rt};
use futures_util::future::{Either, select};
use tokio::time::{sleep, timeout};

use super::{
    polling::{LOOK, check_session, end, end_by_client, overlap},
    receiving::{Received, Receiving, Rest},
};
use crate::{
    connection::{Claim, ConnectionHandle, Connections},
    outbox::TransportKind,
    transport::{
        http::{ReadError, Rejection, Reply, Upload},
        websocket::LinkError,
    },
};

/// Serves a POST.
pub(super) async fn post(
    request: &HttpRequest,
    body: &mut Upload,
    connections: &Arc<Connections>,
    reply: &Reply,
    handle: Arc<ConnectionHandle>,
) -> Result<HttpResponse, Rejection> {
    let Some(claim) = claim(&handle).await else {
        return overlap(connections, reply, &handle, &LinkError::PostOverlap);
    };
    let closed = handle.outbox().closed();
    check_session(connections, &handle, closed)?;
    if closed.is_some() {
        return Ok(reply.received());
    }
    let mut pending = PendingPost { connections, handle, claim: Some(claim), answered: false };
    let answer = pending.answer(request, body, reply).await;
    pending.answered = true;
    match answer {
        Ok(()) => Ok(reply.received()),
        Err(Failure::TooLarge) => Ok(reply.too_large()),
        Err(Failure::Over) => {
            check_session(connections, &pending.handle, pending.handle.outbox().closed())?;
            Ok(reply.received())
        }
        Err(Failure::Link(LinkError::Closed)) => {
            end_by_client(connections, &pending.handle).await;
            Ok(reply.received())
        }
        Err(Failure::Link(error)) => {
            end(connections, &pending.handle, &error);
            Ok(match error {
                // There is nothing to be received.
                LinkError::BinaryPost | LinkError::PostAborted => reply.unacceptable(),
                // What came before the error is received; the next GET tells the client.
                _ => reply.received(),
            })
        }
    }
}

/// Claims the one POST that may be under way. One that is answered, and of which a rest is still to be
/// handled, is waited for.
async fn claim(handle: &Arc<ConnectionHandle>) -> Option<Claim> {
    if let Some(claim) = handle.begin_post() {
        return Some(claim);
    }
    let _behind = handle.wait_behind_post()?;
    loop {
        sleep(LOOK).await;
        if let Some(claim) = handle.begin_post() {
            return Some(claim);
        }
    }
}

/// A POST that is being answered; dropped before that, it ends the connection.
struct PendingPost<'a> {
    connections: &'a Arc<Connections>,
    handle: Arc<ConnectionHandle>,
    /// Nothing once whoever handles the rest has it.
    claim: Option<Claim>,
    answered: bool,
}

/// Why a POST is not answered with `ok`.
enum Failure {
    /// Its body is over the limit; the connection goes on.
    TooLarge,
    /// The connection ended while it was read: nobody receives it, and the next GET says so.
    Over,
    /// It ends the connection.
    Link(LinkError),
}

impl PendingPost<'_> {
    async fn answer(
        &mut self,
        request: &HttpRequest,
        body: &mut Upload,
        reply: &Reply,
    ) -> Result<(), Failure> {
        let content_type = request.headers().get(header::CONTENT_TYPE);
        if content_type.is_some_and(|kind| kind == "application/octet-stream") {
            return Err(Failure::Link(LinkError::BinaryPost));
        }
        let limits = self.connections.limits();
        let body = {
            let reading = pin!(body.read(request, limits.max_payload));
            let closed = pin!(self.handle.outbox().until_closed());
            // A client that sends slowly does not keep a connection that is over.
            match select(reading, closed).await {
                Either::Left((Ok(body), _)) => body,
                Either::Left((Err(ReadError::TooLarge), _)) => return Err(Failure::TooLarge),
                Either::Left((Err(ReadError::Aborted), _)) => {
                    return Err(Failure::Link(LinkError::PostAborted));
                }
                Either::Right(_) => return Err(Failure::Over),
            }
        };
        let request = self.connections.wants_requests().then(|| reply.handshake().clone());
        let mut receiving = Receiving::new(body, limits.max_payload_packets, &self.handle, request);
        loop {
            match receiving.go_on().await {
                Received::All => return Ok(()),
                Received::End(error) => return Err(Failure::Link(error)),
                // Whoever polls makes room.
                Received::NoRoom if self.handle.is_polled() => {
                    // Or has been answered before the last of it came, and polls no more for now.
                    let _ = timeout(LOOK, receiving.until_room()).await;
                }
                Received::NoRoom => break,
            }
        }
        // Its client may poll only once it has the answer.
        self.handle.answer_post();
        rt::spawn(Rest::new(self.connections.clone(), receiving, self.claim.take()).receive());
        Ok(())
    }
}

impl Drop for PendingPost<'_> {
    fn drop(&mut self) {
        if !self.answered && self.handle.transport() == TransportKind::Polling {
            end(self.connections, &self.handle, &LinkError::PostAborted);
        }
    }
}
