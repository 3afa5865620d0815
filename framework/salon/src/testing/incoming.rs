//! What came to a client: an event, and the end.
//!
//! It must never say more than the client was told.

use std::time::Duration;

use serde_json::Value;

use crate::{base::refusal::Code, message::Position, payload::Payload};

/// An event that came.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Incoming {
    /// Its name.
    pub name: String,
    /// What follows the name, but for the place.
    pub payload: Payload,
    /// Where it is in its room's order, if a room sent it and says so.
    pub position: Option<Position>,
    /// When it came, since the lab began.
    pub at: Duration,
    pub(super) id: Option<u64>,
}

/// How a connection ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Closed {
    /// Why the session lapsed, as `salon:lapsed` said before; [`Code::Disconnected`] if it did not.
    pub code: Code,
    /// Whether the server ended the session by a disconnect packet.
    pub disconnected: bool,
    /// The code of the WebSocket's close frame, if there was one.
    pub close_code: Option<u16>,
    /// The reason in the WebSocket's close frame, if there was one; it may be empty.
    pub reason: Option<String>,
    /// When, since the lab began.
    pub at: Duration,
}

impl Incoming {
    /// What it carries, as JSON values.
    ///
    /// # Panics
    /// When they are not JSON; the server's own encoder makes none such.
    #[must_use]
    pub fn json(&self) -> Vec<Value> {
        let array = format!("[{}]", self.payload.json());
        serde_json::from_str(&array).expect("arguments are JSON")
    }
}
