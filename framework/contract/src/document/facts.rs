//! What a Salon that is built knows of its own contract, before a schema is made.
//!
//! It must be cheap to have: constants of types, and names.

use std::{
    any::{TypeId, type_name},
    time::Duration,
};

use crate::{
    event::{Event, Policy, Shape},
    schema::{Make, Schemas},
};

/// What a type says of itself as an event.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct EventFacts {
    /// Its name on the wire.
    pub name: &'static str,
    /// The type's name, for messages.
    pub type_name: &'static str,
    /// How its value becomes a payload.
    pub shape: Shape,
    /// What its derive says beside its name and its route.
    pub policy: Policy,
    /// What its JSON looks like.
    pub schemas: Schemas,
    /// Whether what acknowledges it carries something.
    pub is_answered: bool,
}

impl EventFacts {
    /// Those of `E`.
    #[must_use]
    pub fn of<E: Event>() -> Self {
        Self {
            name: E::NAME,
            type_name: type_name::<E>(),
            shape: E::SHAPE,
            policy: E::POLICY,
            schemas: E::SCHEMAS,
            is_answered: TypeId::of::<E::Reply>() != TypeId::of::<()>(),
        }
    }
}

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
