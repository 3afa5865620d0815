//! What a client of the lab speaks: Socket.IO by the server's parser, or the plain protocol.
//!
//! It must never let the two be told apart above: whatever came is one of Socket.IO's packets.

use std::sync::Arc;

use bytestring::ByteString;
use serde::Deserialize;
use serde_json::json;

use super::{outgoing::Outgoing, wire::Wire};
use crate::{
    event::{BYE, CONNECT},
    message::{ToldRefused, as_acknowledgement},
    payload::Payload,
    wire::{
        engine_io::{self, Message},
        socket_io::{Decoder, Packet, PacketLimits, Parser},
        typed::{Frame, FrameRef, inlined},
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
        match wire {
            Wire::Plain => Self::Plain { leaves_by_frame: false, is_welcome: false },
            Wire::EventStream => Self::Plain { leaves_by_frame: true, is_welcome: false },
            Wire::WebSocket | Wire::Polling | Wire::Upgrade => {
                let decoder = parser.decoder(&PacketLimits::default());
                Self::SocketIo { parser: parser.clone(), decoder }
            }
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
            Self::Plain { leaves_by_frame, .. } => match frame(packet) {
                Some(frame) => vec![message(Message::Text(frame.into()))],
                None if *leaves_by_frame => {
                    let bye = FrameRef::Event { id: None, name: BYE, values: "", last: None };
                    vec![message(Message::Text(bye.write_behind("").into()))]
                }
                None => vec![Outgoing::Goodbye],
            },
        }
    }

    /// The packet that a message is, if it is a whole one.
    pub(super) fn understand(&mut self, message: Message) -> Result<Option<Packet>, String> {
        match self {
            Self::SocketIo { decoder, .. } => {
                decoder.decode(message).map_err(|error| error.to_string())
            }
            Self::Plain { is_welcome, .. } => match message {
                Message::Text(line) => {
                    let frame = Frame::decode(line).map_err(|error| error.to_string())?;
                    packet(frame, is_welcome)
                }
                Message::Binary(bytes) => Err(format!("{} bytes came as binary", bytes.len())),
            },
        }
    }
}

/// The frame of the plain protocol that says the same, if one does. Socket.IO counts from 0.
fn frame(packet: &Packet) -> Option<String> {
    let values = |payload: &Payload| inlined(payload).unwrap_or_default();
    Some(match packet {
        Packet::Connect { auth, .. } => {
            let values = auth.as_deref().unwrap_or_default();
            let connect = FrameRef::Event { id: None, name: CONNECT, values, last: None };
            connect.write_behind("")
        }
        Packet::Event { id, name, arguments, .. } => {
            let (id, values) = (id.map(|id| id + 1), &values(arguments));
            FrameRef::Event { id, name, values, last: None }.write_behind("")
        }
        Packet::Ack { id, arguments, .. } => {
            FrameRef::Answer { id: id + 1, values: &values(arguments) }.write_behind("")
        }
        Packet::Disconnect { .. } | Packet::ConnectError { .. } => return None,
    })
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
