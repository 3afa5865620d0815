//! What WebSocket messages mean: Engine.IO packets, or just themselves.
//!
//! It must never know more of a connection than the bytes of one message.

use bytestring::ByteString;

use super::link_error::LinkError;
use crate::{
    outbox::Control,
    protocol::Format,
    wire::{
        engine_io::{Message, Packet, PacketError},
        websocket::{CloseCode, CloseFrame, Incoming, Opcode, encode_frame},
    },
};

/// The meaning of the messages on one WebSocket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::transport) enum Framing {
    /// Each message is an Engine.IO packet.
    EngineIo,
    /// Each message is the application's own; liveness is WebSocket's ping and pong.
    Plain,
    /// Each binary message is a frame of `salon.v1`, or each line of a text message, so many of them in
    /// one; liveness is WebSocket's, or frames of its own.
    Typed { format: Format, max_frames: u32 },
}

impl Framing {
    /// The packet that came in, if it is one: pings and closes of WebSocket itself are not.
    ///
    /// # Errors
    /// [`PacketError`] if a text is no Engine.IO packet.
    pub(super) fn decode(self, incoming: Incoming) -> Result<Option<Packet>, PacketError> {
        Ok(match (self, incoming) {
            (Self::EngineIo, Incoming::Text(text)) => Some(Packet::decode(text)?),
            (Self::Plain | Self::Typed { .. }, Incoming::Text(text)) => {
                Some(Packet::Message(Message::Text(text)))
            }
            (_, Incoming::Binary(bytes)) => Some(Packet::Message(Message::Binary(bytes))),
            (Self::Plain | Self::Typed { .. }, Incoming::Pong(_)) => Some(Packet::Pong("".into())),
            (Self::EngineIo, Incoming::Pong(_)) | (_, Incoming::Ping(_) | Incoming::Close(_)) => {
                None
            }
        })
    }

    /// What it is that the client has closed its WebSocket.
    pub(super) fn closed(self, frame: Option<CloseFrame>) -> LinkError {
        // A page that is left, or loaded anew, says that it goes away; whoever closes by hand says nothing.
        let is_goodbye = frame.as_ref().is_none_or(|frame| frame.code == CloseCode::NORMAL);
        match self {
            Self::Typed { .. } if is_goodbye => LinkError::Goodbye(frame),
            Self::EngineIo | Self::Plain | Self::Typed { .. } => LinkError::ClosedWebSocket(frame),
        }
    }

    /// What is a sign of life by itself, among messages.
    pub(super) fn heartbeat(self) -> Option<Message> {
        match self {
            Self::Typed { format, .. } => Some(format.heartbeat()),
            Self::EngineIo | Self::Plain => None,
        }
    }

    /// Whether that is all that is in a binary message.
    pub(super) fn is_heartbeat(self, bytes: &[u8]) -> bool {
        matches!(self.heartbeat(), Some(Message::Binary(heartbeat)) if heartbeat == bytes)
    }

    /// Appends that by which a client is told.
    pub(in crate::transport) fn encode_control(self, control: Control, out: &mut Vec<u8>) {
        let heartbeat = self.heartbeat().filter(|_| control == Control::Heartbeat);
        let packet = heartbeat.map_or_else(|| packet(control), Packet::Message);
        self.encode_packet(&packet, out);
    }

    /// Appends a packet that is no frame, if it has a place on a WebSocket.
    pub(in crate::transport) fn encode_packet(self, packet: &Packet, out: &mut Vec<u8>) {
        match (self, packet) {
            // It ends a poll; on a WebSocket there is none.
            (_, Packet::Noop) => {}
            (_, Packet::Message(Message::Binary(bytes))) => {
                encode_frame(Opcode::Binary, bytes, out);
            }
            (Self::EngineIo, packet) => {
                let mut text = Vec::new();
                packet.encode(&mut text);
                encode_frame(Opcode::Text, &text, out);
            }
            (Self::Plain | Self::Typed { .. }, packet) => match packet {
                Packet::Message(Message::Text(text)) => {
                    encode_frame(Opcode::Text, text.as_bytes(), out);
                }
                Packet::Ping(data) => encode_frame(Opcode::Ping, data.as_bytes(), out),
                Packet::Pong(data) => encode_frame(Opcode::Pong, data.as_bytes(), out),
                _ => {}
            },
        }
    }
}

/// The packet by which a client is told, unless that is for the plain protocol alone.
pub(in crate::transport) fn packet(control: Control) -> Packet {
    match control {
        Control::Ping | Control::Heartbeat => Packet::Ping(ByteString::new()),
        Control::LetGo => Packet::Noop,
    }
}
