//! One outgoing Socket.IO packet, serialized once, whoever gets it.
//!
//! It must never be encoded per recipient: every wire form is built at most once, when the first
//! recipient that needs it is flushed, and shared from then on.

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use bytes::{Buf as _, Bytes};
use bytestring::ByteString;
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

/// The packet type of Engine.IO before a text message.
const TEXT_MESSAGE: u8 = b'4';

/// What a text is encoded behind: room for the longest WebSocket header, and the packet type.
const FRONT: &str = "\0\0\0\0\0\0\0\0\0\x004";
const _: () = assert!(FRONT.len() == websocket::MAX_HEADER + 1);

/// An outgoing packet with its wire forms; cloning it counts a reference.
#[derive(Clone)]
pub(crate) struct Frame(Arc<Inner>);

struct Inner {
    content: Content,
    volatile: bool,
    /// Its number among what is kept for recovery; 0 if it is not.
    number: u64,
    /// The typed room whose members alone may have it.
    room: Option<RoomNumber>,
    polling: OnceLock<Bytes>,
}

/// What a frame consists of.
enum Content {
    /// One text message of Engine.IO, which nearly every packet is: encoded right behind its
    /// WebSocket header, so that all its forms are windows into one buffer.
    Text {
        websocket: Bytes,
        /// Where the polling form begins: the packet type and the text.
        packet: usize,
    },
    /// Anything else; the WebSocket form is made of it when it is wanted.
    Messages { messages: Messages, layer: Layer, websocket: OnceLock<Bytes> },
}

impl Content {
    fn of(packet: &Packet, parser: &dyn Parser) -> Self {
        match parser.encode_behind(FRONT, packet) {
            Some(text) => Self::text(text.into_bytes()),
            None => Self::messages(parser.encode(packet), Layer::EngineIo),
        }
    }

    /// A text behind [`FRONT`].
    fn text(mut buffer: Vec<u8>) -> Self {
        let length = buffer.len() - websocket::MAX_HEADER;
        let packet = websocket::header_len(length);
        let begin = websocket::MAX_HEADER - packet;
        websocket::put_header(websocket::Opcode::Text, length, &mut &mut buffer[begin..]);
        let mut websocket = Bytes::from(buffer);
        websocket.advance(begin);
        Self::Text { websocket, packet }
    }

    fn messages(messages: Messages, layer: Layer) -> Self {
        Self::Messages { messages, layer, websocket: OnceLock::new() }
    }

    /// Bytes of the messages.
    fn len(&self) -> usize {
        match self {
            Self::Text { websocket, packet } => websocket.len() - packet - 1,
            Self::Messages { messages, .. } => messages.iter().map(engine_io::Message::len).sum(),
        }
    }

    fn to_messages(&self) -> Messages {
        match self {
            Self::Text { websocket, packet } => {
                let text = ByteString::try_from(websocket.slice(packet + 1..));
                text.ok().map(engine_io::Message::Text).into_iter().collect()
            }
            Self::Messages { messages, .. } => messages.clone(),
        }
    }
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
                out.push(TEXT_MESSAGE);
                out.extend_from_slice(text.as_bytes());
            }
        }
    }
}

impl Frame {
    /// Encodes a packet.
    pub(crate) fn new(packet: &Packet, parser: &dyn Parser) -> Self {
        Self::from_content(Content::of(packet, parser), false, 0, None)
    }

    /// Encodes a packet that only members of a room may have.
    pub(crate) fn of_room(
        packet: &Packet,
        parser: &dyn Parser,
        volatile: bool,
        room: RoomNumber,
    ) -> Self {
        Self::from_content(Content::of(packet, parser), volatile, 0, Some(room))
    }

    /// Encodes a packet that is kept for recovery under a number.
    pub(crate) fn numbered(packet: &Packet, parser: &dyn Parser, number: u64) -> Self {
        Self::from_content(Content::of(packet, parser), false, number, None)
    }

    /// Encodes a packet that a client which is not writable may miss.
    pub(crate) fn volatile(packet: &Packet, parser: &dyn Parser) -> Self {
        Self::from_content(Content::of(packet, parser), true, 0, None)
    }

    fn from_content(
        content: Content,
        volatile: bool,
        number: u64,
        room: Option<RoomNumber>,
    ) -> Self {
        Self(Arc::new(Inner { content, volatile, number, room, polling: OnceLock::new() }))
    }

