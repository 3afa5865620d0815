//! When the empty rooms of one worker are looked at, to be closed if they are empty still.
//!
//! It must never keep a room, nor take a timer for each: there may be many, and they are idle.

use std::{
    cmp::Ordering,
    collections::BinaryHeap,
    sync::{Arc, Weak},
};

use crate::{clock::Instant, membership::RoomLink};

/// The empty rooms of one worker, by the moment when each is looked at.
#[derive(Default)]
pub(super) struct Lingering(BinaryHeap<Look>);

/// A room to be looked at, and when.
pub(super) struct Look {
    pub(super) at: Instant,
    pub(super) room: Weak<dyn RoomLink>,
}

impl Lingering {
    pub(super) fn add(&mut self, look: Look) {
        if self.0.len() == self.0.capacity() {
            // Rooms may have closed otherwise, long before their time.
            self.0.retain(|look| look.room.strong_count() > 0);
            // An eighth at a time: there may be many.
            self.0.reserve_exact((self.0.len() / 8).max(1));
        }
        self.0.push(look);
    }

    /// When the next one is due.
    pub(super) fn next(&self) -> Option<Instant> {
        self.0.peek().map(|look| look.at)
    }

    /// Takes a room that is due, if there is one.
    pub(super) fn take(&mut self, now: Instant) -> Option<Arc<dyn RoomLink>> {
        while let Some(due) = self.0.peek().filter(|look| look.at <= now) {
            let room = due.room.upgrade();
            self.0.pop();
            if self.0.len() < self.0.capacity() / 4 {
                self.0.shrink_to(self.0.len() * 2);
            }
            if room.is_some() {
                return room;
            }
        }
        None
    }
}

/// The earliest is the greatest: a heap has that one at hand.
impl Ord for Look {
    fn cmp(&self, other: &Self) -> Ordering {
        other.at.cmp(&self.at)
    }
}

impl PartialOrd for Look {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Look {
    fn eq(&self, other: &Self) -> bool {
        self.at == other.at
    }
}

impl Eq for Look {}
