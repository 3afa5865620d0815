//! Long polling, from client to server: a POST of packets.
//!
//! It must never answer before the packets are received, nor read more than the limit.

use std::{pin::pin, sync::Arc};

use actix_web::{HttpRequest, HttpResponse, http::header, web};
use bytes::{Bytes, BytesMut};
use futures_util::{
    StreamExt as _,
    future::{Either, select},
};

use super::{
    intake::Intake,
    link_error::LinkError,
    polling::{check_session, end, overlap},
    response::{Rejection, Reply},
};
use crate::{
    connection::{Claim, ConnectionHandle, Realm},
    outbox::TransportKind,
    wire::engine_io::payload,
};

/// Serves a POST.
pub(super) async fn post(
    request: &HttpRequest,
    body: web::Payload,
    realm: &Arc<Realm>,
    reply: &Reply,
    handle: Arc<ConnectionHandle>,
) -> Result<HttpResponse, Rejection> {
    let Some(claim) = handle.begin_post() else {
        return overlap(realm, reply, &handle, &LinkError::PostOverlap);
    };
    check_session(realm, &handle)?;
    if handle.outbox().closed().is_some() {
        return Ok(reply.received());
    }
    let mut pending = PendingPost { realm, handle, _claim: claim, answered: false };
    let answer = pending.answer(request, body, reply).await;
    pending.answered = true;
    match answer {
        Ok(()) => Ok(reply.received()),
        Err(Failure::TooLarge) => Ok(reply.too_large()),
        Err(Failure::Over) => {
            check_session(realm, &pending.handle)?;
            Ok(reply.received())
        }
        Err(Failure::Link(error)) => {
            end(realm, &pending.handle, &error);
            Ok(match error {
                // There is nothing to be received.
                LinkError::BinaryPost | LinkError::PostAborted => reply.unacceptable(),
                // What came before the error is received; the next GET tells the client.
                _ => reply.received(),
            })
        }
    }
}

/// A POST that is being answered; dropped before that, it ends the connection.
struct PendingPost<'a> {
    realm: &'a Realm,
    handle: Arc<ConnectionHandle>,
    _claim: Claim,
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
        &self,
        request: &HttpRequest,
        body: web::Payload,
        reply: &Reply,
    ) -> Result<(), Failure> {
        let content_type = request.headers().get(header::CONTENT_TYPE);
        if content_type.is_some_and(|kind| kind == "application/octet-stream") {
            return Err(Failure::Link(LinkError::BinaryPost));
        }
        let limits = self.realm.limits();
        let body = {
            let reading = pin!(read(request, body, limits.max_payload));
            let closed = pin!(self.handle.outbox().until_closed());
            // A client that sends slowly does not keep a connection that is over.
            match select(reading, closed).await {
                Either::Left((body, _)) => body?,
                Either::Right(_) => return Err(Failure::Over),
            }
        };
        let payload = payload::decode(body, limits.max_payload_packets);
        let mut intake = Intake::default();
        for packet in payload.packets {
            intake.take(packet, &self.handle);
        }
        if let Some(error) = payload.error {
            intake.end(error.into());
        }
        let messages = intake.take_messages();
        let request = self.realm.wants_requests().then(|| reply.handshake().clone());
        if self.handle.receive(messages, request).await.is_err() {
            tracing::debug!(
                connection = self.handle.number(),
                "a POST came after the connection's end"
            );
        }
        intake.take_end().map_or(Ok(()), |error| Err(Failure::Link(error)))
    }
}

impl Drop for PendingPost<'_> {
    fn drop(&mut self) {
        if !self.answered && self.handle.transport() == TransportKind::Polling {
            end(self.realm, &self.handle, &LinkError::PostAborted);
        }
    }
}

/// Reads a body of at most `limit` bytes.
async fn read(
    request: &HttpRequest,
    mut body: web::Payload,
    limit: usize,
) -> Result<Bytes, Failure> {
    let announced = request.headers().get(header::CONTENT_LENGTH);
    let announced = announced
        .and_then(|length| length.to_str().ok())
        .and_then(|length| length.parse::<u64>().ok());
    if announced.is_some_and(|length| length > limit as u64) {
        return Err(Failure::TooLarge);
    }
    let mut all = BytesMut::new();
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|_| Failure::Link(LinkError::PostAborted))?;
        if chunk.len() > limit - all.len() {
            return Err(Failure::TooLarge);
        }
        all.extend_from_slice(&chunk);
    }
    Ok(all.freeze())
}
