//! What a client sent, sorted: messages for the connection, the rest for the link.
//!
//! It must never let a message wait behind another for what liveness depends on: a pong counts as
//! soon as it is read.

use std::collections::VecDeque;

use super::link_error::LinkError;
use crate::{
    connection::ConnectionHandle,
    wire::{
        engine_io::{Message, Packet},
        socket_io::Messages,
    },
};

/// Messages that wait to be received, and the end if it has come.
#[derive(Debug, Default)]
pub(in crate::transport) struct ReceiveBuffer {
    /// Boxed: most are taken as they come.
    waiting: Option<Box<Waiting>>,
    /// Boxed: it comes once.
    end: Option<Box<LinkError>>,
}

/// Messages in the order in which they came.
#[derive(Debug, Default)]
struct Waiting {
    messages: VecDeque<Message>,
    bytes: usize,
}

impl ReceiveBuffer {
    /// Sorts one packet, and gives it back if it is a message. Nothing counts after the end.
    pub(super) fn sort(&mut self, packet: Packet, handle: &ConnectionHandle) -> Option<Message> {
        if self.end.is_some() {
            return None;
        }
        match packet {
            Packet::Message(message) => return Some(message),
            Packet::Pong(_) => handle.pong(),
            Packet::Ping(_) => self.end(LinkError::HeartbeatDirection),
            Packet::Close => self.end(LinkError::Closed),
            // Of no meaning from a client here; the reference server ignores them as well.
            Packet::Open(_) | Packet::Upgrade | Packet::Noop => {}
        }
        None
    }

    /// Sorts one packet, and has it wait if it is a message.
    pub(in crate::transport) fn take(&mut self, packet: Packet, handle: &ConnectionHandle) {
        let Some(message) = self.sort(packet, handle) else { return };
        let waiting = self.waiting.get_or_insert_default();
        waiting.bytes += message.len();
        waiting.messages.push_back(message);
    }

    /// The message that has waited for longest.
    pub(in crate::transport) fn next(&mut self) -> Option<Message> {
        let waiting = self.waiting.as_mut()?;
        let message = waiting.messages.pop_front()?;
        waiting.bytes -= message.len();
        if waiting.messages.is_empty() {
            self.waiting = None;
        }
        Some(message)
    }

    /// Notes why no more will come.
    pub(in crate::transport) fn end(&mut self, error: LinkError) {
        self.end.get_or_insert_with(|| Box::new(error));
    }

    /// Whether no more will come.
    pub(in crate::transport) fn has_ended(&self) -> bool {
        self.end.is_some()
    }

    /// Whether `limit` messages or bytes wait.
    pub(super) fn holds(&self, messages: usize, bytes: usize) -> bool {
        self.waiting
            .as_ref()
            .is_some_and(|waiting| waiting.messages.len() >= messages || waiting.bytes >= bytes)
    }

    /// How much waits, in bytes.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.as_ref().map_or(0, |waiting| waiting.bytes)
    }

    /// The messages that wait, in order.
    pub(in crate::transport) fn take_messages(&mut self) -> Messages {
        let waiting = self.waiting.take().unwrap_or_default();
        waiting.messages.into_iter().collect()
    }

    /// The end; to be asked for once the messages before it are received.
    pub(in crate::transport) fn take_end(&mut self) -> Option<LinkError> {
        self.end.take().map(|end| *end)
    }
}
