//! Whether one more frame is not too many: what counts against the limits of an outbox.
//!
//! It must never let grow what is for a client that does not read.

use super::{burst, catching_up::CatchingUp, state::State, terms::Terms};
use crate::message::Publication;

impl State {
    /// Whether there is nothing of what few connections have.
    #[inline]
    pub(super) fn is_plain(&self) -> bool {
        self.rare.is_none()
    }

    /// As [`admits`](Self::admits), where there is nothing of what few connections have.
    #[inline]
    pub(super) fn admits_plainly(
        &self,
        publication: &Publication,
        cost: usize,
        terms: &Terms,
    ) -> bool {
        debug_assert!(self.is_plain(), "all that waits counts alike");
        self.fits_beside((self.frames.len(), self.bytes), publication, cost, terms)
    }

    fn fits_beside(
        &self,
        (frames, bytes): (usize, usize),
        publication: &Publication,
        cost: usize,
        terms: &Terms,
    ) -> bool {
        let (times, is_alone) = (self.times(), frames == 0);
        let (mut most_frames, mut most_bytes) =
            (terms.max_frames.saturating_mul(times), terms.max_bytes.saturating_mul(times));
        if publication.kept().is_some_and(|kept| !kept.closes) {
            // What can be read again leaves a quarter to what cannot: that would end the connection.
            (most_frames, most_bytes) =
                (most_frames - most_frames / 4, most_bytes - most_bytes / 4);
        }
        frames < most_frames && (is_alone || bytes + cost <= most_bytes)
    }

    /// Whether one more frame is not too many. A single one over the limit is let through an empty
    /// outbox: refusing it would close every member of a room for what one handler sent.
    pub(super) fn admits(&self, publication: &Publication, cost: usize, terms: &Terms) -> bool {
        if let Some(catching_up) = self.catching_up()
            && CatchingUp::counts(publication)
        {
            return self.frames.is_empty() || catching_up.admits(publication, terms);
        }
        self.fits_beside(self.own(), publication, cost, terms)
    }

    /// How many times what an outbox holds may wait now.
    pub(super) fn times(&self) -> usize {
        if self.is_fresh { burst::MOST } else { 1 }
    }

    /// How many frames count against the limits, and their bytes: all that are reliable, but for what it
    /// catches up on, or for what is left of a burst.
    pub(super) fn own(&self) -> (usize, usize) {
        let kept = self.catching_up().map_or((0, 0), |kept| (kept.frames, kept.bytes));
        let burst = self.burst().map_or((0, 0), |burst| (burst.frames, burst.bytes));
        (self.frames.len() - kept.0 - burst.0, self.bytes - kept.1 - burst.1)
    }

    /// Whether a frame counts as its own, and not as what it catches up on.
    pub(super) fn is_own(&self, frame: &Publication) -> bool {
        self.catching_up().is_none() || !CatchingUp::counts(frame)
    }
}
