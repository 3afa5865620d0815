//! The sessions that one client has, and those that it is about to have.
//!
//! It must never take room for what most clients do not have: more than one, or one that is waited for.

use smallvec::SmallVec;

use super::{connecting::Connecting, open_session::OpenSession};
use crate::{
    base::{allowance::Allowance, number::SessionNumber},
    protocol::OpenSessions,
};

/// The sessions of one client.
#[derive(Default)]
pub(super) struct SessionTable {
    /// In place: most clients have one for good.
    pub(super) open: SmallVec<[OpenSession; 1]>,
    pub(super) allowance: Allowance,
    pub(super) connecting: Connecting,
}

impl SessionTable {
    /// The place of the session of that number.
    pub(super) fn index(&self, number: SessionNumber) -> Option<usize> {
        self.open.iter().position(|session| session.number() == number)
    }

    /// All that are open, in the order in which they began, for them to be ended.
    pub(super) fn take_all(&mut self) -> SmallVec<[OpenSession; 1]> {
        let mut open = std::mem::take(&mut self.open);
        open.sort_by_key(OpenSession::number);
        open
    }
}

impl OpenSessions for SessionTable {
    fn find(&self, namespace: &str) -> Option<usize> {
        self.open.iter().position(|session| session.handle.namespace == namespace)
    }
}
