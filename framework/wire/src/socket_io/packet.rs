//! One Socket.IO packet, whatever parser it came through.
//!
//! It must never hold a binary packet in halves: attachments are complete here.

use std::fmt;

use bytestring::ByteString;
use salon_contract::{Payload, excerpt::shape};

use super::DecodeError;

/// One Socket.IO packet. Each names its namespace, `/` or `/name`.
///
/// Source: <https://socket.io/docs/v4/socket-io-protocol/#packet-types>. The binary types of the
/// wire are not told apart: an event or acknowledgement is binary when its arguments have
/// attachments.
///
/// ```
/// use salon_contract::payload::IntoPayload;
/// use salon_wire::socket_io::{JsonParser, Packet, Parser};
/// use salon_wire::engine_io::Message;
///
/// let packet = Packet::Event {
///     namespace: "/".into(),
///     id: Some(7),
///     name: "hello".into(),
///     arguments: (1, "two").into_payload()?,
/// };
/// assert_eq!(JsonParser.encode(&packet)[0], Message::Text(r#"27["hello",1,"two"]"#.into()));
/// # Ok::<(), salon_contract::payload::PayloadError>(())
/// ```
#[derive(Clone, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "the protocol has these")]
pub enum Packet {
    /// A client opens a namespace, or the server says that it did.
    Connect {
        /// Which namespace.
        namespace: ByteString,
        /// A JSON object: from a client its credentials, from the server `sid` and perhaps `pid`.
        auth: Option<ByteString>,
    },
    /// The sender leaves a namespace.
    Disconnect {
        /// Which namespace.
        namespace: ByteString,
    },
    /// An event.
    Event {
        /// Where it happened.
        namespace: ByteString,
        /// What the acknowledgement is to be labelled with, if one is asked for.
        id: Option<u64>,
        /// The event's name.
        name: ByteString,
        /// What follows the name.
        arguments: Payload,
    },
    /// The answer to an event that had an id.
    Ack {
        /// The event's namespace.
        namespace: ByteString,
        /// The event's id.
        id: u64,
        /// The answer.
        arguments: Payload,
    },
    /// The server refuses a namespace. Clients do not send it: a server closes the connection.
    ConnectError {
        /// Which namespace.
        namespace: ByteString,
        /// JSON, by custom an object with `message` and perhaps `data`.
        data: ByteString,
    },
}

impl Packet {
    /// Which namespace the packet belongs to.
    #[must_use]
    pub fn namespace(&self) -> &ByteString {
        match self {
            Self::Connect { namespace, .. }
            | Self::Disconnect { namespace }
            | Self::Event { namespace, .. }
            | Self::Ack { namespace, .. }
            | Self::ConnectError { namespace, .. } => namespace,
        }
    }
}

/// Without what a client presents when it connects, also where it says so by the wrong type: that is a
/// secret.
impl fmt::Debug for Packet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect { namespace, auth } => f
                .debug_struct("Connect")
                .field("namespace", namespace)
                .field("auth", &auth.as_deref().map(shape))
                .finish(),
            Self::Disconnect { namespace } => {
                f.debug_struct("Disconnect").field("namespace", namespace).finish()
            }
            Self::Event { namespace, id, name, arguments } => f
                .debug_struct("Event")
                .field("namespace", namespace)
                .field("id", id)
                .field("name", name)
                .field("arguments", arguments)
                .finish(),
            Self::Ack { namespace, id, arguments } => f
                .debug_struct("Ack")
                .field("namespace", namespace)
                .field("id", id)
                .field("arguments", arguments)
                .finish(),
            Self::ConnectError { namespace, data } => f
                .debug_struct("ConnectError")
                .field("namespace", namespace)
                .field("data", &shape(data))
                .finish(),
        }
    }
}

/// `found`, if it is a name of at most `max_name` bytes that starts with `/`.
pub(crate) fn limited_namespace(
    found: ByteString,
    max_name: usize,
) -> Result<ByteString, DecodeError> {
    if !found.starts_with('/') {
        return Err(DecodeError::Namespace { found: shape(&found) });
    }
    if found.len() > max_name {
        return Err(DecodeError::NamespaceTooLong { length: found.len(), max_name });
    }
    Ok(found)
}
