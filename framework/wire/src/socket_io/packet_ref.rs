//! A packet that is about to be written: its parts belong to whoever writes it.
//!
//! It must never be kept: it costs nothing to make, and that is what it is for.

use bytestring::ByteString;

use super::Packet;
use salon_contract::Payload;

/// A [`Packet`] of borrowed parts.
#[derive(Clone, Copy)]
#[expect(clippy::exhaustive_enums, reason = "as its packets")]
pub enum PacketRef<'a> {
    /// See [`Packet::Connect`].
    Connect {
        /// Which namespace.
        namespace: &'a ByteString,
        /// A JSON object.
        auth: Option<&'a ByteString>,
    },
    /// See [`Packet::Disconnect`].
    Disconnect {
        /// Which namespace.
        namespace: &'a ByteString,
    },
    /// See [`Packet::Event`].
    Event {
        /// Where it happens.
        namespace: &'a ByteString,
        /// What the acknowledgement is to be labelled with, if one is asked for.
        id: Option<u64>,
        /// The event's name.
        name: &'a ByteString,
        /// What follows the name.
        arguments: &'a Payload,
        /// One more argument behind those, which is JSON.
        last: Option<&'a str>,
    },
    /// See [`Packet::Ack`].
    Ack {
        /// The event's namespace.
        namespace: &'a ByteString,
        /// The event's id.
        id: u64,
        /// The answer.
        arguments: &'a Payload,
    },
    /// See [`Packet::ConnectError`].
    ConnectError {
        /// Which namespace.
        namespace: &'a ByteString,
        /// JSON.
        data: &'a ByteString,
    },
}

impl PacketRef<'_> {
    /// The packet, with parts of its own.
    #[must_use]
    pub fn to_packet(self) -> Packet {
        match self {
            Self::Connect { namespace, auth } => {
                Packet::Connect { namespace: namespace.clone(), auth: auth.cloned() }
            }
            Self::Disconnect { namespace } => Packet::Disconnect { namespace: namespace.clone() },
            Self::Event { namespace, id, name, arguments, last } => Packet::Event {
                namespace: namespace.clone(),
                id,
                name: name.clone(),
                arguments: match last {
                    Some(last) => arguments.with_last(last),
                    None => arguments.clone(),
                },
            },
            Self::Ack { namespace, id, arguments } => {
                Packet::Ack { namespace: namespace.clone(), id, arguments: arguments.clone() }
            }
            Self::ConnectError { namespace, data } => {
                Packet::ConnectError { namespace: namespace.clone(), data: data.clone() }
            }
        }
    }
}

impl<'a> From<&'a Packet> for PacketRef<'a> {
    fn from(packet: &'a Packet) -> Self {
        match packet {
            Packet::Connect { namespace, auth } => Self::Connect { namespace, auth: auth.as_ref() },
            Packet::Disconnect { namespace } => Self::Disconnect { namespace },
            Packet::Event { namespace, id, name, arguments } => {
                Self::Event { namespace, id: *id, name, arguments, last: None }
            }
            Packet::Ack { namespace, id, arguments } => Self::Ack { namespace, id: *id, arguments },
            Packet::ConnectError { namespace, data } => Self::ConnectError { namespace, data },
        }
    }
}
