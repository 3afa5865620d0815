//! An event as the expansion needs it: checked, complete and without doubt.
//!
//! It must never hold a mistake, and never look at an attribute: what is here was checked.

use std::time::Duration;

use proc_macro2::Ident;
use syn::{Generics, Member, Path, Type};

/// One struct or enum that is an event.
pub(crate) struct Event<'a> {
    /// The name of the type.
    pub(crate) ident: &'a Ident,
    /// Its generics, carried over as they are.
    pub(crate) generics: &'a Generics,
    /// Where the framework is found: `::salon`, unless it was re-exported.
    pub(crate) salon: Path,
    /// The name on the wire.
    pub(crate) name: String,
    /// How the value becomes arguments.
    pub(crate) shape: Shape,
    /// What a client that is slow may miss.
    pub(crate) loss: Loss,
    /// In how long a room sends one of each key at most.
    pub(crate) throttle: Option<Duration>,
    /// Whether a client that cannot take it is cut off, also where it might read it later.
    pub(crate) closes: bool,
    /// In how long a client acknowledges it.
    pub(crate) acked: Option<Duration>,
    /// The field by which it is known if it is sent again.
    pub(crate) once: Option<Member>,
    /// How often one session may send it.
    pub(crate) rate: Option<Rate>,
    /// Whether its sender must have an identity.
    pub(crate) auth: bool,
    /// The permission that its sender must have been granted.
    pub(crate) permission: Option<String>,
    /// The guards that check it, in their order.
    pub(crate) guards: Vec<Type>,
    /// What its handler refuses with.
    pub(crate) refuses: Option<Type>,
    /// What acknowledges it.
    pub(crate) reply: Type,
    /// The room that handles it; without one, the session does.
    pub(crate) room: Option<Room>,
}

/// How the value of an event becomes arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// The whole value is one argument.
    Single,
    /// Each field is an argument.
    Positional,
    /// No arguments.
    Empty,
}

/// What a client that is slow may miss.
pub(crate) enum Loss {
    /// Nothing.
    None,
    /// What comes while it is not writable.
    Volatile,
    /// What has a newer one: of all, or of those whose field has the same value.
    Latest(Option<Member>),
    /// The oldest of more than so many.
    DropOldest(u16),
    /// The newest of more than so many.
    DropNewest(u16),
}

/// At most `count` in `seconds`, and `burst` at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rate {
    /// How many.
    pub(crate) count: u32,
    /// In how many seconds.
    pub(crate) seconds: u64,
    /// How many at once.
    pub(crate) burst: u32,
}

/// The room that handles an event.
pub(crate) struct Room {
    /// The type of the room.
    pub(crate) path: Path,
    /// Who may send the event.
    pub(crate) senders: Senders,
    /// Where the key of the room is.
    pub(crate) key: Key,
    /// What that field is called by whoever sends the event, as far as its own attribute says.
    pub(crate) called: String,
}

/// Who may send an event to a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Senders {
    /// Anyone whom the room admits; sending it makes the sender a member.
    Join,
    /// Members only.
    Member,
    /// Whoever it is, and nobody becomes a member by it.
    Anyone,
}

/// Where the key of a room is.
pub(crate) enum Key {
    /// In a field that exists.
    Field(Member),
    /// Nowhere. Only the fallback says so; what it expands to never runs.
    Nowhere,
}
