//! Long polling, from server to client: a GET that is held until there is something to say.
//!
//! It must never lose what it took out of an outbox, nor hold a connection whose client left.

use std::{future::poll_fn, sync::Arc, time::Duration};

use actix_web::HttpResponse;
use bytes::Bytes;
use tokio::time::sleep;

use crate::{
    auth::Principal,
    base::{clock, disconnect::DisconnectReason, logged::Logged, simulation},
    connection::{Claim, ConnectionHandle, Connections},
    message::Form,
    outbox::{Control, Drained, Frames, LinkNumber, Sink, TransportKind},
    transport::{
        http::{Rejection, Reply},
        websocket::{LinkError, packet, reason},
    },
    wire::engine_io::{Open, Packet, RequestError, payload},
};

/// How long a GET is held while an upgrade is under way; the client waits for its end then.
const UPGRADING: Duration = Duration::from_millis(100);

/// How much later than a close a GET may come that its client sent together with it.
const TOGETHER: Duration = Duration::from_millis(100);

/// How often is looked whether another request has come, or is over.
pub(super) const LOOK: Duration = Duration::from_millis(5);

/// Opens a session over polling.
pub(in crate::transport) fn open(
    connections: &Arc<Connections>,
    reply: &Reply,
    principal: Principal,
) -> Result<HttpResponse, Rejection> {
    let handshake = reply.handshake().clone();
    let handle = connections.open(handshake, principal, TransportKind::Polling)?;
    let mut body = Batch::default();
    body.packet(&open_packet(connections, &handle));
    Ok(reply.opening(body.into()))
}

/// The first packet of a connection.
pub(in crate::transport) fn open_packet(
    connections: &Connections,
    handle: &ConnectionHandle,
) -> Packet {
    let upgradable =
        handle.transport() == TransportKind::Polling && connections.http().transports.websocket;
    let open = Open {
        sid: handle.sid(),
        upgrades: if upgradable { &["websocket"] } else { &[] },
        ping_interval: connections.heartbeat().ping_interval,
        ping_timeout: connections.heartbeat().ping_timeout,
        max_payload: connections.limits().max_payload,
    };
    Packet::Open(open.to_json().into())
}

/// Serves a GET: what is queued at once, else what comes.
pub(super) async fn poll(
    connections: &Arc<Connections>,
    reply: &Reply,
    handle: Arc<ConnectionHandle>,
) -> Result<HttpResponse, Rejection> {
    let Some((claim, closed)) = handle.begin_poll() else {
        return overlap(connections, reply, &handle, &LinkError::PollOverlap);
    };
    // Before the transport is looked at: an upgrade that is over by then is seen there.
    let is_upgrading = handle.is_upgrading();
    check_session(connections, &handle, closed)?;
    let (was_open, answered) = (closed.is_none(), false);
    let pending =
        PendingPoll { connections, handle, _claim: claim, was_open, is_upgrading, answered };
    Ok(reply.payload(pending.answer().await?))
}

/// Refuses requests of a session that was over, or that an upgrade has overtaken; to be called once
/// the request's kind is claimed.
pub(super) fn check_session(
    connections: &Connections,
    handle: &ConnectionHandle,
    closed: Option<DisconnectReason>,
) -> Result<(), RequestError> {
    if handle.transport() != TransportKind::Polling {
        return Err(RequestError::BadRequest);
    }
    match closed {
        Some(reason) if !is_owed(reason) => {
            connections.forget(handle);
            Err(RequestError::UnknownSession)
        }
        Some(_) | None => Ok(()),
    }
}

/// Ends a connection because of two requests at once, unless an upgrade holds the claim.
pub(super) fn overlap(
    connections: &Connections,
    reply: &Reply,
    handle: &ConnectionHandle,
    error: &LinkError,
) -> Result<HttpResponse, Rejection> {
    if handle.transport() != TransportKind::Polling {
        return Err(RequestError::BadRequest.into());
    }
    end(connections, handle, error);
    Ok(reply.unacceptable())
}

/// Ends a connection that is on polling. A pending GET still gets what is queued.
pub(in crate::transport) fn end(
    connections: &Connections,
    handle: &ConnectionHandle,
    error: &LinkError,
) {
    tracing::debug!(connection = handle.number(), error = %Logged(error), "a polling connection ended");
    handle.close(reason(error));
    connections.unlist(handle);
}

/// Ends a connection whose client closes it by a POST. Its session id is unknown once that is answered: a
/// GET that the client sent together with it may be a little later, on another worker or by another
/// connection, and finds the close until then.
pub(super) async fn end_by_client(connections: &Connections, handle: &ConnectionHandle) {
    // Also if the client does not wait for the answer.
    let _unlisted = Unlisted(connections, handle);
    handle.close(reason(&LinkError::Closed));
    if simulation::is_alone() {
        return;
    }
    let late = clock::now() + TOGETHER;
    // One that has been answered meanwhile has had it forgotten.
    let is_known = || connections.find(handle.sid()).is_some();
    while !handle.is_polled() && is_known() && clock::now() < late {
        sleep(LOOK).await;
    }
}

/// A session id that is unknown once this is dropped.
struct Unlisted<'a>(&'a Connections, &'a ConnectionHandle);

impl Drop for Unlisted<'_> {
    fn drop(&mut self) {
        let Self(connections, handle) = self;
        connections.unlist(handle);
    }
}

