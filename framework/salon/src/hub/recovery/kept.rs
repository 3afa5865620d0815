//! What was published, and is kept for sessions that come back.

use std::{collections::VecDeque, time::Duration};

use super::{floors::Floors, recipient::Recipient};
use crate::{
    base::clock::{self, Instant},
    hub::target::Target,
    message::Publication,
};

/// How much is kept at most.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) window: Duration,
    pub(super) publications: usize,
    pub(super) bytes: usize,
    /// For how many it is remembered apart that something is gone.
    pub(super) floors: usize,
}

/// What is kept, in the order of its numbers.
#[derive(Default)]
pub(super) struct Kept {
    /// The last number that was given.
    pub(super) last: u64,
    all: VecDeque<One>,
    bytes: usize,
    pub(super) floors: Floors,
}

struct One {
    until: Instant,
    target: Target,
    publication: Publication,
}

impl Kept {
    /// Keeps what has the number after the last.
    pub(super) fn push(&mut self, target: Target, publication: Publication, bounds: &Bounds) {
        debug_assert_eq!(publication.number(), self.last + 1, "no number is left out");
        self.last += 1;
        self.bytes += publication.size();
        let until = clock::after(bounds.window);
        self.all.push_back(One { until, target: target.for_later(), publication });
        self.drop_expired(clock::now(), bounds);
        while self.all.len() > bounds.publications || self.bytes > bounds.bytes {
            self.drop_oldest(bounds);
        }
    }

    /// Those behind a number that are for that session.
    pub(super) fn after(&self, number: u64, recipient: &Recipient) -> Vec<Publication> {
        // They are without gaps: whoever is up to date looks at none of them.
        let behind = usize::try_from(self.last.saturating_sub(number)).unwrap_or(usize::MAX);
        let missed = self.all.iter().skip(self.all.len().saturating_sub(behind));
        let theirs = missed.filter(|one| recipient.is_meant(&one.target));
        theirs.map(|one| one.publication.clone()).collect()
    }

    pub(super) fn drop_expired(&mut self, now: Instant, bounds: &Bounds) {
        while self.all.front().is_some_and(|one| one.until <= now) {
            self.drop_oldest(bounds);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    fn drop_oldest(&mut self, bounds: &Bounds) {
        let Some(One { target, publication, .. }) = self.all.pop_front() else { return };
        self.bytes -= publication.size();
        debug_assert!(!self.all.is_empty() || self.bytes == 0, "what is kept is what is counted");
        self.floors.raise(target, publication.number(), bounds.floors);
    }

    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }
}