    /// What a parser makes of a packet that has no form on its wire.
    #[cfg(test)]
    pub(crate) fn nothing() -> Self {
        let content = Content::messages(Messages::new(), Layer::EngineIo);
        Self::from_content(content, false, 0, None)
    }

    /// A bare message, for connections without Socket.IO.
    pub(crate) fn message(message: engine_io::Message, layer: Layer) -> Self {
        let content = Content::messages(Messages::from_buf([message]), layer);
        Self::from_content(content, false, 0, None)
    }

    /// Whether the parser made nothing of the packet: its arguments have no form on this wire.
    #[must_use]
    pub(crate) fn is_nothing(&self) -> bool {
        matches!(&self.0.content, Content::Messages { messages, .. } if messages.is_empty())
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
        let messages = self.0.content.to_messages().into_iter();
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
        self.0.content.len()
    }

    /// The WebSocket form: all its messages, framed, back to back.
    #[must_use]
    pub(crate) fn websocket(&self) -> &Bytes {
        match &self.0.content {
            Content::Text { websocket, .. } => websocket,
            Content::Messages { messages, layer, websocket } => websocket.get_or_init(|| {
                let mut bytes = Vec::with_capacity(self.cost() + 16 * messages.len());
                for message in messages {
                    layer.encode_websocket(message, &mut bytes);
                }
                bytes.into()
            }),
        }
    }

    /// The polling form: all its packets, joined by the separator.
    #[must_use]
    pub(crate) fn polling(&self) -> &Bytes {
        self.0.polling.get_or_init(|| match &self.0.content {
            Content::Text { websocket, packet } => websocket.slice(packet..),
            Content::Messages { messages, .. } => {
                let mut bytes = Vec::with_capacity(self.cost() + 4 * messages.len());
                for message in messages {
                    if !bytes.is_empty() {
                        bytes.push(engine_io::payload::SEPARATOR);
                    }
                    engine_io::Packet::Message(message.clone()).encode_polling(&mut bytes);
                }
                bytes.into()
            }
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
            .field("bytes", &self.cost())
            .field("volatile", &self.0.volatile)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::socket_io::{IntoArguments, JsonParser};

    fn packet(text: &str) -> Packet {
        let arguments = (text,).into_arguments().unwrap();
        Packet::Ack { namespace: "/a".into(), id: 12, arguments }
    }

    /// The same as a frame that is put together of messages.
    fn of_messages(packet: &Packet) -> Frame {
        let content = Content::messages(JsonParser.encode(packet), Layer::EngineIo);
        Frame::from_content(content, false, 0, None)
    }

    #[test]
    fn a_text_has_the_forms_that_its_message_has() {
        let least = of_messages(&packet("")).cost();
        // Around the lengths at which a WebSocket header grows; the packet type counts.
        for length in [least, 123, 124, 125, 126, 65_533, 65_534, 65_535, 65_536] {
            let packet = packet(&"x".repeat(length - least));
            let (frame, expected) = (Frame::new(&packet, &JsonParser), of_messages(&packet));
            assert!(matches!(frame.0.content, Content::Text { .. }));
            assert_eq!(frame.cost(), length);
            assert_eq!(frame.cost(), expected.cost());
            assert_eq!(frame.websocket(), expected.websocket(), "{length} bytes");
            assert_eq!(frame.polling(), expected.polling(), "{length} bytes");
            assert_eq!(frame.0.content.to_messages(), expected.0.content.to_messages());
        }
    }

    #[test]
    fn the_forms_of_a_text_are_windows_into_one_buffer() {
        let frame = Frame::new(&packet("hello"), &JsonParser);
        let (websocket, polling) = (frame.websocket(), frame.polling());
        assert_eq!(websocket.as_ptr_range().end, polling.as_ptr_range().end);
        assert_eq!(&websocket[2..], polling);
    }

    #[test]
    fn attachments_are_messages_of_their_own() {
        let arguments = (crate::Binary::from(vec![1, 2]),).into_arguments().unwrap();
        let packet = Packet::Ack { namespace: "/".into(), id: 1, arguments };
        let frame = Frame::new(&packet, &JsonParser);
        assert!(frame.websocket().ends_with(b"\x82\x02\x01\x02"));
        assert!(frame.polling().ends_with(b"\x1ebAQI="));
    }
}
