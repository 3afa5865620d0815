//! Why a line is no frame.
//!
//! It must never hold any of the input: what is no frame may be somebody's credentials.

use salon_contract::payload::{JsonError, NoJson};

#[cfg(feature = "msgpack")]
use crate::socket_io::MsgpackError;

/// What was wrong with a line. The connection that sent it is to be closed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// It is no JSON.
    #[error("{found} is no JSON: {source}")]
    Json {
        /// What it is, and how long.
        found: String,
        /// Where it goes wrong.
        source: JsonError,
    },
    /// It is no list that begins as a frame does.
    #[error(
        "{found} is no frame: that is one list on one line, such as [\"name\",…], [7,\"name\",…] or [-7,…]"
    )]
    NoFrame {
        /// What it is, and how long.
        found: String,
    },
    /// The number in front is none by which an answer can be told.
    #[error("{found} in front of a frame is no whole number from 1 on, of 64 bits")]
    Id {
        /// What stands in the number's place, and how long it is.
        found: String,
    },
    /// A binary message came, and frames are text.
    #[error("{length} bytes came as binary, and frames are text; binary data is base64 in them")]
    Binary {
        /// Bytes of the message.
        length: usize,
    },
    /// A text came, and the client has said that its frames are MessagePack.
    #[cfg(feature = "msgpack")]
    #[error("{length} bytes came as text, and frames of `salon.v1.msgpack` are binary")]
    Text {
        /// Bytes of the message.
        length: usize,
    },
    /// A binary message is no MessagePack, or has more than one value.
    #[cfg(feature = "msgpack")]
    #[error("not a frame in MessagePack: {source}")]
    Msgpack {
        /// Where it goes wrong.
        source: MsgpackError,
    },
    /// A name that begins with `salon:`, and is none that a client sends.
    #[error("a client sends no event {found:?}; names that begin with `salon:` are the protocol's")]
    Control {
        /// The first characters of it.
        found: String,
    },
    /// What goes with an event of the protocol's own is not what that carries.
    #[error("{event} carries {expected}, not {found}")]
    Argument {
        /// The event.
        event: &'static str,
        /// What it carries.
        expected: &'static str,
        /// What came, and how long it is.
        found: String,
    },
}

impl From<NoJson> for FrameError {
    fn from(NoJson { found, source }: NoJson) -> Self {
        Self::Json { found, source }
    }
}