/// A GET that is being answered; dropped before that, it ends the connection.
struct PendingPoll<'a> {
    connections: &'a Connections,
    handle: Arc<ConnectionHandle>,
    _claim: Claim,
    /// Whether the connection had not ended when it came.
    was_open: bool,
    /// Whether it came while an upgrade was under way.
    is_upgrading: bool,
    answered: bool,
}

impl PendingPoll<'_> {
    async fn answer(mut self) -> Result<Bytes, RequestError> {
        let mut batch =
            Batch { most: self.connections.limits().max_outbox_bytes, ..Batch::default() };
        let outbox = self.handle.outbox();
        let drained = poll_fn(|cx| outbox.poll_drain(cx, LinkNumber::FIRST, &mut batch));
        let drained = if self.is_upgrading {
            tokio::time::timeout(UPGRADING, drained).await.ok()
        } else {
            Some(drained.await)
        };
        self.answered = true;
        match drained {
            Some(Drained::Something | Drained::Everything) => {}
            // Whoever moves has let its polls end before: it was sent behind the move.
            Some(Drained::Replaced) if self.is_upgrading => return Err(RequestError::BadRequest),
            Some(Drained::Replaced) | None => batch.packet(&Packet::Noop),
            Some(Drained::Closed(reason)) => {
                // A poll that finds the close rather than waits for it also gets a noop, as from
                // the reference server; one that the client itself ended gets nothing else.
                if !self.was_open || reason == DisconnectReason::TransportClose {
                    batch.packet(&Packet::Noop);
                }
                if reason != DisconnectReason::TransportClose {
                    batch.packet(&Packet::Close);
                }
                self.connections.forget(&self.handle);
            }
        }
        Ok(batch.into())
    }
}

impl Drop for PendingPoll<'_> {
    fn drop(&mut self) {
        self.handle.outbox().park(LinkNumber::FIRST);
        if !self.answered && self.handle.transport() == TransportKind::Polling {
            end(self.connections, &self.handle, &LinkError::PollAborted);
        }
    }
}

/// Whether a client that was not polling when its connection ended is owed the news. After an error of
/// its own or its silence the session is unknown at once; after its own close, once that is answered.
fn is_owed(reason: DisconnectReason) -> bool {
    match reason {
        DisconnectReason::ClientNamespaceDisconnect
        | DisconnectReason::ServerNamespaceDisconnect
        | DisconnectReason::TransportClose
        | DisconnectReason::ForcedClose
        | DisconnectReason::ForcedServerClose
        | DisconnectReason::ServerShuttingDown
        | DisconnectReason::OutboxOverflow => true,
        DisconnectReason::TransportError
        | DisconnectReason::PingTimeout
        | DisconnectReason::ParseError => false,
    }
}

/// The body of one response, packets joined by the separator.
#[derive(Default)]
struct Batch {
    body: Vec<u8>,
    /// The only frame so far, so that a response of one frame shares its bytes.
    single: Option<Bytes>,
    /// Bytes of frames beyond which others wait for the next poll; one frame alone may be larger.
    most: usize,
}

impl Batch {
    fn join(&mut self) {
        if let Some(frame) = self.single.take() {
            self.body.extend_from_slice(&frame);
        }
        if !self.body.is_empty() {
            self.body.push(payload::SEPARATOR);
        }
    }

    fn frame(&mut self, frame: &Form) {
        if self.body.is_empty() && self.single.is_none() {
            self.single = Some(frame.polling());
        } else {
            self.join();
            self.body.extend_from_slice(&frame.polling());
        }
    }

    fn packet(&mut self, packet: &Packet) {
        self.join();
        packet.encode(&mut self.body);
    }
}

impl Sink for Batch {
    fn control(&mut self, control: Control) {
        self.packet(&packet(control));
    }

    fn frames(&mut self, frames: Frames<'_>) -> usize {
        let (mut count, mut bytes) = (0, 0);
        for frame in frames.iter() {
            bytes += frame.cost();
            // A client that catches up has more than one response should hold.
            if count > 0 && bytes > self.most {
                break;
            }
            self.frame(frame);
            count += 1;
        }
        count
    }
}

impl From<Batch> for Bytes {
    fn from(batch: Batch) -> Self {
        batch.single.unwrap_or_else(|| batch.body.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{message::Layer, wire::engine_io::Message};

    fn body(parts: &[&str]) -> Bytes {
        let mut batch = Batch::default();
        for part in parts {
            match part.strip_prefix('4') {
                Some(text) => {
                    let message = Message::Text(text.to_owned().into());
                    batch.frame(&Form::of_message(message, Layer::EngineIo));
                }
                None => batch.packet(&Packet::Ping(part[1..].to_owned().into())),
            }
        }
        batch.into()
    }

    #[test]
    fn packets_are_joined_in_order() {
        for parts in [&["4a"][..], &["2"], &["2", "4a"], &["4a", "2"], &["4a", "4b", "2x", "4c"]] {
            assert_eq!(body(parts), parts.join("\u{1e}"), "{parts:?}");
        }
    }

    #[test]
    fn a_single_frame_is_not_copied() {
        let frame = Form::of_message(Message::Text("a".into()), Layer::EngineIo);
        let mut batch = Batch::default();
        batch.frame(&frame);
        assert_eq!(Bytes::from(batch).as_ptr(), frame.polling().as_ptr());
    }
}
