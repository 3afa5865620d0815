//! One Engine.IO packet and its two text forms.
//!
//! It must never decide what is allowed when: whether a packet fits the state of its connection is
//! for the connection to judge.

use base64::{
    Engine as _,
    alphabet::STANDARD,
    encoded_len,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use bytes::Bytes;
use bytestring::ByteString;
use salon_contract::excerpt::shape;

/// Encodes with padding, as the protocol says; decodes with or without, as the reference does.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What a message packet carries.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "the protocol has these two")]
pub enum Message {
    /// Text, such as a Socket.IO packet in JSON.
    Text(ByteString),
    /// Bytes, such as a Socket.IO attachment.
    Binary(Bytes),
}

impl Message {
    /// Bytes of the content, without the packet's type.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Binary(bytes) => bytes.len(),
        }
    }

    /// Whether there is no content.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The content, without the packet's type.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        match self {
            Self::Text(text) => text.into_bytes(),
            Self::Binary(bytes) => bytes,
        }
    }
}

/// One Engine.IO packet.
///
/// Source: <https://socket.io/docs/v4/engine-io-protocol/#packet-encoding>.
///
/// ```
/// use bytestring::ByteString;
/// use salon_wire::engine_io::{Message, Packet};
///
/// let packet = Packet::decode(ByteString::from_static("4hello"))?;
/// assert_eq!(packet, Packet::Message(Message::Text("hello".into())));
///
/// let mut out = Vec::new();
/// Packet::Ping("probe".into()).encode(&mut out);
/// assert_eq!(out, b"2probe");
/// # Ok::<(), salon_wire::engine_io::PacketError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "the protocol has these")]
pub enum Packet {
    /// `0`: the handshake, JSON text as [`Open::to_json`](super::Open::to_json) makes it. Only
    /// servers send it.
    Open(ByteString),
    /// `1`: the sender closes this transport.
    Close,
    /// `2`: a sign of life is asked for; with `probe`, a new transport is tried.
    Ping(ByteString),
    /// `3`: the answer to a ping, with the ping's data.
    Pong(ByteString),
    /// `4`, or `b` and base64, or a binary WebSocket message: content for the layer above.
    Message(Message),
    /// `5`: the client moves to this transport.
    Upgrade,
    /// `6`: nothing; it ends a pending poll.
    Noop,
}

impl Packet {
    /// Decodes one WebSocket text message, or one piece of a polling payload: their grammar is one. The
    /// data is a window into `text`, nothing is copied.
    ///
    /// A binary message comes as `b` and base64 (standard alphabet, padding optional), over WebSocket as
    /// well: the official client sends it so when told to `forceBase64`. Data after a close, an upgrade or
    /// a noop is ignored, as the reference does.
    ///
    /// # Errors
    ///
    /// [`PacketError`] if there is no type, an unknown one, or no base64 after `b`.
    #[expect(clippy::needless_pass_by_value, reason = "a packet takes its text over")]
    pub fn decode(text: ByteString) -> Result<Self, PacketError> {
        let kind = text.chars().next().ok_or(PacketError::Empty)?;
        let data = text.slice_ref(&text[kind.len_utf8()..]);
        Ok(match kind {
            '0' => Self::Open(data),
            '1' => Self::Close,
            '2' => Self::Ping(data),
            '3' => Self::Pong(data),
            '4' => Self::Message(Message::Text(data)),
            '5' => Self::Upgrade,
            '6' => Self::Noop,
            'b' => Self::Message(Message::Binary(decode_base64(&data)?)),
            found => return Err(PacketError::UnknownType { found }),
        })
    }

    /// Appends the text form: the type's digit and the data. A binary message is `b` and base64 with
    /// padding: over polling, and over WebSocket for the clients that asked for base64.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.reserve(self.encoded_len());
        let (kind, data) = self.parts();
        out.push(kind);
        if let Self::Message(Message::Binary(_)) = self {
            let start = out.len();
            out.resize(start + self.encoded_len() - 1, 0);
            BASE64
                .encode_slice(data, &mut out[start..])
                .expect("the space is exactly what encoded_len says");
        } else {
            out.extend_from_slice(data);
        }
    }

    /// Bytes that [`Packet::encode`] appends.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        let (_, data) = self.parts();
        let binary = matches!(self, Self::Message(Message::Binary(_)));
        1 + if binary {
            encoded_len(data.len(), true).unwrap_or(usize::MAX - 1)
        } else {
            data.len()
        }
    }

    /// The character of its type.
    #[doc(hidden)]
    #[must_use]
    pub fn kind(&self) -> char {
        char::from(self.parts().0)
    }

    fn parts(&self) -> (u8, &[u8]) {
        match self {
            Self::Open(data) => (b'0', data.as_bytes()),
            Self::Close => (b'1', b""),
            Self::Ping(data) => (b'2', data.as_bytes()),
            Self::Pong(data) => (b'3', data.as_bytes()),
            Self::Message(Message::Text(data)) => (b'4', data.as_bytes()),
            Self::Message(Message::Binary(data)) => (b'b', data),
            Self::Upgrade => (b'5', b""),
            Self::Noop => (b'6', b""),
        }
    }
}

fn decode_base64(text: &str) -> Result<Bytes, PacketError> {
    BASE64
        .decode(text)
        .map(Bytes::from)
        .map_err(|error| PacketError::Base64 { found: shape(text), source: Base64Error(error) })
}

/// Where a text stops being base64 of the standard alphabet.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
pub struct Base64Error(base64::DecodeError);

/// Why a text is no Engine.IO packet. The connection that sent it is to be closed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PacketError {
    /// There is no character at all.
    #[error("a packet is empty; it must start with its type, 0 to 6 or b")]
    Empty,
    /// The first character is no type.
    #[error("unknown packet type {found:?}; it must be 0 to 6, or b for base64")]
    UnknownType {
        /// The character in the type's place.
        found: char,
    },
    /// A `b` is followed by something else than base64.
    #[error("{found} is not base64 of the standard alphabet: {source}")]
    Base64 {
        /// What it is, and how long.
        found: String,
        /// Where it goes wrong.
        source: Base64Error,
    },
}
