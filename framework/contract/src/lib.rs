//! What the events of a Salon app are, and what they carry.
//!
//! An [`Event`] is a struct with a name, a [`Policy`](event::Policy) and a reply; a [`Payload`] is what
//! goes over a wire of it, and a [`Refusal`] why one was not handled. An app names all of this by
//! `salon`; whatever reads or writes its contract without serving it, such as a generator or a codec,
//! needs no more than this crate.
//!
//! It must never know a connection, a room's actor, a wire or a transport: nothing here does I/O,
//! spawns, or reads a clock.

// Whoever matches on an enum can be broken by one more: each says why it is whole, or can grow.
#![warn(clippy::exhaustive_enums)]

mod each_tuple;
pub mod event;
#[doc(hidden)]
pub mod excerpt;
#[doc(hidden)]
pub mod logged;
pub mod payload;
mod rate;
pub mod refusal;
pub mod refusals;

pub use self::{
    event::Event,
    payload::Payload,
    rate::Rate,
    refusal::{Code, Refusal},
    refusals::Refusals,
};
