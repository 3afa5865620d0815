//! Socket.IO: what its packets mean, and how what is published becomes packets.
//!
//! Source: <https://socket.io/docs/v4/socket-io-protocol/>. Which of its clients' mistakes end the
//! connection is as in npm socket.io 4.8 (`Client.ondecoded`). It must never know which namespaces there
//! are.

mod codec;

use std::fmt;

pub(crate) use self::codec::SocketIoCodec;

use super::{Effect, OpenSessions, Protocol, Violation};
use crate::{
    message::Answered,
    wire::{
        engine_io::Message,
        socket_io::{DecodeError, Decoded, Decoder, Packet, UncheckedEvent},
    },
};

/// What one client sends.
pub(crate) struct SocketIo {
    decoder: Box<dyn Decoder>,
}

impl SocketIo {
    /// Of a client that has sent nothing yet.
    pub(crate) fn new(decoder: Box<dyn Decoder>) -> Self {
        Self { decoder }
    }
}

impl Protocol for SocketIo {
    fn receive(
        &mut self,
        message: Message,
        sessions: &impl OpenSessions,
    ) -> Result<Effect, Violation> {
        match self.decoder.decode_lazily(message)? {
            None => Ok(Effect::Nothing),
            Some(Decoded::Packet(packet)) => meaning(packet, sessions),
            Some(Decoded::Event(event)) => {
                let UncheckedEvent { namespace, name, arguments: payload, id, .. } = event;
                match sessions.find(&namespace) {
                    Some(session) => Ok(Effect::Call { session, name, payload, id }),
                    None => {
                        // Nobody is to read it, and what is no JSON is no event.
                        payload.check()?;
                        Err(Violation::NotConnected(namespace))
                    }
                }
            }
        }
    }

    fn timeout(&self) -> Option<Violation> {
        Some(Violation::ConnectTimeout)
    }
}

/// What a packet is about.
fn meaning(packet: Packet, sessions: &impl OpenSessions) -> Result<Effect, Violation> {
    let session = sessions.find(packet.namespace());
    match (packet, session) {
        (Packet::Connect { namespace, auth }, None) => Ok(Effect::Connect { namespace, auth }),
        (Packet::Connect { namespace, .. }, Some(_)) => Err(Violation::SecondConnect(namespace)),
        (Packet::Event { name, arguments, id, .. }, Some(session)) => {
            Ok(Effect::Call { session, name, payload: arguments.into(), id })
        }
        (Packet::Ack { id, arguments, .. }, Some(session)) => {
            Ok(Effect::Answer { session, id, answer: Answered::Acknowledgement(arguments) })
        }
        (Packet::Disconnect { .. }, Some(session)) => Ok(Effect::Leave { session }),
        (Packet::ConnectError { .. }, _) => Err(DecodeError::ConnectErrorFromClient.into()),
        (
            Packet::Event { namespace, .. }
            | Packet::Ack { namespace, .. }
            | Packet::Disconnect { namespace },
            None,
        ) => Err(Violation::NotConnected(namespace)),
    }
}

impl fmt::Debug for SocketIo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SocketIo").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
