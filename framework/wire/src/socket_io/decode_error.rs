//! Why a message is no Socket.IO packet.
//!
//! It must never hold any of the input: what is no packet may be somebody's credentials.

use salon_contract::payload::{JsonError, NoJson};

#[cfg(feature = "msgpack")]
use super::MsgpackError;

/// What was wrong with a message. The connection that sent it is to be closed, as the reference
/// does; the decoder has forgotten any half-built packet.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The message is empty.
    #[error("a packet is empty; it must start with its type, 0 to 6")]
    Empty,
    /// The type is unknown.
    #[error("unknown packet type {found}; it must be 0 to 6")]
    UnknownType {
        /// What stands in the type's place.
        found: String,
    },
    /// A client sent a CONNECT_ERROR.
    #[error("a connect error came from a client; only servers send it")]
    ConnectErrorFromClient,
    /// A binary packet does not say how many attachments follow.
    #[error("{found} does not start with a number of attachments above 0 and a hyphen")]
    AttachmentCount {
        /// What stands in the number's place, and how long it is.
        found: String,
    },
    /// More attachments are announced than [`PacketLimits::max_attachments`](super::PacketLimits::max_attachments).
    #[error("{count} attachments are more than {max_attachments}; send fewer per packet")]
    TooManyAttachments {
        /// How many.
        count: usize,
        /// The limit.
        max_attachments: usize,
    },
    /// The attachments of one packet have more bytes than
    /// [`PacketLimits::max_attachment_bytes`](super::PacketLimits::max_attachment_bytes).
    #[error(
        "attachments of {length} bytes are more than {max_attachment_bytes}; send less at once"
    )]
    AttachmentsTooLarge {
        /// Bytes so far.
        length: usize,
        /// The limit.
        max_attachment_bytes: usize,
    },
    /// A text came where an attachment was due.
    #[error("a text came while {missing} attachments were missing; send them first")]
    UnexpectedText {
        /// How many were missing.
        missing: usize,
    },
    /// An attachment came that no packet announced, or a binary message to a text parser.
    #[error("{length} bytes came that no packet announced")]
    UnexpectedBinary {
        /// Bytes of the message.
        length: usize,
    },
    /// The namespace does not start with a slash.
    #[error("the namespace, {found}, does not start with a slash")]
    Namespace {
        /// What it is, and how long.
        found: String,
    },
    /// The namespace has more bytes than [`PacketLimits::max_name`](super::PacketLimits::max_name).
    #[error("a namespace of {length} bytes is longer than {max_name}")]
    NamespaceTooLong {
        /// Its bytes.
        length: usize,
        /// The limit.
        max_name: usize,
    },
    /// The acknowledgement's id is missing where attachments follow, or beyond 64 bits.
    #[error("the acknowledgement's id, {found}, is not a number of 64 bits")]
    Id {
        /// What stands in the id's place, and how long it is.
        found: String,
    },
    /// The data is not JSON.
    #[error("{found} is not JSON: {source}")]
    Json {
        /// What it is, and how long.
        found: String,
        /// Where it goes wrong.
        source: JsonError,
    },
    /// The data is not what this type of packet carries.
    #[error("{found} is not {expected}")]
    Data {
        /// What it is, and how long.
        found: String,
        /// What this type of packet carries.
        expected: &'static str,
    },
    /// The event's name means something else to Socket.IO itself.
    #[error("event name {name:?} is reserved; choose another")]
    ReservedName {
        /// The name.
        name: String,
    },
    /// A placeholder of an attachment is malformed, names none that came, or lies too deep.
    #[error("an attachment's placeholder is wrong: {source}")]
    Placeholder {
        /// What is wrong with it.
        source: JsonError,
    },
    /// A binary message is no packet of the msgpack parser.
    #[cfg(feature = "msgpack")]
    #[error("not a msgpack packet: {source}")]
    Msgpack {
        /// Where it goes wrong.
        source: MsgpackError,
    },
}

impl From<NoJson> for DecodeError {
    fn from(NoJson { found, source }: NoJson) -> Self {
        Self::Json { found, source }
    }
}
