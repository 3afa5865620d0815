//! Events that go to rooms: to which of them, and who may send them.
//!
//! It must never know what becomes of one: that is a room's to say.

use std::marker::PhantomData;

use super::contract::Room;
use crate::{
    base::refusal::{Code, Refusal},
    event::{Event, sealed},
};

/// An event that goes to a room; implemented by the derive for `room = Type(field)`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event of a room",
    note = "name the room in its derive: `#[event(\"name\", room = Lobby(key_field))]`"
)]
pub trait RoomEvent: Event {
    /// The kind of room.
    type Room: Room;
    /// Who may send it.
    #[doc(hidden)]
    const ENTRY: Entry;
    /// Which room of that kind.
    fn key(&self) -> &<Self::Room as Room>::Key;
}

/// Who may send an event to a room.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Entry {
    /// Whoever the room admits becomes a member by it.
    Join,
    /// Members.
    Member,
    /// Members and others, who become none by it.
    Anyone,
}

/// The route of an event to the room `R`.
#[doc(hidden)]
#[derive(Debug)]
pub struct ToRoom<R>(PhantomData<fn(R)>);

impl<R> sealed::Sealed for ToRoom<R> {}

/// The refusal of an event that only members may send.
pub(super) fn not_a_member(event: &str) -> Refusal {
    Refusal::new(Code::NotAMember, format!("only members of the room may send {event}"))
}
