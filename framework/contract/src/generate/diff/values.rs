//! Two values of one event, and what was found to have changed in them.
//!
//! It must not compare anything itself: what it is told of it compares later, one after the other.

use std::collections::{BTreeSet, VecDeque};

use serde_json::Value;

use super::{Change, Course, Reader, parts::Parts};
use crate::document::Document;

/// The pairs that were spoken of.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) schemas: BTreeSet<(usize, usize)>,
    /// Of what a schema admits: one type may be named by itself, and as something that may be missing.
    objects: BTreeSet<[Vec<usize>; 2]>,
}

impl Seen {
    pub(super) fn is_new(&mut self, old: &Parts<'_>, new: &Parts<'_>) -> bool {
        let identity = |parts: &Parts<'_>| {
            // What only names others says nothing itself.
            let parts = parts.iter().filter(|part| part.contains_key("type"));
            parts.map(|part| std::ptr::from_ref(*part).addr()).collect()
        };
        let both: [Vec<usize>; 2] = [identity(old), identity(new)];
        both.iter().any(Vec::is_empty) || self.objects.insert(both)
    }
}

/// Compares what one side of an event may be.
pub(super) struct Values<'a, 'c> {
    pub(super) old: &'a Document,
    pub(super) new: &'a Document,
    pub(super) reader: Reader,
    /// The event, and which side of it.
    pub(super) at: String,
    pub(super) changes: &'c mut Vec<Change>,
    pub(super) seen: Seen,
    /// What was found in these values, and is still to be compared: where, and both schemas.
    pub(super) next: VecDeque<(String, &'a Value, &'a Value)>,
}

impl<'a> Values<'a, '_> {
    /// What was found in these values is to be compared as well; `path` is where it is.
    pub(super) fn compare(&mut self, path: &str, old: &'a Value, new: &'a Value) {
        self.next.push_back((path.to_owned(), old, new));
    }

    /// A change, which breaks by its course; then `why` is said.
    pub(super) fn say(&mut self, path: &str, course: Course, words: &str, why: &str) {
        if course.breaks(self.reader) {
            self.push(true, path, &format!("{words}: {why}"));
        } else {
            self.push(false, path, words);
        }
    }

    /// A change that nobody minds.
    pub(super) fn harmless(&mut self, path: &str, words: &str) {
        self.push(false, path, words);
    }

    pub(super) fn push(&mut self, breaking: bool, path: &str, words: &str) {
        let what = if path.is_empty() { "it".to_owned() } else { format!("`{path}`") };
        let change = Change { breaking, at: self.at.clone(), what: format!("{what} {words}") };
        self.changes.push(change);
    }
}
