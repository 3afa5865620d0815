//! More than an outbox holds, sent in one turn to a client that reads.
//!
//! It must never let grow what is for a client that does not: what its link has had its turn at and could
//! not take counts as ever.

use super::terms::Terms;

/// How many times what an outbox holds may be sent before its link has its turn: while a handler runs
/// nothing is written, and nobody can tell whether its client reads.
pub(super) const MOST: usize = 4;

/// What is left of a burst: the frames in front. They count apart until they are taken.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Burst {
    pub(super) frames: usize,
    pub(super) bytes: usize,
}

impl Burst {
    /// What waits when a link has had its turn at it for the first time, if that is more than an outbox
    /// holds.
    pub(super) fn of(frames: usize, bytes: usize, terms: &Terms) -> Option<Self> {
        let is_more = frames > terms.max_frames || bytes > terms.max_bytes;
        is_more.then_some(Self { frames, bytes })
    }

    /// The frame in front is taken.
    pub(super) fn take(&mut self, cost: usize) {
        if self.frames > 0 {
            self.frames -= 1;
            self.bytes -= cost;
        }
    }
}
