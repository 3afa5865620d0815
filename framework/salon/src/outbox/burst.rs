//! More than an outbox holds, sent in one turn to a client that reads.
//!
//! It must never let grow what is for a client that does not: what its link has had its turn at and could
//! not take counts as ever.

use super::terms::Terms;

/// How many times what an outbox holds may be sent before its link has its turn: while a handler runs
/// nothing is written, and nobody can tell whether its client reads.
pub(super) const MOST: usize = 4;

/// What is left of a burst: the frames in front. Those of them that are its own, and not what the client
/// catches up on, count apart until they are taken.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Burst {
    /// How many are in front.
    front: usize,
    pub(super) frames: usize,
    pub(super) bytes: usize,
}

impl Burst {
    /// All that waits, each whether it is its own, and its bytes.
    pub(super) fn of(waiting: impl Iterator<Item = (bool, usize)>) -> Self {
        let mut burst = Self::default();
        waiting.for_each(|(is_own, cost)| burst.add(is_own, cost));
        burst
    }

    /// One more is in front of what came later.
    pub(super) fn add(&mut self, is_own: bool, cost: usize) {
        self.front += 1;
        if is_own {
            self.frames += 1;
            self.bytes += cost;
        }
    }

    /// The frame in front is taken.
    pub(super) fn take(&mut self, is_own: bool, cost: usize) {
        if self.front > 0 {
            self.front -= 1;
            if is_own {
                self.frames -= 1;
                self.bytes -= cost;
            }
        }
    }

    /// How many frames are in front.
    pub(super) fn front(&self) -> usize {
        self.front
    }

    /// Whether it is more than an outbox holds.
    pub(super) fn is_more(&self, terms: &Terms) -> bool {
        self.frames > terms.max_frames || self.bytes > terms.max_bytes
    }
}
