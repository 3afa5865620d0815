//! One outgoing Socket.IO packet, serialized once, whoever gets it.
//!
//! It must never be encoded per recipient: every wire form is built at most once, when the first
//! recipient that needs it is flushed, and shared from then on.

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use bytes::Bytes;
use serde::Serialize;

use crate::{
    config::Limits,
    number::RoomNumber,
    refusal::Refusal,
    wire::{
        engine_io,
        socket_io::{Arguments, Messages, Packet, Parser},
        websocket,
    },
};

/// An outgoing packet with its wire forms; cloning it counts a reference.
#[derive(Clone)]
pub(crate) struct Frame(Arc<Inner>);

struct Inner {
    messages: Messages,
    layer: Layer,
    volatile: bool,
    /// Its number among what is kept for recovery; 0 if it is not.
    number: u64,
    /// The typed room whose members alone may have it.
    room: Option<RoomNumber>,
    websocket: OnceLock<Bytes>,
    polling: OnceLock<Bytes>,
}

/// What a connection's messages are wrapped in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layer {
    /// Engine.IO: a text message is preceded by its packet type.
    EngineIo,
    /// Nothing: messages are the WebSocket's own.
    Plain,
}

impl Layer {
    /// Appends a message as one WebSocket frame.
    fn encode_websocket(self, message: &engine_io::Message, out: &mut Vec<u8>) {
        match (self, message) {
            (_, engine_io::Message::Binary(bytes)) => {
                websocket::encode_frame(websocket::Opcode::Binary, bytes, out);
            }
            (Self::Plain, engine_io::Message::Text(text)) => {
                websocket::encode_frame(websocket::Opcode::Text, text.as_bytes(), out);
            }
            (Self::EngineIo, engine_io::Message::Text(text)) => {
                websocket::encode_header(websocket::Opcode::Text, 1 + text.len(), out);
                out.push(b'4');
                out.extend_from_slice(text.as_bytes());
            }
        }
    }
}

impl Frame {
    /// Encodes a packet.
    pub(crate) fn new(packet: &Packet, parser: &dyn Parser) -> Self {
        Self::from_messages(parser.encode(packet), Layer::EngineIo, false, 0, None)
    }

    /// Encodes a packet that only members of a room may have.
    pub(crate) fn of_room(
        packet: &Packet,
        parser: &dyn Parser,
        volatile: bool,
        room: RoomNumber,
    ) -> Self {
        Self::from_messages(parser.encode(packet), Layer::EngineIo, volatile, 0, Some(room))
    }

    /// Encodes a packet that is kept for recovery under a number.
    pub(crate) fn numbered(packet: &Packet, parser: &dyn Parser, number: u64) -> Self {
        Self::from_messages(parser.encode(packet), Layer::EngineIo, false, number, None)
    }

    /// Encodes a packet that a client which is not writable may miss.
    pub(crate) fn volatile(packet: &Packet, parser: &dyn Parser) -> Self {
        Self::from_messages(parser.encode(packet), Layer::EngineIo, true, 0, None)
    }

    fn from_messages(
        messages: Messages,
        layer: Layer,
        volatile: bool,
        number: u64,
        room: Option<RoomNumber>,
    ) -> Self {
        Self(Arc::new(Inner {
            messages,
            layer,
            volatile,
            number,
            room,
            websocket: OnceLock::new(),
            polling: OnceLock::new(),
        }))
    }

    /// A bare message, for connections without Socket.IO.
    pub(crate) fn message(message: engine_io::Message, layer: Layer) -> Self {
        Self::from_messages(Messages::from_buf([message]), layer, false, 0, None)
    }

    /// Whether a client that is not writable may miss it.
    #[must_use]
    pub(crate) fn is_volatile(&self) -> bool {
        self.0.volatile
    }

    /// Its number among what is kept for recovery; 0 if it is not.
    #[must_use]
    pub(crate) fn number(&self) -> u64 {
        self.0.number
    }

    /// The typed room whose members alone may have it.
    #[must_use]
    pub(crate) fn room(&self) -> Option<RoomNumber> {
        self.0.room
    }

    /// What a client gets instead of this once it is no member any more: the acknowledgement that it
    /// awaits, with a refusal, and nothing instead of anything else.
    pub(crate) fn withheld(&self, parser: &dyn Parser, refusal: &Refusal) -> Option<Self> {
        let limits = Limits {
            max_attachments: usize::MAX,
            max_attachment_bytes: usize::MAX,
            max_name: usize::MAX,
            ..Limits::default()
        };
        let mut decoder = parser.decoder(&limits);
        let messages = self.0.messages.iter().cloned();
        // What was encoded here can be decoded.
        let decoded =
            messages.filter_map(|message| decoder.decode(message).ok().flatten()).last()?;
        let Packet::Ack { namespace, id, .. } = decoded else { return None };
        let arguments = Arguments::encode_single(&Withheld { error: refusal }).ok()?;
        Some(Self::new(&Packet::Ack { namespace, id, arguments }, parser))
    }

    /// What it counts against the limit of an outbox, in bytes.
    #[must_use]
    pub(crate) fn cost(&self) -> usize {
        self.0.messages.iter().map(engine_io::Message::len).sum::<usize>()
    }

    /// The WebSocket form: all its messages, framed, back to back.
    #[must_use]
    pub(crate) fn websocket(&self) -> &Bytes {
        self.0.websocket.get_or_init(|| {
            let mut bytes = Vec::with_capacity(self.cost() + 16 * self.0.messages.len());
            for message in &self.0.messages {
                self.0.layer.encode_websocket(message, &mut bytes);
            }
            bytes.into()
        })
    }

    /// The polling form: all its packets, joined by the separator.
    #[must_use]
    pub(crate) fn polling(&self) -> &Bytes {
        self.0.polling.get_or_init(|| {
            let mut bytes = Vec::with_capacity(self.cost() + 4 * self.0.messages.len());
            for message in &self.0.messages {
                if !bytes.is_empty() {
                    bytes.push(engine_io::payload::SEPARATOR);
                }
                engine_io::Packet::Message(message.clone()).encode_polling(&mut bytes);
            }
            bytes.into()
        })
    }
}

#[derive(Serialize)]
struct Withheld<'a> {
    error: &'a Refusal,
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frame")
            .field("messages", &self.0.messages.len())
            .field("bytes", &self.cost())
            .field("volatile", &self.0.volatile)
            .finish()
    }
}
