//! `salon.v1`: what its frames mean, and how what is published becomes frames.
//!
//! Source: the guide's page on the plain protocol. One connection has one session, in the namespace that
//! its path names. It must never know who its client is, nor answer: whoever asks does.

mod codec;
mod event_stream;
mod format;

use std::collections::HashMap;

use bytestring::ByteString;
use serde::{Deserialize, de::IgnoredAny};

pub(crate) use self::{
    codec::{TypedCodec, Wrap},
    event_stream::{retry, seen},
    format::Format,
};

use super::{Effect, OpenSessions, Protocol, Violation};
use crate::{
    base::{
        excerpt::{excerpt, shape},
        refusal::Refusal,
    },
    event::{BYE, CONNECT, LEAVE, OWN, REFRESH, REPLAY},
    message::Answered,
    payload::{Payload, UncheckedPayload},
    wire::{
        engine_io::Message,
        typed::{Frame, FrameError},
    },
};

/// Whether an event of that name is the protocol's own.
pub(crate) fn is_own(name: &str) -> bool {
    name.starts_with(OWN)
}

/// How often one connection may be refused a session.
const TRIES: u8 = 3;

/// What one client sends.
#[derive(Debug)]
pub(crate) struct Typed {
    namespace: ByteString,
    /// Whether it is asked who its clients are.
    is_identified: bool,
    /// Whether its client has said who it is with its request, or need not.
    is_known: bool,
    format: Format,
    refused: u8,
}

/// What belongs to the delivery of `salon:connect`; what else there may be is for others.
#[derive(Deserialize)]
struct Options {
    heartbeat: Option<HeartbeatBy>,
}

/// By what a client is asked for signs of life.
#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum HeartbeatBy {
    /// By a message: a page does not see pings.
    Message,
    /// By its transport's.
    Ping,
}

impl Typed {
    /// Of a client of that namespace that has sent nothing yet but its request, which says who it is if it
    /// `is_known` by that.
    pub(crate) fn new(namespace: ByteString, is_identified: bool, is_known: bool) -> Self {
        Self { namespace, is_identified, is_known, format: Format::Json, refused: 0 }
    }

    /// The same for a client that writes its frames so.
    pub(crate) fn written_as(self, format: Format) -> Self {
        Self { format, ..self }
    }

    /// How its client writes its frames, and reads them.
    pub(crate) fn format(&self) -> Format {
        self.format
    }

    /// What is to be done before its client has sent anything.
    pub(crate) fn begin(&self) -> Effect {
        match self.is_known {
            true => Effect::Connect { namespace: self.namespace.clone(), auth: None },
            false => Effect::Nothing,
        }
    }

    /// A session was refused; whether the client may not try again.
    pub(crate) fn is_refused(&mut self) -> bool {
        self.refused += 1;
        self.refused >= TRIES
    }

    /// The client says who it is, or how it wants to be asked for signs of life.
    fn connect(
        &self,
        id: Option<u64>,
        mut payload: UncheckedPayload,
        sessions: &impl OpenSessions,
    ) -> Result<Effect, Violation> {
        let options = payload.take_delivery()?.as_ref().map(read_options).transpose()?;
        let beat = options
            .and_then(|options| options.heartbeat)
            .map(|heartbeat| Effect::BeatBy { messages: heartbeat == HeartbeatBy::Message });
        let auth = read_auth(&payload.check()?)?;
        let Self { namespace, is_identified, .. } = self;
        let connect = match sessions.find(namespace) {
            None => Some(Effect::Connect { namespace: namespace.clone(), auth }),
            // Where nobody is asked who they are there is nothing else to be presented.
            Some(session) if !is_identified || auth.as_deref().is_none_or(says_what_was_seen) => {
                auth.map(|auth| Effect::Claim { session, auth })
            }
            Some(_) => {
                let message = "this connection has its session; a newer token is presented by \
                    `salon:refresh`";
                let refusal = Refusal::other("already_connected", message);
                Some(Effect::Refuse { name: ByteString::from_static(CONNECT), id, refusal })
            }
        };
        Ok(match (beat, connect) {
            (None, None) => Effect::Nothing,
            (Some(effect), None) | (None, Some(effect)) => effect,
            (Some(beat), Some(connect)) => Effect::Both(Box::new([beat, connect])),
        })
    }
}

impl Protocol for Typed {
    fn receive(
        &mut self,
        message: Message,
        sessions: &impl OpenSessions,
    ) -> Result<Effect, Violation> {
        let session = sessions.find(&self.namespace);
        match self.format.decode(message)? {
            // Its transport has seen to it.
            Frame::Heartbeat => Ok(Effect::Nothing),
            Frame::Event { id, name, payload } if name == CONNECT => {
                self.connect(id, payload, sessions)
            }
            Frame::Event { name, .. } if name == BYE => Ok(match session {
                Some(session) => Effect::Leave { session },
                None => Effect::Nothing,
            }),
            Frame::Event { name, .. }
                if is_own(&name) && ![LEAVE, REFRESH, REPLAY].contains(&&*name) =>
            {
                Err(FrameError::Control { found: excerpt(&name) }.into())
            }
            Frame::Event { id, name, payload } => match session {
                Some(session) => Ok(Effect::Call { session, name, payload, id }),
                None => {
                    // Nobody is to read it, and what is no JSON is no event.
                    payload.check().map_err(FrameError::from)?;
                    let refusal =
                        Refusal::unauthorized("say who you are first, by `salon:connect`");
                    Ok(Effect::Refuse { name, id, refusal })
                }
            },
            Frame::Answer { id, payload } => Ok(answer(session, id, Answered::Reply(payload))),
            Frame::Refusal { id, error } => Ok(answer(session, id, Answered::refused(&error))),
        }
    }

    fn timeout(&self) -> Option<Violation> {
        Some(Violation::ConnectTimeout)
    }
}

fn answer(session: Option<usize>, id: u64, answer: Answered) -> Effect {
    match session {
        // It counts from 1: see the codec.
        Some(session) => Effect::Answer { session, id: id - 1, answer },
        None => Effect::Nothing,
    }
}

/// Whether what a client presents says what it has seen of its rooms, and nothing else.
fn says_what_was_seen(auth: &str) -> bool {
    let keys = serde_json::from_str::<HashMap<String, IgnoredAny>>(auth);
    keys.is_ok_and(|keys| keys.len() == 1 && keys.contains_key("salon"))
}

/// What a client presents: an object, or nothing.
fn read_auth(payload: &Payload) -> Result<Option<ByteString>, FrameError> {
    match payload.json() {
        "" | "null" | "{}" => Ok(None),
        json if json.starts_with('{') && payload.len() == 1 => {
            Ok(Some(payload.json_text().clone()))
        }
        json => {
            let expected = "one object, such as {\"token\":\"…\"}";
            Err(FrameError::Argument { event: CONNECT, expected, found: shape(json) })
        }
    }
}

fn read_options(json: &ByteString) -> Result<Options, FrameError> {
    serde_json::from_str(json).map_err(|_| {
        let expected = "`$` with \"heartbeat\" as \"ping\" or \"message\", if it has that at all";
        FrameError::Argument { event: CONNECT, expected, found: shape(json) }
    })
}

#[cfg(test)]
mod tests;
