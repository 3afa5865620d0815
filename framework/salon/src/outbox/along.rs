//! What is volatile, and goes out with others that were said at the same moment.
//!
//! It must never have a place that something else needs, nor come before what its client is still to read.

use super::{not_queued::NotQueued, queue::Outbox};
use crate::message::Publication;

impl Outbox {
    /// Whether its link waits, and nothing for that.
    pub(crate) fn is_writable(&self) -> bool {
        self.lock().is_writable()
    }

    /// Queues what is volatile, behind others of one moment: at its beginning the client could take it.
    ///
    /// # Errors
    /// [`NotQueued`] says why it was not queued.
    pub(crate) fn push_along(&self, publication: &Publication) -> Result<(), NotQueued> {
        let (state, cost) = self.open_for(publication)?;
        let is_early = publication.room().is_some_and(|room| state.is_behind_in(room));
        if is_early || !state.admits(publication, cost, &self.terms) {
            return Err(NotQueued::NotWritable);
        }
        self.queue(state, publication, cost, None)
    }
}
