//! One thing that happened in a lab.
//!
//! It must never hold anything that differs from run to run: times are virtual, and nothing has an
//! address.

use std::fmt;

use bytestring::ByteString;

use crate::{payload::Payload, wire::engine_io::Message};

/// What happened: something was said, or became of somebody.
///
/// As it is displayed, `→` was sent by the client, and `←` came to it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Happened {
    /// The client sent it.
    Sent(Traffic),
    /// It came to the client.
    Came(Traffic),
    /// Of a client or the test, what became of its link or of a worker; of the server, one line of what
    /// it traces.
    Noted(String),
}

/// What a client and its server say to each other.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Traffic {
    /// An event, as the name says; what follows that, as JSON.
    Event {
        /// Its name.
        name: ByteString,
        /// The id of its acknowledgement, if it is to have one.
        id: Option<u64>,
        /// Its arguments.
        json: ByteString,
    },
    /// An acknowledgement, of these arguments.
    Acknowledgement {
        /// Of which event.
        id: u64,
        /// Its arguments.
        json: ByteString,
    },
    /// The session is connected.
    Connected,
    /// The session is refused, with this.
    Refused(ByteString),
    /// The session is over.
    Disconnect,
    /// A ping that is left unanswered; those that are answered are not written down.
    Ping,
    /// A message that is no packet of Socket.IO, or of a client that speaks Engine.IO alone.
    Message(Message),
    /// Something that should be a packet, and why it is none.
    Malformed(String),
    /// An HTTP request.
    Request {
        /// Its method.
        method: String,
        /// Its path and query.
        target: String,
        /// Its body, as text.
        body: String,
    },
    /// An HTTP response.
    Response {
        /// Its status.
        status: u16,
        /// Its body, as text.
        body: String,
    },
}

impl Traffic {
    pub(super) fn event(name: &str, id: Option<u64>, arguments: &Payload) -> Self {
        Self::Event { name: name.into(), id, json: arguments.json_text().clone() }
    }

    pub(super) fn acknowledgement(id: u64, arguments: &Payload) -> Self {
        Self::Acknowledgement { id, json: arguments.json_text().clone() }
    }
}

impl fmt::Display for Happened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sent(traffic) => write!(f, "→ {traffic}"),
            Self::Came(traffic) => write!(f, "← {traffic}"),
            Self::Noted(what) => f.write_str(what),
        }
    }
}

impl fmt::Display for Traffic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Event { name, id: Some(id), json } => write!(f, "{name} #{id} {json}"),
            Self::Event { name, id: None, json } => write!(f, "{name} {json}"),
            Self::Acknowledgement { id, json } => write!(f, "acknowledgement #{id} {json}"),
            Self::Connected => f.write_str("connected"),
            Self::Refused(json) => write!(f, "refused {json}"),
            Self::Disconnect => f.write_str("disconnect"),
            Self::Ping => f.write_str("ping, which is left unanswered"),
            Self::Message(message) => write!(f, "{message:?}"),
            Self::Malformed(why) => write!(f, "something that is no packet: {why}"),
            Self::Request { method, target, body } if body.is_empty() => {
                write!(f, "{method} {target}")
            }
            Self::Request { method, target, body } => write!(f, "{method} {target} {body}"),
            Self::Response { status, body } => write!(f, "HTTP {status} {body}"),
        }
    }
}
