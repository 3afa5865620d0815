//! What a room's actor has of its room.
//!
//! It must never be handed out after a panic in it.

use crate::base::{
    contained::Panicked,
    refusal::{Code, Refusal},
};

/// What there is of a room.
pub(super) enum State<R> {
    Open(R),
    /// What was kept of it is being asked for: nothing is handled meanwhile.
    Restoring,
    /// What it is made of is being loaded: nothing is handled meanwhile.
    Loading,
    /// Its code panicked, and its state is dropped. Before anything else is handled it is opened
    /// anew, or closed.
    Panicked,
    /// Whatever still comes is refused with this; the actor stops when nothing more can come.
    Closed(Box<Refusal>),
}

impl<R> State<R> {
    /// Closed, and why.
    pub(super) fn closed(refusal: impl Into<Refusal>) -> Self {
        Self::Closed(Box::new(refusal.into()))
    }

    /// The room, or why there is none.
    pub(super) fn room(&mut self) -> Result<&mut R, Refusal> {
        match self {
            Self::Open(room) => Ok(room),
            Self::Restoring | Self::Loading => Err(not_loaded()),
            Self::Panicked => Err(Panicked.into()),
            Self::Closed(refusal) => Err((**refusal).clone()),
        }
    }
}

/// Which of the states that a room has had, one after the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Generation(u32);

impl Generation {
    /// That of the state which comes after.
    pub(in crate::room) fn next(self) -> Self {
        Self(self.0.wrapping_add(1))
    }
}

/// What `open` returns in place of a room that is still to be loaded.
pub(super) fn not_loaded() -> Refusal {
    Refusal::new(Code::Internal, "the room is not loaded")
}
