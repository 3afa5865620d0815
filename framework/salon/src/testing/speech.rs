//! What a client of the lab speaks: Socket.IO by the server's parser, or the plain protocol.
//!
//! It must never let the two be told apart above: whatever came is one of Socket.IO's packets.

use std::sync::Arc;

use bytes::Bytes;
use bytestring::ByteString;
use serde::Deserialize;
use serde_json::json;

use super::{outgoing::Outgoing, wire::Wire};
use crate::{
    base::refusal::Refusal,
    event::{BYE, CONNECT},
    message::{ToldRefused, as_acknowledgement},
    payload::Payload,
    protocol::Format,
    wire::{
        engine_io::{self, Message},
        socket_io::{Decoder, Packet, PacketLimits, Parser},
        typed::{Frame, FrameRef},
    },
};

/// One client's way to put things.
pub(super) enum Speech {
    SocketIo {
        parser: Arc<dyn Parser>,
        decoder: Box<dyn Decoder>,
    },
    /// The plain protocol; whether to leave takes a frame of its own.
    Plain {
        format: Format,
        leaves_by_frame: bool,
        /// Whether there is a session.
        is_welcome: bool,
    },
}

/// What a server says of a session that begins.
#[derive(Deserialize)]
struct Welcome {
    session: String,
}

/// Why it parts.
#[derive(Deserialize)]
struct Bye {
    code: String,
}

/// The ends of a session that a client of Socket.IO is told as such; all others are its connection's.
const OF_THE_SESSION: [&str; 6] =
    ["unauthorized", "lapsed", "forbidden", "revoked", "replaced", "disconnected"];

impl Speech {
    pub(super) fn new(wire: Wire, parser: &Arc<dyn Parser>) -> Self {
        if wire.is_socket_io() {
            let decoder = parser.decoder(&PacketLimits::default());
            return Self::SocketIo { parser: parser.clone(), decoder };
        }
        Self::Plain {
            format: wire.plain_websocket().unwrap_or_default(),
            leaves_by_frame: [Wire::EventStream, Wire::PlainPolling].contains(&wire),
            is_welcome: false,
        }
    }

    /// Whether nobody waits for a word of the server before the client connects.
    pub(super) fn speaks_first(&self) -> bool {
        matches!(self, Self::Plain { .. })
    }

    /// What is to be sent for a packet.
    pub(super) fn put(&self, packet: &Packet) -> Vec<Outgoing> {
        let message = |message| Outgoing::Packet(engine_io::Packet::Message(message));
        match self {
            Self::SocketIo { parser, .. } => {
                parser.encode(packet).into_iter().map(message).collect()
            }
            Self::Plain { format, leaves_by_frame, .. } => match frame(packet, *format) {
                Some(frame) => vec![message(frame)],
                None if *leaves_by_frame => {
                    let bye = FrameRef::Event { id: None, name: BYE, values: "", last: None };
                    vec![message(written(bye, &[], *format))]
                }
                None => vec![Outgoing::Goodbye],
            },
        }
    }

    /// What is to be sent to refuse a question.
    pub(super) fn refuse(
        &self,
        namespace: &ByteString,
        id: u64,
        refusal: &Refusal,
    ) -> Vec<Outgoing> {
        let error = serde_json::to_string(refusal).expect("a refusal has a JSON form");
        match self {
            Self::SocketIo { .. } => {
                let (namespace, arguments) = (namespace.clone(), as_acknowledgement(&error));
                self.put(&Packet::Ack { namespace, id, arguments })
            }
            Self::Plain { format, .. } => {
                let frame = FrameRef::Refusal { id: id + 1, error: &error };
                let message = written(frame, &[], *format);
                vec![Outgoing::Packet(engine_io::Packet::Message(message))]
            }
        }
    }

