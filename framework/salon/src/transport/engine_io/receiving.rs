//! What a POST brought, on its way to the connection: as much in one turn of the worker as over a
//! WebSocket, and no more than its outbox has room for answers to.
//!
//! It must never leave a part of a body behind while its connection lives, nor let another POST or an
//! upgrade pass it.

use std::sync::Arc;

use bytes::Bytes;
use tokio::task::yield_now;

use super::polling::end;
use crate::{
    auth::Handshake,
    connection::{Claim, ConnectionHandle, Connections},
    outbox::{Room, TransportKind},
    transport::{
        takeover::SHARE,
        websocket::{LinkError, MESSAGE, ReceiveBuffer},
    },
    wire::engine_io::payload::{Packets, SEPARATOR},
};

/// The packets of one body that are not handled yet.
pub(super) struct Receiving {
    packets: Packets,
    handle: Arc<ConnectionHandle>,
    /// The request that brought them, if the application wants to see that.
    request: Option<Arc<Handshake>>,
    /// Whether some are handled already.
    has_begun: bool,
}

/// How far the handling of a body came.
pub(super) enum Received {
    /// All of it is handled, or the connection ended.
    All,
    /// It ends the connection.
    End(LinkError),
    /// There is more of it, and no room for answers.
    NoRoom,
}

impl Receiving {
    /// Nothing is handled yet but a pong, which counts before the messages in front of it.
    pub(in crate::transport) fn new(
        body: Bytes,
        max_packets: usize,
        handle: &Arc<ConnectionHandle>,
        request: Option<Arc<Handshake>>,
    ) -> Self {
        // Not behind an empty piece, which ends it: a million separators cost as much as one.
        let mut pieces =
            body.split(|byte| *byte == SEPARATOR).take_while(|piece| !piece.is_empty());
        if pieces.any(|piece| piece.starts_with(b"3")) {
            handle.pong();
        }
        let packets = Packets::new(body, max_packets);
        Self { packets, handle: handle.clone(), request, has_begun: false }
    }

    /// Handles packets as long as there is room for answers, and lets others have their turn in between.
    pub(super) async fn go_on(&mut self) -> Received {
        loop {
            if !self.handle.outbox().has(self.answers()) {
                return Received::NoRoom;
            }
            let (mut receive_buffer, is_last) = self.sort();
            let request = self.request.clone();
            let has_ended =
                self.handle.receive(receive_buffer.take_messages(), request).await.is_err();
            if has_ended {
                let connection = self.handle.number();
                tracing::debug!(connection, "a POST came after the connection's end");
            }
            if let Some(error) = receive_buffer.take_end() {
                return Received::End(error);
            }
            if is_last || has_ended {
                return Received::All;
            }
            self.has_begun = true;
            yield_now().await;
        }
    }

    /// Waits until there is room for answers, or the connection ends.
    pub(super) async fn until_room(&self) {
        self.handle.outbox().until_it_has(self.answers()).await;
    }

    /// What is to have room in the outbox before more is handled: an answer to each message of a turn, as
    /// long as the message. A client may send one more thing before it takes what it was answered.
    fn answers(&self) -> Room {
        let next = self.packets.peek().filter(|piece| is_message(piece)).map_or(0, <[u8]>::len);
        match self.has_begun {
            true => Room { bytes: SHARE.max(next), frames: SHARE / MESSAGE },
            false => Room { bytes: next, frames: usize::from(next > 0) },
        }
    }

    /// Sorts the packets of one turn; whether they are the last.
    fn sort(&mut self) -> (ReceiveBuffer, bool) {
        let (mut receive_buffer, mut used) = (ReceiveBuffer::default(), 0);
        // One that is longer than a share has a turn of its own.
        while !receive_buffer.has_ended() {
            let next = self.packets.peek().map_or(0, |piece| piece.len().max(MESSAGE));
            if used > 0 && used + next > SHARE {
                break;
            }
            used += next;
            match self.packets.next() {
                Some(Ok(packet)) => receive_buffer.take(packet, &self.handle),
                Some(Err(error)) => receive_buffer.end(error.into()),
                None => return (receive_buffer, true),
            }
        }
        (receive_buffer, false)
    }
}

/// Whether a piece of a payload is a message, which may have an answer.
fn is_message(piece: &[u8]) -> bool {
    matches!(piece.first(), Some(b'4' | b'b'))
}

/// The rest of a POST that is answered already; dropped before it is handled, it ends the connection.
pub(in crate::transport) struct Rest {
    connections: Arc<Connections>,
    receiving: Receiving,
    /// That of its POST: no other POST begins before.
    _claim: Option<Claim>,
    is_over: bool,
}

impl Rest {
    /// Nothing more is handled yet.
    pub(in crate::transport) fn new(
        connections: Arc<Connections>,
        receiving: Receiving,
        claim: Option<Claim>,
    ) -> Self {
        Self { connections, receiving, _claim: claim, is_over: false }
    }

    /// Handles it as its client makes room for the answers.
    pub(super) async fn receive(mut self) {
        loop {
            match self.receiving.go_on().await {
                Received::All => break,
                Received::End(error) => {
                    end(&self.connections, &self.receiving.handle, &error);
                    break;
                }
                Received::NoRoom => self.receiving.until_room().await,
            }
        }
        self.is_over = true;
    }
}

impl Drop for Rest {
    fn drop(&mut self) {
        let handle = &self.receiving.handle;
        if !self.is_over && handle.transport() == TransportKind::Polling {
            end(&self.connections, handle, &LinkError::PostAborted);
        }
    }
}
