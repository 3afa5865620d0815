//! What two threads tell a shard, and the shard that comes for it, in every order.

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
            thread::spawn(move || tell(&inbox, &messages, Command::CloseRoom { room, log: None }))
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
