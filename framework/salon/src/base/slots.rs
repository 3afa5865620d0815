//! How many of something there are of those that there may be.
//!
//! It must never count one that is gone: whoever counts has a place, and gives it back by its drop.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// How many places are taken; shared with each of them.
#[derive(Debug, Default)]
pub(crate) struct Slots(Arc<AtomicUsize>);

/// One of the places.
#[derive(Debug)]
pub(crate) struct Slot(Arc<AtomicUsize>);

impl Slots {
    /// Takes a place, unless `limit` are taken.
    pub(crate) fn take(&self, limit: usize) -> Option<Slot> {
        let more = |taken: usize| (taken < limit).then_some(taken + 1);
        // It guards no other memory.
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok()?;
        Some(Slot(self.0.clone()))
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let before = self.0.fetch_sub(1, Ordering::Relaxed);
        debug_assert!(before > 0, "a slot counts from its taking, and is given back once");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_free_again_when_it_was_given_back_and_not_before() {
        let slots = Slots::default();
        let places: Vec<_> = (0..3).map_while(|_| slots.take(2)).collect();
        assert_eq!(places.len(), 2);
        assert!(slots.take(2).is_none());
        assert!(slots.take(3).is_some(), "it was given back at once");
        drop(places);
        assert!(slots.take(1).is_some());
        assert!(slots.take(0).is_none());
    }
}
