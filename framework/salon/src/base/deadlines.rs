//! What is due at a moment of its own, on one worker: the first is at hand.
//!
//! It must never take a timer for each: there may be as many as connections or rooms, and most are
//! idle. It keeps no time either: who has it wakes itself for the next.

use std::{cmp::Ordering, collections::BinaryHeap};

use super::clock::Instant;

/// Things by the moment when each is due.
pub(crate) struct Deadlines<T>(BinaryHeap<Deadline<T>>);

struct Deadline<T> {
    at: Instant,
    of: T,
}

impl<T> Deadlines<T> {
    /// Something is due then. What is there may be of no interest long before its time: what
    /// `is_kept` does not want is let go before more memory is taken.
    pub(crate) fn add(&mut self, at: Instant, of: T, is_kept: impl Fn(&T) -> bool) {
        if self.0.len() == self.0.capacity() {
            self.0.retain(|deadline| is_kept(&deadline.of));
            // An eighth at a time: there may be many. Also where some were let go, so that so many
            // more come before all are looked at again.
            self.0.reserve_exact((self.0.len() / 8).max(1));
        }
        self.0.push(Deadline { at, of });
    }

    /// All of them, whenever they are due.
    pub(crate) fn into_all(self) -> impl Iterator<Item = T> {
        self.0.into_iter().map(|deadline| deadline.of)
    }

    /// When the next one is due.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.0.peek().map(|deadline| deadline.at)
    }

    /// Takes one that is due, if there is one.
    pub(crate) fn take(&mut self, now: Instant) -> Option<T> {
        self.next().filter(|at| *at <= now)?;
        let deadline = self.0.pop();
        if self.0.len() < self.0.capacity() / 4 {
            self.0.shrink_to(self.0.len() * 2);
        }
        deadline.map(|deadline| deadline.of)
    }
}

impl<T> Default for Deadlines<T> {
    fn default() -> Self {
        Self(BinaryHeap::new())
    }
}

/// The earliest is the greatest: a heap has that one at hand.
impl<T> Ord for Deadline<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        other.at.cmp(&self.at)
    }
}

impl<T> PartialOrd for Deadline<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> PartialEq for Deadline<T> {
    fn eq(&self, other: &Self) -> bool {
        self.at == other.at
    }
}

impl<T> Eq for Deadline<T> {}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, time::Duration};

    use super::*;
    use crate::base::clock;

    #[tokio::test(start_paused = true)]
    async fn what_is_due_comes_by_its_moment_and_nothing_before() {
        let mut deadlines = Deadlines::default();
        for (name, seconds) in [("b", 2), ("d", 9), ("a", 1), ("c", 3)] {
            deadlines.add(clock::after(Duration::from_secs(seconds)), name, |_| true);
        }
        assert_eq!(deadlines.take(clock::now()), None);
        tokio::time::advance(Duration::from_secs(3)).await;
        for due in ["a", "b", "c"] {
            assert_eq!(deadlines.take(clock::now()), Some(due));
        }
        assert_eq!(deadlines.take(clock::now()), None);
        assert_eq!(deadlines.next(), Some(clock::after(Duration::from_secs(6))));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_of_no_interest_any_more_takes_no_more_and_more() {
        let mut deadlines = Deadlines::default();
        let later = clock::after(Duration::from_secs(3_600));
        deadlines.add(later, "kept", |_| true);
        for _ in 0..1_000 {
            deadlines.add(later, "gone", |name| *name == "kept");
        }
        assert!(deadlines.0.len() < 10, "{} are kept", deadlines.0.len());
    }

    #[tokio::test(start_paused = true)]
    async fn all_are_not_looked_at_for_each_that_comes_in_the_place_of_another() {
        let (mut deadlines, looks) = (Deadlines::default(), Cell::new(0_u32));
        let mut add = |number: u32, gone: u32| {
            deadlines.add(clock::after(Duration::from_secs(3_600)), number, |number| {
                looks.set(looks.get() + 1);
                *number >= gone
            });
        };
        (0..1_000).for_each(|number| add(number, 0));
        looks.set(0);
        (1_000..2_000).for_each(|number| add(number, number - 999));
        assert!(looks.get() < 20_000, "{} looks", looks.get());
    }
}
