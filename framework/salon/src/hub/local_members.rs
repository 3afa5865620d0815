//! The sessions of one room on one worker.
//!
//! It must stay small: there is one for each room, and an entry for each membership.

use std::sync::Arc;

use crate::{base::number::SessionNumber, session::handle::SessionHandle};

/// Sessions in the order in which they began, so that a delivery goes through them in an order that
/// depends on nothing else. One is found by halving; who came last is put at the end.
#[derive(Default)]
pub(crate) struct LocalMembers(Vec<(SessionNumber, Arc<SessionHandle>)>);

impl LocalMembers {
    /// Takes a session in; false if it was there.
    pub(crate) fn insert(&mut self, handle: Arc<SessionHandle>) -> bool {
        match self.find(handle.number) {
            Ok(index) => {
                self.0[index].1 = handle;
                false
            }
            Err(index) => {
                if self.0.is_empty() {
                    // Most rooms are small.
                    self.0.reserve_exact(1);
                }
                self.0.insert(index, (handle.number, handle));
                true
            }
        }
    }

    /// Lets a session go, if it is there.
    pub(crate) fn remove(&mut self, session: SessionNumber) -> Option<Arc<SessionHandle>> {
        let (_, handle) = self.0.remove(self.find(session).ok()?);
        if self.0.len() < self.0.capacity() / 4 {
            self.0.shrink_to(self.0.len() * 2);
        }
        Some(handle)
    }

    pub(crate) fn contains(&self, session: SessionNumber) -> bool {
        self.find(session).is_ok()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<SessionHandle>> {
        self.0.iter().map(|(_, handle)| handle)
    }

    fn find(&self, session: SessionNumber) -> Result<usize, usize> {
        self.0.binary_search_by_key(&session, |(number, _)| *number)
    }
}
