//! Tables that have become much too large for what is in them.
//!
//! It must never cost more than what it took to fill them: memory is given back in steps, each of
//! which halves a table at least.

use std::{
    collections::{HashMap, VecDeque},
    hash::{BuildHasher, Hash},
};

use hashbrown::HashTable;
use indexmap::IndexSet;

/// Entries that are never worth a step.
const FEW: usize = 64;

/// What keeps room for as much as it has ever had, unless it is told to shed it.
pub(crate) trait Slack {
    /// Gives memory back if there is room for far more than there is; for each that is removed.
    fn shed(&mut self);
}

/// What to shrink to, if it is time.
fn step(len: usize, capacity: usize) -> Option<usize> {
    (capacity > FEW && len < capacity / 8).then_some((len * 2).max(FEW / 2))
}

impl<K: Eq + Hash, V, S: BuildHasher> Slack for HashMap<K, V, S> {
    fn shed(&mut self) {
        if let Some(least) = step(self.len(), self.capacity()) {
            self.shrink_to(least);
        }
    }
}

impl<T: Eq + Hash, S: BuildHasher> Slack for hashbrown::HashSet<T, S> {
    fn shed(&mut self) {
        if let Some(least) = step(self.len(), self.capacity()) {
            self.shrink_to(least);
        }
    }
}

impl<T: Eq + Hash, S: BuildHasher> Slack for IndexSet<T, S> {
    fn shed(&mut self) {
        if let Some(least) = step(self.len(), self.capacity()) {
            self.shrink_to(least);
        }
    }
}

/// As [`Slack::shed`], for a table that does not know the hashes of what is in it.
pub(crate) fn shed<T>(table: &mut HashTable<T>, hash: impl Fn(&T) -> u64) {
    if let Some(least) = step(table.len(), table.capacity()) {
        table.shrink_to(least, hash);
    }
}

impl<T> Slack for VecDeque<T> {
    fn shed(&mut self) {
        if let Some(least) = step(self.len(), self.capacity()) {
            self.shrink_to(least);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_never_much_larger_than_what_is_in_it_and_seldom_moved() {
        let mut table: HashMap<u32, u32> = (0..100_000).map(|number| (number, number)).collect();
        let (mut steps, mut capacity) = (0, table.capacity());
        for number in 0..100_000 {
            table.remove(&number);
            table.shed();
            assert!(table.capacity() <= (table.len() * 8 + 8).max(FEW * 2), "{}", table.len());
            // Less by one is a place that a table cannot use again before it is moved.
            steps += usize::from(table.capacity() + 1 < capacity);
            capacity = table.capacity();
        }
        assert!((1..20).contains(&steps), "{steps} steps");
        assert!(capacity <= FEW * 2, "{capacity}");
    }

    #[test]
    fn each_kind_of_table_sheds() {
        let mut set: IndexSet<u32> = (0..10_000).collect();
        let mut rooms = HashTable::new();
        for number in 0..10_000_u64 {
            rooms.insert_unique(number, number, |number| *number);
        }
        let mut queue: VecDeque<u32> = (0..10_000).collect();
        for number in 0..10_000 {
            queue.pop_front();
            queue.shed();
            set.swap_remove(&number);
            set.shed();
            let place = rooms.find_entry(number.into(), |other| *other == u64::from(number));
            place.expect("it is there").remove();
            shed(&mut rooms, |number| *number);
        }
        let left = [set.capacity(), rooms.capacity(), queue.capacity()];
        assert!(left.iter().all(|left| *left <= FEW * 2), "{left:?}");
    }
}
