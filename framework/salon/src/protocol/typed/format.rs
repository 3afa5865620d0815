//! How the frames of one connection are written, which its client has chosen.
//!
//! It must never be asked what a frame means.

use bytes::Bytes;
use bytestring::ByteString;

#[cfg(feature = "msgpack")]
use crate::wire::typed::{MSGPACK_HEARTBEAT, MSGPACK_SUBPROTOCOL};
use crate::wire::{
    engine_io::Message,
    typed::{Frame, FrameError, FrameRef, HEARTBEAT, SUBPROTOCOL},
};

/// How frames are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Format {
    /// Lines of JSON.
    #[default]
    Json,
    /// Binary messages.
    #[cfg(feature = "msgpack")]
    Msgpack,
}

impl Format {
    /// All of them.
    pub(crate) const ALL: &[Self] = &[
        Self::Json,
        #[cfg(feature = "msgpack")]
        Self::Msgpack,
    ];

    /// The subprotocol by which a WebSocket's client says that it speaks it so.
    pub(crate) fn subprotocol(self) -> &'static str {
        match self {
            Self::Json => SUBPROTOCOL,
            #[cfg(feature = "msgpack")]
            Self::Msgpack => MSGPACK_SUBPROTOCOL,
        }
    }

    /// A sign of life.
    pub(crate) fn heartbeat(self) -> Message {
        match self {
            Self::Json => Message::Text(ByteString::from_static(HEARTBEAT)),
            #[cfg(feature = "msgpack")]
            Self::Msgpack => Message::Binary(Bytes::from_static(MSGPACK_HEARTBEAT)),
        }
    }

    /// A frame as a message, in which `attachments` stand where placeholders do, unless it is a text; nothing
    /// if it has no form.
    #[cfg_attr(not(feature = "msgpack"), expect(unused_variables, reason = "a text has none"))]
    pub(crate) fn encode(self, frame: FrameRef<'_>, attachments: &[Bytes]) -> Option<Message> {
        match self {
            Self::Json => Some(Message::Text(frame.write_behind("").into())),
            #[cfg(feature = "msgpack")]
            Self::Msgpack => {
                frame.write_msgpack(attachments).map(|bytes| Message::Binary(bytes.into()))
            }
        }
    }

    /// The frame that a message is.
    ///
    /// # Errors
    /// [`FrameError`] if it is none.
    pub(crate) fn decode(self, message: Message) -> Result<Frame, FrameError> {
        match (self, message) {
            (Self::Json, Message::Text(line)) => Frame::decode(line),
            (Self::Json, Message::Binary(bytes)) => Err(FrameError::Binary { length: bytes.len() }),
            #[cfg(feature = "msgpack")]
            (Self::Msgpack, Message::Binary(bytes)) => Frame::decode_msgpack(&bytes),
            #[cfg(feature = "msgpack")]
            (Self::Msgpack, Message::Text(text)) => Err(FrameError::Text { length: text.len() }),
        }
    }
}
