//! What all clients have heard and were told, whichever process said it: a recorder outside of all of them.
//!
//! It must never forget: what one process has said the next one may not unsay.

use std::collections::BTreeMap;

/// Of one room.
#[derive(Default)]
pub(crate) struct Ledger {
    epoch: Option<String>,
    /// What was heard, by its number: a text that somebody said, or nothing if it was said by the room.
    heard: BTreeMap<u64, Option<String>>,
    /// What was acknowledged: its number.
    acknowledged: BTreeMap<String, u64>,
}

impl Ledger {
    /// The room's order is that one: it never is another.
    pub(crate) fn is_in(&mut self, epoch: &str) {
        let before = self.epoch.get_or_insert_with(|| epoch.to_owned());
        assert_eq!(before, epoch, "the room goes on in its order");
    }

    /// Somebody has heard that.
    pub(crate) fn hears(&mut self, seq: u64, text: Option<&str>) {
        let before = self.heard.entry(seq).or_insert_with(|| text.map(str::to_owned));
        assert_eq!(before.as_deref(), text, "number {seq} names one event for ever");
    }

    /// Somebody was told that what it said has that number.
    pub(crate) fn acknowledges(&mut self, text: &str, seq: u64) {
        let before = *self.acknowledged.entry(text.to_owned()).or_insert(seq);
        assert_eq!(before, seq, "{text} is answered as before");
    }

    /// Everybody has heard everything: what was acknowledged is there, each was said once, and no number is
    /// missing. How much was said.
    pub(crate) fn check(&self) -> u64 {
        for (text, seq) in &self.acknowledged {
            let heard = self.heard.get(seq).and_then(Option::as_ref);
            assert_eq!(heard, Some(text), "what was acknowledged is there");
        }
        let mut texts: Vec<_> = self.heard.values().flatten().collect();
        let said = texts.len();
        texts.sort_unstable();
        texts.dedup();
        assert_eq!(texts.len(), said, "each was said once");
        let numbers = || self.heard.keys().copied();
        let (first, last) = (numbers().next().unwrap_or(1), numbers().next_back().unwrap_or(0));
        assert!(numbers().eq(first..=last), "no number is missing from {first} to {last}");
        said as u64
    }
}
