//! What has become of an event when its turn in a room is over.
//!
//! It must never hold anything but that: what is told its sender is for the mailbox.

use crate::{
    base::{number::MembershipNumber, refusal::Refusal},
    once::{Answered, First, Run},
    room::lookup::ReturnPath,
};

/// An event whose turn is over.
pub(super) struct Handled<T> {
    pub(super) outcome: Outcome<T>,
    pub(super) return_path: ReturnPath,
    /// The sender's membership, if it has become a member by it.
    pub(super) joined: Option<MembershipNumber>,
}

/// What has become of it.
pub(super) enum Outcome<T> {
    /// Its handler has run: what that returned, and who is to be told of it.
    Ran(Result<T, Refusal>, Run),
    /// Its handler has not.
    Unhandled(Unhandled),
}

/// What an event is answered whose handler has not run.
pub(super) enum Unhandled {
    /// A refusal; or it came before, and this is what it was answered.
    Answered(Answered),
    /// It came before, and that is handled still.
    Waits(First),
}

impl From<Refusal> for Unhandled {
    fn from(refusal: Refusal) -> Self {
        Self::Answered(Err(refusal))
    }
}
