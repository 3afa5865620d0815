//! `salon.v1`'s form of what is published.
//!
//! It must never change what is published: what an order says of an event is one more value of it, and
//! here alone.

use std::{borrow::Cow, time::Duration};

use bytes::Bytes;
use bytestring::ByteString;
use memchr::memchr2;
use serde::Serialize;
use serde_json::to_writer;

use super::{
    event_stream::{self, EventId},
    format::Format,
};
use crate::{
    base::{
        bye::{Bye, Retry},
        config::Heartbeat,
        random,
        refusal::Refusal,
    },
    event::CONNECT,
    message::{
        At, Codec, CodecId, Content, Farewell, Form, Layer, Ordered, PLAIN_FRONT, Position,
        PositionOf, Welcome, refused,
    },
    payload::{Payload, with_json},
    wire::{
        engine_io::Message,
        typed::FrameRef,
        websocket::{CloseCode, CloseFrame},
    },
};

/// Writes `salon.v1`.
pub(crate) struct TypedCodec {
    pub(crate) wrap: Wrap,
    pub(crate) heartbeat: Heartbeat,
    /// Bytes of a message that is taken.
    pub(crate) max_payload: usize,
    /// Within which clients come back that have to all at once.
    pub(crate) retry_window: Duration,
}

/// What a frame is wrapped in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrap {
    /// Nothing: it is a message.
    Message(Format),
    /// An event of a stream.
    Stream,
}

#[derive(Serialize)]
struct Welcomed<'a> {
    session: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'a str>,
    heartbeat: Beats,
    max_payload: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_in_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    contract: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    send: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<&'a str>,
}

/// What an event or an answer carries, as frames have it.
struct Carried<'a> {
    values: Cow<'a, str>,
    attachments: &'a [Bytes],
}

/// How often the client is asked for a sign of life, and within which time it gives one.
#[derive(Serialize)]
struct Beats {
    every_ms: u64,
    within_ms: u64,
}

#[derive(Serialize)]
struct SaidBye {
    code: &'static str,
    retry: Told,
}

/// When to come back, as clients are told.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Told {
    Never,
    Token,
    Backoff,
    #[serde(untagged)]
    After {
        after_ms: u64,
    },
}

impl TypedCodec {
    /// Where a member is in the order of its room, in what tells it that: from there it comes back, if
    /// nothing else was said.
    fn position_in(&self, name: &str, payload: &Payload) -> Option<Position> {
        let tells = matches!(name, "salon:joined" | "salon:restarted" | "salon:skip");
        if self.wrap != Wrap::Stream || !tells {
            return None;
        }
        payload.get(0).ok()
    }

    fn welcome(&self, welcome: &Welcome) -> Form {
        let welcomed = Welcomed {
            session: &welcome.session,
            user: welcome.user.as_deref(),
            heartbeat: Beats {
                every_ms: milliseconds(self.heartbeat.ping_interval),
                within_ms: milliseconds(self.heartbeat.ping_timeout),
            },
            max_payload: self.max_payload,
            expires_in_ms: welcome.expires_in.map(milliseconds),
            contract: welcome.contract.as_deref(),
            send: welcome.posting.as_ref().map(|posting| &*posting.path),
            secret: welcome.posting.as_ref().map(|posting| &*posting.secret),
        };
        let write = |values: &str| self.event("salon:welcome", values);
        with_json(|json| to_writer(json, &welcomed), write)
    }

    /// An event of the protocol's own.
    fn event(&self, name: &str, values: &str) -> Form {
        self.form(FrameRef::Event { id: None, name, values, last: None }, &[], None)
    }

    /// An event that has a place in the order of a room.
    fn placed(&self, id: Option<u64>, name: &str, carried: &Carried<'_>, at: &PositionOf) -> Form {
        let Carried { values, attachments } = carried;
        let form = |last: &str| {
            let frame = FrameRef::Event { id, name, values, last: Some(last) };
            // One without a number is none to come back to.
            let seq = if let At::Seq(seq) = at.at { Some(seq) } else { None };
            let place = seq.map(|seq| EventId { epoch: &at.epoch, seq, room: &at.room });
            self.form(frame, attachments, place.as_ref())
        };
        with_json(|json| to_writer(json, at), form)
    }

    fn form(&self, frame: FrameRef<'_>, attachments: &[Bytes], id: Option<&EventId<'_>>) -> Form {
        let text = match self.wrap {
            Wrap::Message(Format::Json) => frame.write_behind(PLAIN_FRONT),
            Wrap::Stream => event_stream::written(PLAIN_FRONT, frame, id),
            #[cfg(feature = "msgpack")]
            Wrap::Message(format @ Format::Msgpack) => {
                return format
                    .encode(frame, attachments)
                    .map_or_else(Form::nothing, |message| Form::of_message(message, Layer::Plain));
            }
        };
        debug_assert!(attachments.is_empty(), "in a text they are text");
        Form::of_text(text, Layer::Plain)
    }

