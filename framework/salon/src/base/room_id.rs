//! Which room something is about, in this process and in any other.
//!
//! It must never tell how many rooms there have been: the first is drawn.

use std::sync::atomic::{AtomicU64, Ordering};

use super::random;

/// A room from its opening to its end. One that is opened by the same key later has another, so that what
/// is under way to the former never reaches the latter; and so has each room of any other process, but for
/// the chance that two of 2^64 numbers drawn are close. Clients know rooms by their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct RoomId(u64);

/// Gives the rooms of one Salon their ids.
pub(crate) struct RoomIds {
    first: u64,
    given: AtomicU64,
}

impl RoomIds {
    /// Of which nobody knows the first.
    pub(crate) fn draw() -> Self {
        let mut first = [0; 8];
        if let Err(error) = random::fill(&mut first) {
            tracing::error!(%error, "the operating system gives no random bytes for the ids of rooms");
        }
        Self { first: u64::from_le_bytes(first), given: AtomicU64::new(0) }
    }

    /// The next one, and how many were given before.
    pub(crate) fn next(&self) -> (RoomId, u64) {
        // Told apart is all that they are to be; nothing else is published by this.
        let before = self.given.fetch_add(1, Ordering::Relaxed);
        (RoomId(self.first.wrapping_add(before)), before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_rooms_have_one_id_whichever_salon_they_are_of() {
        let (ids, others) = (RoomIds::draw(), RoomIds::draw());
        let drawn = [ids.next(), ids.next(), others.next()];
        assert_eq!(drawn.map(|(_, before)| before), [0, 1, 0]);
        let [first, second, other] = drawn.map(|(id, _)| id);
        assert!(first != second && first != other && second != other);
    }
}
