//! How a connection comes by what its client has missed, and has a place for the word about it.
//!
//! It must never have an outbox overflow: what is told may wait, and what is reliable comes first.

use super::{missed::ToTell, not_queued::NotQueued, queue::Outbox, state::State};
use crate::{
    base::sync::MutexGuard,
    message::{Publication, Topic},
};

impl Outbox {
    /// Takes what its client has missed, for it to be told.
    pub(crate) fn take_missed(&self) -> ToTell {
        let mut state = self.lock();
        let is_busy = !state.frames.is_empty();
        let Some(rare) = &mut state.rare else { return ToTell::Nothing };
        match &mut rare.missed {
            Some(missed) if !missed.is_empty() && is_busy => ToTell::Later,
            Some(missed) if !missed.is_empty() => ToTell::Counts(missed.take()),
            _ => {
                rare.missed = None;
                state.drop_rare();
                ToTell::Nothing
            }
        }
    }

    /// What its client has missed was not told.
    pub(crate) fn put_back_missed(&self, topic: Topic, count: u64) {
        let mut state = self.lock();
        if state.closed.is_none() {
            state.rare.get_or_insert_default().missed.get_or_insert_default().add(topic, count);
        }
    }

    /// Queues a publication if it has a place. If not, nothing ends.
    ///
    /// # Errors
    /// [`NotQueued`] says why it was not queued.
    pub(crate) fn offer(&self, publication: &Publication) -> Result<(), NotQueued> {
        let (state, cost) = self.open_for(publication)?;
        if !state.admits(publication, cost, &self.terms) {
            return Err(NotQueued::Overflow { bytes: state.bytes, frames: state.frames.len() });
        }
        self.queue(state, publication, cost, None)
    }

    /// What is under its lock, and how many bytes a publication counts there that may be queued.
    ///
    /// # Errors
    /// [`NotQueued`] says why it may not.
    pub(super) fn open_for(
        &self,
        publication: &Publication,
    ) -> Result<(MutexGuard<'_, State>, usize), NotQueued> {
        let form = self.terms.form(publication);
        if form.is_nothing() {
            return Err(NotQueued::Unserializable);
        }
        let state = self.lock();
        if state.closed.is_some() {
            return Err(NotQueued::Closed);
        }
        if state.suppresses(publication) {
            return Err(NotQueued::Lapsed);
        }
        Ok((state, form.cost()))
    }
}
