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
mod models {
    use std::sync::Arc;

    use loom::{model, thread};

    use super::*;
    use crate::base::{
        room_id::RoomIds,
        sync::atomic::{AtomicU32, Ordering},
    };

    /// Tells a shard something, as another thread does: with a message unless one is under way.
    fn tell(inbox: &Inbox, messages: &AtomicU32, command: Command) {
        inbox.push(command);
        if inbox.is_news() {
            messages.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// Takes what waits if there is a message.
    fn come(inbox: &Inbox, messages: &AtomicU32) -> usize {
        let is_told = messages.load(Ordering::SeqCst) > 0;
        if is_told {
            messages.fetch_sub(1, Ordering::SeqCst);
        }
        if is_told { inbox.take().len() } else { 0 }
    }

    #[test]
    fn of_what_two_threads_tell_nothing_waits_for_which_there_is_no_message() {
        let room = RoomIds::draw().next().0;
        model(move || {
            let (inbox, messages) = (Arc::new(Inbox::default()), Arc::new(AtomicU32::new(0)));
            let telling = [0, 1].map(|_| {
                let (inbox, messages) = (inbox.clone(), messages.clone());
                thread::spawn(move || tell(&inbox, &messages, Command::CloseRoom { room }))
            });
            // The shard comes for a message, and by a call of its own thread without one.
            let mut taken = come(&inbox, &messages) + inbox.take().len();
            telling.into_iter().for_each(|thread| thread.join().unwrap());
            while messages.load(Ordering::SeqCst) > 0 {
                taken += come(&inbox, &messages);
            }
            assert_eq!(taken, 2);
            assert!(inbox.is_empty());
        });
    }
}
