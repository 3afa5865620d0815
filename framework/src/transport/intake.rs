//! What a client sent, sorted: messages for the connection, the rest for the link.
//!
//! It must never let a message wait behind another for what liveness depends on: a pong counts as
//! soon as it is read.

use crate::{
    connection::ConnectionHandle,
    wire::{engine_io::Packet, socket_io::Messages},
};

use super::link_error::LinkError;

/// Messages that wait to be received, and the end if it has come.
#[derive(Debug, Default)]
pub(super) struct Intake {
    messages: Messages,
    bytes: usize,
    /// Boxed: it comes once.
    end: Option<Box<LinkError>>,
}

impl Intake {
    /// Sorts one packet. Nothing counts after the end.
    pub(super) fn take(&mut self, packet: Packet, handle: &ConnectionHandle) {
        if self.end.is_some() {
            return;
        }
        match packet {
            Packet::Message(message) => {
                self.bytes += message.len();
                self.messages.push(message);
            }
            Packet::Pong(_) => handle.pong(),
            Packet::Ping(_) => self.end(LinkError::HeartbeatDirection),
            Packet::Close => self.end(LinkError::Closed),
            // Of no meaning from a client here; the reference server ignores them as well.
            Packet::Open(_) | Packet::Upgrade | Packet::Noop => {}
        }
    }

    /// Notes why no more will come.
    pub(super) fn end(&mut self, error: LinkError) {
        self.end.get_or_insert_with(|| Box::new(error));
    }

    /// Whether no more will come.
    pub(super) fn has_ended(&self) -> bool {
        self.end.is_some()
    }

    /// Whether `limit` messages or bytes wait.
    pub(super) fn holds(&self, messages: usize, bytes: usize) -> bool {
        self.messages.len() >= messages || self.bytes >= bytes
    }

    /// The messages that wait, in order.
    pub(super) fn take_messages(&mut self) -> Messages {
        self.bytes = 0;
        std::mem::take(&mut self.messages)
    }

    /// The end; to be asked for once the messages before it are received.
    pub(super) fn take_end(&mut self) -> Option<LinkError> {
        self.end.take().map(|end| *end)
    }
}
