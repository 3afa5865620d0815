//! A room that is in its directory, and whose actor is on its way to the worker where it is to be.
//!
//! It must never leave the room there: where the actor cannot start any more the room is closed.

use std::{rc::Rc, sync::Arc};

use actix::Context;

use super::{
    acknowledging::patience_of,
    actor::{RoomActor, RoomDirectory},
};
use crate::{
    base::{logged::Logged, turn},
    room::{
        context::RoomContext,
        contract::Room,
        kept::Durable,
        lookup::{Start, Starts},
        membership::{Members, Order},
    },
    store::RoomName,
};

/// A room that has not started. Dropped, it is closed.
struct PendingStart<R: Room> {
    directory: Arc<RoomDirectory<R>>,
    /// Nothing once it has started.
    start: Option<Start<R, RoomActor<R>>>,
}

impl<R: Room> Starts<R> for RoomActor<R> {
    fn start_in(directory: &Arc<RoomDirectory<R>>, start: Start<R, Self>) {
        let shard = start.shard.clone();
        let pending = PendingStart { directory: directory.clone(), start: Some(start) };
        shard.run(move || pending.start());
    }
}

impl<R: Room> PendingStart<R> {
    /// Starts it on this thread's worker.
    fn start(mut self) {
        let Some(Start { link, receiver, shard }) = self.start.take() else { return };
        let directory = self.directory.clone();
        let broadcaster = directory.broadcaster();
        let store = broadcaster.store.as_ref().filter(|_| R::HISTORY.is_durable);
        let durable = store.map(|store| {
            let namespace = directory.shared.namespace.clone();
            let name = RoomName { namespace, name: link.name.clone() };
            Rc::new(Durable::new(store.clone(), name))
        });
        let patience = patience_of::<R>(broadcaster);
        let total = &broadcaster.history;
        let order = Order::begin(R::SEQUENCED, R::HISTORY, total, patience, durable.clone());
        let members = Members::new(link, directory.shared.clone(), order, durable, R::WINDOW);
        let room = RoomActor::new(
            RoomContext::new(members, RoomContext::<R>::new_presence()),
            directory,
            shard.number(),
        );
        turn::start(Context::with_receiver(receiver), room);
    }
}

impl<R: Room> Drop for PendingStart<R> {
    fn drop(&mut self) {
        let Some(Start { link, receiver, .. }) = self.start.take() else { return };
        tracing::debug!(room = %Logged(&link.name), "a room did not start: its worker has ended");
        // First: whoever comes from here on finds that nobody is there, and opens another.
        drop(receiver);
        self.directory.close(&*link);
    }
}
