//! What is published, apart from who gets it.

use bytes::Bytes;
use bytestring::ByteString;

use super::{Offset, PositionOf, Welcome};
use crate::{base::refusal::Refusal, payload::Payload, wire::engine_io};

/// What is published.
#[derive(Debug)]
pub(crate) enum Content {
    /// An event of a namespace.
    Event {
        namespace: ByteString,
        name: ByteString,
        payload: Payload,
        /// Where it is in an order that clients know.
        order: Option<Ordered>,
        /// What its acknowledgement is to be labelled with, if one is asked for.
        question: Option<u64>,
    },
    /// What answers the event of that id: what it carries is the reply, or else the refusal as one value.
    Answer { namespace: ByteString, id: u64, payload: Payload, is_refusal: bool },
    /// A session has begun.
    Connected { namespace: ByteString, welcome: Box<Welcome> },
    /// A session was refused.
    NotConnected { namespace: ByteString, refusal: Box<Refusal> },
    /// A session has ended.
    Disconnected { namespace: ByteString },
    /// A message as it is, for clients that speak no protocol above their transport's.
    Message(engine_io::Message),
}

impl Content {
    /// What it is called, for a log.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Event { name, .. } => name,
            Self::Answer { .. } => "acknowledgement",
            Self::Connected { .. } | Self::NotConnected { .. } => "connect",
            Self::Disconnected { .. } => "disconnect",
            Self::Message(_) => "message",
        }
    }

    /// The bytes of what it says, whatever it is written as.
    pub(super) fn size(&self) -> usize {
        let of = |payload: &Payload| {
            payload.json().len() + payload.attachments().iter().map(Bytes::len).sum::<usize>()
        };
        match self {
            Self::Event { name, payload, .. } => name.len() + of(payload),
            Self::Answer { payload, .. } => of(payload),
            Self::Connected { welcome, .. } => welcome.session.len(),
            Self::NotConnected { refusal, .. } => refusal.message().len(),
            Self::Disconnected { .. } => 0,
            Self::Message(message) => message.len(),
        }
    }

    /// What it carries is not needed any more.
    pub(super) fn give_up_payload(&mut self) {
        match self {
            Self::Event { payload, .. } | Self::Answer { payload, .. } => {
                *payload = Payload::none();
            }
            Self::Connected { .. }
            | Self::NotConnected { .. }
            | Self::Disconnected { .. }
            | Self::Message(_) => {}
        }
    }
}

/// Where an event is in an order that clients know.
#[derive(Debug)]
pub(crate) enum Ordered {
    /// In that of its room.
    InRoom(PositionOf),
    /// In that of what is kept for sessions that come back.
    Kept(Offset),
    /// In none, though sessions come back here: clients of Socket.IO are not to take the text with which
    /// it ends for its place in that of what is kept.
    Outside,
}
