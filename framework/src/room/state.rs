//! What a room's actor has of its room, and how the room's code is run so that a panic stays in it.
//!
//! It must never let a panic of the room's code out, that of a value being dropped included.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::refusal::Refusal;

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

/// A handler panicked; what it said is in the log by the panic hook.
pub(super) struct Panicked;

impl From<Panicked> for Refusal {
    fn from(_: Panicked) -> Self {
        Self::logged_already()
    }
}

/// Runs code of the room.
pub(super) fn guarded<T>(code: impl FnOnce() -> T) -> Result<T, Panicked> {
    // The room's state is dropped, not used, after a panic in it.
    catch_unwind(AssertUnwindSafe(code)).map_err(|_| Panicked)
}
