//! What a Salon that is built knows of its own contract, before a schema is made.
//!
//! It must be cheap to have: constants of types, and names.

use std::time::Duration;

use crate::{event::EventFacts, schema::Make};

/// Who may send an event to a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SentBy {
    /// Whoever the room admits becomes a member by it.
    Join,
    /// Members.
    Member,
    /// Members and others, who become none by it.
    Anyone,
}

/// One kind of room.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "the framework makes it")]
pub struct RoomFacts {
    /// The kind's name.
    pub name: &'static str,
    /// Whether members are told who is there; and the schema of what is seen of one, if it is known.
    pub presence: Option<Option<Make>>,
    /// What it keeps: events, bytes, age.
    pub history: Option<(usize, usize, Option<Duration>)>,
    /// Whether that outlives the process.
    pub is_durable: bool,
    /// What clients send it.
    pub received: Vec<(EventFacts, SentBy)>,
    /// What it sends.
    pub sent: Vec<EventFacts>,
}

/// One namespace.
#[derive(Clone, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "the framework makes it")]
pub struct NamespaceFacts {
    /// Its name, or the pattern of it.
    pub name: String,
    /// What its sessions handle.
    pub received: Vec<EventFacts>,
    /// What they send.
    pub sent: Vec<EventFacts>,
    /// Its kinds of rooms.
    pub rooms: Vec<RoomFacts>,
    /// The names that have a handler without types.
    pub untyped: Vec<String>,
}
