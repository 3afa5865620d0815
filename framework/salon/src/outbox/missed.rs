//! What a client has missed of events that are `drop`: how many of each, until it is told.
//!
//! It must never be told by an outbox: what tells it is written, and no parser runs under a lock.

use std::collections::HashMap;

use crate::message::Topic;

/// How many of each were dropped since it was told last.
///
/// It is there from the first on, which its connection hears of, until that finds nothing: so it is told
/// at most as often as its connection looks.
#[derive(Debug, Default)]
pub(super) struct Missed(HashMap<Topic, u64>);

/// What there is to be told.
#[derive(Debug)]
pub(crate) enum ToTell {
    /// Nothing, and its connection hears when there is.
    Nothing,
    /// Nothing now: something that is reliable waits, to which this is to add nothing.
    Later,
    /// So many of each.
    Counts(Vec<(Topic, u64)>),
}

impl Missed {
    /// Some more were dropped.
    pub(super) fn add(&mut self, topic: Topic, count: u64) {
        *self.0.entry(topic).or_default() += count;
    }

    /// Whether nothing was.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes what is to be told.
    pub(super) fn take(&mut self) -> Vec<(Topic, u64)> {
        std::mem::take(&mut self.0).into_iter().collect()
    }

    /// Some are told no more: their session has ended, or is no member of their room.
    pub(super) fn forget(&mut self, which: impl Fn(&Topic) -> bool) {
        self.0.retain(|topic, _| !which(topic));
    }
}
