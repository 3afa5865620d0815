//! What a room's actor has of its room.
//!
//! It must never be handed out after a panic in it.

use crate::base::{contained::Panicked, refusal::Refusal};

/// What there is of a room.
pub(super) enum State<R> {
    Open(R),
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
            Self::Panicked => Err(Panicked.into()),
            Self::Closed(refusal) => Err((**refusal).clone()),
        }
    }
}
