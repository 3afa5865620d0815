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

#[cfg(test)]
mod tests {
    use std::{any::Any, time::Duration};

    use super::*;
    use crate::{
        clock,
        disconnect::DisconnectReason,
        membership::Lapsed,
        number::{RoomNumber, SessionNumber},
    };

    struct Named(&'static str);

    impl RoomLink for Named {
        fn room(&self) -> RoomNumber {
            RoomNumber::next(&0.into())
        }

        fn name(&self) -> &str {
            self.0
        }

        fn key(&self) -> &dyn Any {
            &self.0
        }

        fn is_quiet(&self) -> bool {
            true
        }

        fn look(&self) {}

        fn ended(&self, _: SessionNumber, _: DisconnectReason) {}

        fn lapsed(&self, _: Lapsed) {}
    }

    fn look(name: &'static str, seconds: u64) -> (Arc<dyn RoomLink>, Look) {
        let room: Arc<dyn RoomLink> = Arc::new(Named(name));
        let at = clock::after(Duration::from_secs(seconds));
        let look = Look { at, room: Arc::downgrade(&room) };
        (room, look)
    }

    #[tokio::test(start_paused = true)]
    async fn rooms_are_looked_at_when_they_are_due_and_those_that_have_closed_are_passed_over() {
        let mut lingering = Lingering::default();
        let mut rooms = Vec::new();
        for (name, seconds) in [("b", 2), ("d", 9), ("closed", 1), ("a", 1), ("c", 3)] {
            let (room, look) = look(name, seconds);
            rooms.extend((name != "closed").then_some(room));
            lingering.add(look);
        }
        tokio::time::advance(Duration::from_secs(3)).await;
        for due in ["a", "b", "c"] {
            assert_eq!(lingering.take(clock::now()).unwrap().name(), due);
        }
        assert!(lingering.take(clock::now()).is_none());
        assert_eq!(lingering.next(), Some(clock::after(Duration::from_secs(6))));
    }

    #[tokio::test(start_paused = true)]
    async fn rooms_that_have_closed_long_before_their_time_take_no_more_and_more() {
        let mut lingering = Lingering::default();
        let (_open, first) = look("open", 3_600);
        lingering.add(first);
        for _ in 0..1_000 {
            lingering.add(look("closed", 3_600).1);
        }
        assert!(lingering.0.len() < 10, "{} are kept", lingering.0.len());
        tokio::time::advance(Duration::from_secs(3_600)).await;
        assert_eq!(lingering.take(clock::now()).unwrap().name(), "open");
    }
}
