//! Since when somebody has been a member of a room, for the first time.
//!
//! It must never grow with all who ever came: who has not come for long is forgotten.

use std::collections::HashMap;

use bytestring::ByteString;

/// How many are known before the oldest half of them is forgotten, half of this at a time.
pub(crate) const MOST_KNOWN: usize = 20_000;

/// The number after which each subject came in first, in two generations.
#[derive(Debug, Default)]
pub(crate) struct KnownSince {
    young: HashMap<ByteString, u64>,
    old: HashMap<ByteString, u64>,
}

impl KnownSince {
    /// Whether that subject has been a member, and is not forgotten.
    pub(crate) fn knows(&self, subject: &ByteString) -> bool {
        self.young.contains_key(subject) || self.old.contains_key(subject)
    }

    /// It has not been one after all.
    pub(crate) fn forget(&mut self, subject: &ByteString) {
        self.young.remove(subject);
        self.old.remove(subject);
    }

    /// Since when that subject has been a member; from now on, after the number `now`, if it comes for the
    /// first time.
    pub(crate) fn since(&mut self, subject: &ByteString, now: u64) -> u64 {
        if let Some(since) = self.young.get(subject) {
            return *since;
        }
        let since = self.old.remove(subject).unwrap_or(now);
        if self.young.len() >= MOST_KNOWN / 2 {
            self.old = std::mem::take(&mut self.young);
        }
        // It may be a part of what its client has presented.
        self.young.insert(ByteString::from(&**subject), since);
        since
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_comes_again_keeps_its_past_and_who_has_not_come_for_long_is_forgotten() {
        let mut known = KnownSince::default();
        let (old, often) = (ByteString::from("old"), ByteString::from("often"));
        assert_eq!((known.since(&old, 3), known.since(&often, 4)), (3, 4));
        assert_eq!(known.since(&old, 9), 3);
        for other in 0..MOST_KNOWN as u64 {
            known.since(&format!("{other}").into(), other);
            assert_eq!(known.since(&often, 9), 4);
        }
        assert!(known.young.len() + known.old.len() <= MOST_KNOWN);
        assert_eq!(known.since(&old, 9), 9);
    }
}
