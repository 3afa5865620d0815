//! What a shard has been told and has not done yet, in the order in which it was told.
//!
//! It must never wait: whoever tells it something goes on.

use std::sync::PoisonError;

use super::command::Command;
use crate::base::sync::{Mutex, MutexGuard};

/// The commands that wait for a shard, from all threads: its own as well, if something is before them.
#[derive(Default)]
pub(super) struct Inbox(Mutex<State>);

#[derive(Default)]
struct State {
    commands: Vec<Command>,
    /// Whether its shard has been told that there are some, and has not come yet.
    is_told: bool,
    /// Whether its shard is no more, and nothing is kept for it.
    is_closed: bool,
}

impl Inbox {
    /// Nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.lock().commands.is_empty()
    }

    /// Adds one behind the others.
    pub(super) fn push(&self, command: Command) {
        let mut state = self.lock();
        if !state.is_closed {
            state.commands.push(command);
        }
    }

    /// Whether its shard is to be told, and does not know: that is up to whoever asks.
    pub(super) fn is_news(&self) -> bool {
        let mut state = self.lock();
        !state.commands.is_empty() && !std::mem::replace(&mut state.is_told, true)
    }

    /// Its shard has come, and takes all of them.
    pub(super) fn take(&self) -> Vec<Command> {
        let mut state = self.lock();
        state.is_told = false;
        std::mem::take(&mut state.commands)
    }

    /// Its shard is no more: what waits for it is dropped, as is all that comes.
    pub(super) fn close(&self) {
        self.lock().is_closed = true;
        drop(self.take());
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that runs under the lock leaves the state half-changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(all(test, salon_loom))]
mod models;
