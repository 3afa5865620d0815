//! How a link takes what it writes out of an outbox.
//!
//! It must never let two links write for one connection: each is told when another takes over.

use super::{control::Control, terms::Terms};
use crate::{
    base::disconnect::DisconnectReason,
    message::{Form, Publication},
};

/// Which of the links that one connection has had.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LinkNumber(u32);

impl LinkNumber {
    /// The link that a connection has from its start: all polls of one that began with polling.
    pub(crate) const FIRST: Self = Self(0);

    /// The one after it.
    pub(super) fn next(self) -> Self {
        Self(self.0.wrapping_add(1))
    }
}

/// What a link found when it drained the outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Drained {
    /// Something was handed to the sink; there may be more by the next call.
    Something,
    /// Everything was handed to the sink, and its link waits for more.
    Everything,
    /// Another link has taken over: this one writes no more.
    Replaced,
    /// Everything was written and the connection is at its end: the link closes.
    Closed(DisconnectReason),
}

/// What waits for a link, in order, each as this connection's client reads it: what is reliable; and once
/// nothing of that waits, what the client may miss.
#[derive(Clone, Copy)]
pub(crate) struct Frames<'a> {
    waiting: &'a [Publication],
    terms: &'a Terms,
}

impl<'a> Frames<'a> {
    pub(super) fn new(waiting: &'a [Publication], terms: &'a Terms) -> Self {
        Self { waiting, terms }
    }

    /// How many there are.
    pub(crate) fn len(self) -> usize {
        self.waiting.len()
    }

    /// They, from the front.
    pub(crate) fn iter(self) -> impl Iterator<Item = &'a Form> {
        self.waiting.iter().map(move |frame| self.terms.form(frame))
    }
}

/// Where a link wants what is going out.
pub(crate) trait Sink {
    /// Whether its link goes on waiting once the sink has taken everything, without another call.
    const STAYS: bool = false;

    /// Something to tell beside the frames, and ahead of them.
    fn control(&mut self, control: Control);
    /// Takes frames from the front, after what overtakes them, and says how many. What is left stays
    /// queued: it counts, and can still be revoked.
    fn frames(&mut self, frames: Frames<'_>) -> usize;
}
