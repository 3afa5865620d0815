//! What came of an event's sender before the event is handled.
//!
//! It must never be kept: who is a member changes with the next event.

use crate::base::{contained::Contained, number::MembershipNumber};

/// An event whose sender is a member, or need not be.
pub(in crate::room) struct Entered<E> {
    pub(in crate::room) event: Contained<E>,
    /// The sender's membership, if it is a new one.
    pub(in crate::room) joined: Option<MembershipNumber>,
    /// Whether its sender gets what it missed: it has what was before.
    pub(in crate::room) resumed: bool,
}

impl<E> Entered<E> {
    /// Nothing has changed by it.
    pub(super) fn as_before(event: Contained<E>) -> Self {
        Self { event, joined: None, resumed: false }
    }
}