    fn not_connected(&self, refusal: &Refusal) -> Form {
        match refused(CONNECT, refusal) {
            Ok(payload) => self.event("salon:refused", payload.json()),
            Err(_) => Form::nothing(),
        }
    }

    /// What a payload carries, as frames have it; nothing if it is no JSON.
    fn carried<'a>(&self, payload: &'a Payload) -> Option<Carried<'a>> {
        #[cfg(feature = "msgpack")]
        if self.wrap == Wrap::Message(Format::Msgpack) {
            let values = Cow::from(payload.json());
            return Some(Carried { values, attachments: payload.attachments() });
        }
        values(payload).map(|values| Carried { values, attachments: &[] })
    }
}

impl Codec for TypedCodec {
    fn id(&self) -> CodecId {
        match self.wrap {
            Wrap::Message(Format::Json) => CodecId::Typed,
            #[cfg(feature = "msgpack")]
            Wrap::Message(Format::Msgpack) => CodecId::TypedMsgpack,
            Wrap::Stream => CodecId::TypedStream,
        }
    }

    fn form(&self, content: &Content) -> Form {
        match content {
            Content::Event { name, payload, order, question, .. } => {
                let Some(carried) = self.carried(payload) else { return Form::nothing() };
                let id = question.map(id_of);
                match order {
                    Some(Ordered::InRoom(position)) => self.placed(id, name, &carried, position),
                    // Sessions do not come back here by what is kept for them.
                    Some(Ordered::Kept(_) | Ordered::Outside) | None => {
                        let Carried { values, attachments } = &carried;
                        let frame = FrameRef::Event { id, name, values, last: None };
                        let told = self.position_in(name, payload);
                        let place = told.as_ref().and_then(EventId::of);
                        self.form(frame, attachments, place.as_ref())
                    }
                }
            }
            Content::Answer { id, payload, is_refusal, .. } => {
                let Some(Carried { values, attachments }) = self.carried(payload) else {
                    return Form::nothing();
                };
                let frame = match is_refusal {
                    true => FrameRef::Refusal { id: *id, error: &values },
                    false => FrameRef::Answer { id: *id, values: &values },
                };
                self.form(frame, attachments, None)
            }
            Content::Connected { welcome, .. } => self.welcome(welcome),
            Content::NotConnected { refusal, .. } => self.not_connected(refusal),
            // With its session a connection ends, which its transport says.
            Content::Disconnected { .. } | Content::Message(_) => Form::nothing(),
        }
    }

    fn farewell(&self, bye: Bye) -> Option<Farewell> {
        let retry = match bye.retry(self.retry_window) {
            Retry::Never => Told::Never,
            Retry::Token => Told::Token,
            Retry::Backoff => Told::Backoff,
            Retry::Within(window) => {
                let window = milliseconds(window);
                // Without chance all come back at once, which is no worse than not being told.
                Told::After { after_ms: random::up_to(window).unwrap_or(window) }
            }
        };
        let said = SaidBye { code: bye.as_str(), retry };
        let write = |values: &str| {
            let bye = FrameRef::Event { id: None, name: "salon:bye", values, last: None };
            match self.wrap {
                Wrap::Message(format) => format.encode(bye, &[]),
                Wrap::Stream => {
                    let retry = match said.retry {
                        Told::After { after_ms } => event_stream::retry(after_ms),
                        Told::Never | Told::Token | Told::Backoff => String::new(),
                    };
                    Some(Message::Text(event_stream::written(&retry, bye, None).into()))
                }
            }
        };
        let message = with_json(|json| to_writer(json, &said), write)?;
        let reason = ByteString::from_static(bye.as_str());
        let close = CloseFrame { code: CloseCode::from(bye.close_code()), reason };
        Some(Farewell { message, close })
    }
}

/// What a payload carries as JSON on one line, whatever it is; nothing if it is none.
fn values(payload: &Payload) -> Option<Cow<'_, str>> {
    if !payload.attachments().is_empty() {
        return payload.inlined().map(Cow::from);
    }
    let json = payload.json();
    // In JSON they are blanks, wherever they may be: the application, or a client, has written it so.
    Some(match memchr2(b'\n', b'\r', json.as_bytes()) {
        Some(_) => json.replace(['\n', '\r'], " ").into(),
        None => json.into(),
    })
}

/// By what a client knows a question: from 1 on, since the negative of that is its answer.
fn id_of(question: u64) -> u64 {
    question + 1
}

fn milliseconds(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