    /// The packet that a message is, if it is a whole one.
    pub(super) fn understand(&mut self, message: Message) -> Result<Option<Packet>, String> {
        match self {
            Self::SocketIo { decoder, .. } => {
                decoder.decode(message).map_err(|error| error.to_string())
            }
            Self::Plain { format, is_welcome, .. } => {
                let frame = format.decode(message).map_err(|error| error.to_string())?;
                packet(frame, is_welcome)
            }
        }
    }
}

/// The frame of the plain protocol that says the same, if one does. Socket.IO counts from 0.
fn frame(packet: &Packet, format: Format) -> Option<Message> {
    let values = |payload: &Payload| match format {
        Format::Json => payload.inlined().unwrap_or_default(),
        #[cfg(feature = "msgpack")]
        Format::Msgpack => payload.json().to_owned(),
    };
    Some(match packet {
        Packet::Connect { auth, .. } => {
            let values = auth.as_deref().unwrap_or_default();
            let connect = FrameRef::Event { id: None, name: CONNECT, values, last: None };
            written(connect, &[], format)
        }
        Packet::Event { id, name, arguments, .. } => {
            let (id, values) = (id.map(|id| id + 1), &values(arguments));
            let event = FrameRef::Event { id, name, values, last: None };
            written(event, arguments.attachments(), format)
        }
        Packet::Ack { id, arguments, .. } => {
            let answer = FrameRef::Answer { id: id + 1, values: &values(arguments) };
            written(answer, arguments.attachments(), format)
        }
        Packet::Disconnect { .. } | Packet::ConnectError { .. } => return None,
    })
}

/// A frame as a message. What a test sends that is no JSON is a text, whatever is spoken.
fn written(frame: FrameRef<'_>, attachments: &[Bytes], format: Format) -> Message {
    let text = || Message::Text(frame.write_behind("").into());
    format.encode(frame, attachments).unwrap_or_else(text)
}

/// The packet of Socket.IO that says the same, if one does.
fn packet(frame: Frame, is_welcome: &mut bool) -> Result<Option<Packet>, String> {
    let namespace = ByteString::from_static("/");
    let words = |error: &dyn ToString| error.to_string();
    Ok(Some(match frame {
        Frame::Heartbeat => return Ok(None),
        Frame::Answer { id, payload: arguments } => {
            Packet::Ack { namespace, id: id - 1, arguments }
        }
        Frame::Refusal { id, error } => {
            let arguments = as_acknowledgement(&error);
            Packet::Ack { namespace, id: id - 1, arguments }
        }
        Frame::Event { id, name, payload } => {
            let arguments = payload.check().map_err(|error| words(&error))?;
            match &*name {
                "salon:welcome" => {
                    *is_welcome = true;
                    let Welcome { session } = arguments.single().map_err(|error| words(&error))?;
                    let auth = json!({ "sid": session }).to_string();
                    Packet::Connect { namespace, auth: Some(auth.into()) }
                }
                "salon:refused" => {
                    let refused: ToldRefused = arguments.single().map_err(|error| words(&error))?;
                    // Whoever has its session keeps it.
                    if refused.event != CONNECT || *is_welcome {
                        return Ok(Some(Packet::Event { namespace, id: None, name, arguments }));
                    }
                    let refusal = refused.error.into_refusal();
                    let code = || json!({ "code": refusal.code().as_str() });
                    let data = refusal.data().cloned().unwrap_or_else(code);
                    let data = json!({ "message": refusal.message(), "data": data }).to_string();
                    Packet::ConnectError { namespace, data: data.into() }
                }
                "salon:bye" => {
                    let Bye { code } = arguments.single().map_err(|error| words(&error))?;
                    if !OF_THE_SESSION.contains(&&*code) {
                        return Ok(None);
                    }
                    Packet::Disconnect { namespace }
                }
                _ => {
                    let id = id.map(|id| id - 1);
                    Packet::Event { namespace, id, name, arguments }
                }
            }
        }
    }))
}
