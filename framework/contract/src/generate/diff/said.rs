//! What is said of one side of an event.
//!
//! It must name the place of each change, and say why it breaks only if it does.

use super::change::{Change, Course, Reader};

/// What is said so far.
pub(super) struct Said<'c> {
    pub(super) reader: Reader,
    /// The event, and which side of it.
    pub(super) at: String,
    pub(super) changes: &'c mut Vec<Change>,
}

impl Said<'_> {
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

    /// A change at that place.
    pub(super) fn push(&mut self, breaking: bool, path: &str, words: &str) {
        let what = if path.is_empty() { "it".to_owned() } else { format!("`{path}`") };
        let change = Change { breaking, at: self.at.clone(), what: format!("{what} {words}") };
        self.changes.push(change);
    }
}
