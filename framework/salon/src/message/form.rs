//! The form of a publication for one protocol: its messages, as each transport writes them.
//!
//! It must never be made per recipient: what a transport writes is built when the first recipient on it
//! is flushed, and shared from then on.

use std::sync::OnceLock;

use bytes::{Buf as _, Bytes};

use crate::wire::{engine_io, socket_io::Messages, websocket};

/// The packet type of Engine.IO before a text message.
const TEXT_MESSAGE: u8 = b'4';

/// What a text of Engine.IO is encoded behind: room for the longest WebSocket header, and the packet type.
pub(crate) const FRONT: &str = "\0\0\0\0\0\0\0\0\0\x004";
const _: () = assert!(FRONT.len() == websocket::MAX_HEADER + 1);

/// What a text is encoded behind that is a message as it is.
pub(crate) const PLAIN_FRONT: &str = "\0\0\0\0\0\0\0\0\0\0";
const _: () = assert!(PLAIN_FRONT.len() == websocket::MAX_HEADER);

/// The messages of one publication.
pub(crate) struct Form(Written);

/// What they are.
enum Written {
    /// One text message, which nearly every publication is: encoded right behind its WebSocket header,
    /// so that all its forms are windows into one buffer.
    Text {
        websocket: Bytes,
        /// Where the text begins, behind the packet type if the layer has one.
        text: u32,
        layer: Layer,
    },
    /// Anything else. Boxed: nearly every form is a text, and small.
    Messages(Box<Several>),
}

/// Messages, and what each transport makes of them when the first recipient on it is flushed.
struct Several {
    messages: Messages,
    layer: Layer,
    websocket: OnceLock<Bytes>,
    polling: OnceLock<Bytes>,
}

impl Form {
    /// A text behind [`FRONT`], or behind [`PLAIN_FRONT`].
    #[inline]
    pub(crate) fn of_text(text: String, layer: Layer) -> Self {
        let mut buffer = text.into_bytes();
        let length = buffer.len() - websocket::MAX_HEADER;
        let header = websocket::header_len(length);
        let begin = websocket::MAX_HEADER - header;
        websocket::put_header(websocket::Opcode::Text, length, &mut &mut buffer[begin..]);
        let mut websocket = Bytes::from(buffer);
        websocket.advance(begin);
        let text = header + layer.packet_type();
        let text = u32::try_from(text).expect("a header has 10 bytes at most");
        Self(Written::Text { websocket, text, layer })
    }

    /// Several messages, or none.
    pub(crate) fn of_messages(messages: Messages, layer: Layer) -> Self {
        let (websocket, polling) = (OnceLock::new(), OnceLock::new());
        Self(Written::Messages(Box::new(Several { messages, layer, websocket, polling })))
    }

    /// One message.
    pub(crate) fn of_message(message: engine_io::Message, layer: Layer) -> Self {
        Self::of_messages(Messages::from(message), layer)
    }

    /// None: what was published is not for clients of that protocol, or cannot be written for them.
    pub(crate) fn nothing() -> Self {
        // Nothing is wrapped in nothing.
        Self::of_messages(Messages::new(), Layer::Plain)
    }

    /// Whether what was published has no form on this wire.
    pub(crate) fn is_nothing(&self) -> bool {
        matches!(&self.0, Written::Messages(several) if several.messages.is_empty())
    }

    /// What it counts against the limit of an outbox: the bytes of its messages.
    pub(crate) fn cost(&self) -> usize {
        match &self.0 {
            Written::Text { websocket, text, .. } => websocket.len() - *text as usize,
            Written::Messages(several) => several.cost(),
        }
    }

    /// All its messages as WebSocket frames, back to back.
    pub(crate) fn websocket(&self) -> &Bytes {
        match &self.0 {
            Written::Text { websocket, .. } => websocket,
            Written::Messages(several) => several.websocket(),
        }
    }

    /// All its messages as packets of a poll, joined by the separator; a text that is a message as it is,
    /// without anything around it.
    pub(crate) fn polling(&self) -> Bytes {
        match &self.0 {
            Written::Text { websocket, text, layer } => {
                websocket.slice(*text as usize - layer.packet_type()..)
            }
            Written::Messages(several) => several.polling().clone(),
        }
    }
}

impl Several {
    fn cost(&self) -> usize {
        self.messages.iter().map(engine_io::Message::len).sum()
    }

    fn websocket(&self) -> &Bytes {
        self.websocket.get_or_init(|| {
            let mut bytes = Vec::with_capacity(self.cost() + 16 * self.messages.len());
            for message in &self.messages {
                self.layer.encode_websocket(message, &mut bytes);
            }
            bytes.into()
        })
    }

    fn polling(&self) -> &Bytes {
        self.polling.get_or_init(|| {
            let mut bytes = Vec::with_capacity(self.cost() + 4 * self.messages.len());
            for message in &self.messages {
                if !bytes.is_empty() {
                    bytes.push(engine_io::payload::SEPARATOR);
                }
                engine_io::Packet::Message(message.clone()).encode(&mut bytes);
            }
            bytes.into()
        })
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
    /// Bytes in front of a text.
    fn packet_type(self) -> usize {
        match self {
            Self::EngineIo => 1,
            Self::Plain => 0,
        }
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    fn text(length: usize) -> String {
        "x".repeat(length)
    }

    #[test]
    fn a_text_has_the_forms_that_its_message_has() {
        // Around the lengths at which a WebSocket header grows; the packet type counts.
        for length in [0, 1, 123, 124, 125, 126, 65_533, 65_534, 65_535, 65_536] {
            for (front, layer) in [(FRONT, Layer::EngineIo), (PLAIN_FRONT, Layer::Plain)] {
                let form = Form::of_text(format!("{front}{}", text(length)), layer);
                let message = engine_io::Message::Text(text(length).into());
                let expected = Form::of_message(message, layer);
                assert!(matches!(form.0, Written::Text { .. }));
                assert_eq!(form.cost(), length);
                assert_eq!(form.cost(), expected.cost());
                assert_eq!(form.websocket(), expected.websocket(), "{length} bytes");
                if layer == Layer::EngineIo {
                    assert_eq!(form.polling(), expected.polling(), "{length} bytes");
                } else {
                    assert_eq!(form.polling(), text(length));
                }
            }
        }
    }

    #[test]
    fn the_forms_of_a_text_are_windows_into_one_buffer() {
        let form = Form::of_text(format!("{FRONT}hello"), Layer::EngineIo);
        let (websocket, polling) = (form.websocket(), form.polling());
        assert_eq!(websocket.as_ptr_range().end, polling.as_ptr_range().end);
        assert_eq!(websocket[2..], polling);
    }

    #[test]
    fn attachments_are_messages_of_their_own() {
        let text = engine_io::Message::Text(r#"61-1[{"_placeholder":true,"num":0}]"#.into());
        let attachment = engine_io::Message::Binary(Bytes::from_static(&[1, 2]));
        let form = Form::of_messages(Messages::from_iter([text, attachment]), Layer::EngineIo);
        assert!(form.websocket().ends_with(b"\x82\x02\x01\x02"));
        assert!(form.polling().ends_with(b"\x1ebAQI="));
    }
}
