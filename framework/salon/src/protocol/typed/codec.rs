//! `salon.v1`'s form of what is published.
//!
//! It must never change what is published: what an order says of an event is one more value of it, and
//! here alone.

use std::{borrow::Cow, time::Duration};

use bytestring::ByteString;
use serde::Serialize;
use serde_json::to_writer;

use super::{CONNECT, id_of};
use crate::{
    base::{
        bye::{Bye, Retry},
        config::Heartbeat,
        random,
        refusal::Refusal,
    },
    message::{
        Codec, CodecId, Content, Farewell, Form, Layer, Ordered, PLAIN_FRONT, Welcome, refused,
    },
    payload::{Payload, with_json},
    wire::{
        typed::{FrameRef, inlined},
        websocket::{CloseCode, CloseFrame},
    },
};

/// Writes `salon.v1`.
pub(crate) struct TypedCodec {
    pub(crate) heartbeat: Heartbeat,
    /// Bytes of a message that is taken.
    pub(crate) max_payload: usize,
    /// Within which clients come back that have to all at once.
    pub(crate) retry_window: Duration,
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
        };
        let write = |values: &str| event(None, "salon:welcome", values, None);
        with_json(|json| to_writer(json, &welcomed), write)
    }
}

impl Codec for TypedCodec {
    fn id(&self) -> CodecId {
        CodecId::Typed
    }

    fn form(&self, content: &Content) -> Form {
        match content {
            Content::Event { name, payload, order, question, .. } => {
                let Some(values) = values(payload) else { return Form::nothing() };
                match order {
                    Some(Ordered::InRoom(position)) => with_json(
                        |json| to_writer(json, position),
                        |last| event(*question, name, &values, Some(last)),
                    ),
                    // Sessions do not come back here by what is kept for them.
                    Some(Ordered::Kept(_) | Ordered::Outside) | None => {
                        event(*question, name, &values, None)
                    }
                }
            }
            Content::Answer { id, payload, is_refusal, .. } => {
                let Some(values) = values(payload) else { return Form::nothing() };
                form(match is_refusal {
                    true => FrameRef::Refusal { id: *id, error: &values },
                    false => FrameRef::Answer { id: *id, values: &values },
                })
            }
            Content::Connected { welcome, .. } => self.welcome(welcome),
            Content::NotConnected { refusal, .. } => not_connected(refusal),
            // With its session a connection ends, which its transport says.
            Content::Disconnected { .. } | Content::Message(_) => Form::nothing(),
        }
    }

    fn farewell(&self, bye: Bye) -> Option<Farewell> {
        let retry = match bye.retry(self.retry_window) {
            Retry::Never => Told::Never,
            Retry::Token => Told::Token,
            Retry::Backoff => Told::Backoff,
            Retry::Within(window) => Told::After { after_ms: drawn_within(window) },
        };
        let said = SaidBye { code: bye.as_str(), retry };
        let write = |values: &str| {
            let bye = FrameRef::Event { id: None, name: "salon:bye", values, last: None };
            bye.write_behind("")
        };
        let text = with_json(|json| to_writer(json, &said), write);
        let reason = ByteString::from_static(bye.as_str());
        Some(Farewell {
            text,
            close: CloseFrame { code: CloseCode::from(bye.close_code()), reason },
        })
    }
}

/// What a payload carries as JSON, whatever it is; nothing if it is none.
fn values(payload: &Payload) -> Option<Cow<'_, str>> {
    match payload.attachments() {
        [] => Some(payload.json().into()),
        _ => inlined(payload).map(Cow::from),
    }
}

fn event(question: Option<u64>, name: &str, values: &str, last: Option<&str>) -> Form {
    let id = question.map(id_of);
    form(FrameRef::Event { id, name, values, last })
}

fn form(frame: FrameRef<'_>) -> Form {
    Form::of_text(frame.write_behind(PLAIN_FRONT), Layer::Plain)
}

fn not_connected(refusal: &Refusal) -> Form {
    match refused(CONNECT, refusal) {
        Ok(payload) => event(None, "salon:refused", payload.json(), None),
        Err(_) => Form::nothing(),
    }
}

fn milliseconds(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

/// A moment within a span, each as likely as any other.
fn drawn_within(window: Duration) -> u64 {
    let mut bytes = [0; 8];
    // Without chance all come back at once, which is no worse than not being told.
    if random::fill(&mut bytes).is_err() {
        return milliseconds(window);
    }
    u64::from_be_bytes(bytes) % (milliseconds(window) + 1)
}
