//! Both contracts, and what has changed from one to the other.

use super::Change;
use crate::document::Document;

/// Both contracts, and what has changed so far.
pub(super) struct Both<'a, 'c> {
    pub(super) old: &'a Document,
    pub(super) new: &'a Document,
    pub(super) namespace: &'a str,
    pub(super) changes: &'c mut Vec<Change>,
}

impl Both<'_, '_> {
    /// Something about an event or a room.
    pub(super) fn push(&mut self, breaking: bool, at: &str, what: &str) {
        self.changes.push(Change { breaking, at: at.to_owned(), what: what.to_owned() });
    }

    /// What an event is called, with its namespace if it is not the main one.
    pub(super) fn named(&self, name: &str) -> String {
        match self.namespace {
            "/" => format!("{name:?}"),
            other => format!("{name:?} of {other:?}"),
        }
    }
}
