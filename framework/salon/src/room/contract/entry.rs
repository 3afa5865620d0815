//! The way of an event to a room.
//!
//! It must never know what becomes of one: that is a room's to say.

use std::marker::PhantomData;

use crate::{
    base::refusal::{Code, Refusal},
    event::sealed,
};

/// The route of an event to the room `R`.
#[doc(hidden)]
#[derive(Debug)]
pub struct ToRoom<R>(PhantomData<fn(R)>);

impl<R> sealed::Sealed for ToRoom<R> {}

/// The refusal of an event that only members may send.
pub(in crate::room) fn not_a_member(event: &str) -> Refusal {
    Refusal::new(Code::NotAMember, format!("only members of the room may send {event}"))
}
