//! A room that is in its directory, and whose actor is on its way to the worker where it is to be.
//!
//! It must never leave the room there: where the actor cannot start any more the room is closed.

use std::sync::Arc;

use actix::{Context, dev::channel::AddressReceiver};

use super::{
    Directory, Room, actor::RoomActor, context::RoomContext, link::Link, members::Members,
    order::Order,
};
use crate::{
    base::{
        logged::Logged,
        meter::{Count, Meter},
        number::ShardNumber,
        turn,
    },
    hub::ShardHandle,
};

/// A room that has not started. Dropped, it is closed.
struct PendingStart<R: Room>(Option<Parts<R>>);

/// What the actor is made of.
struct Parts<R: Room> {
    directory: Arc<Directory<R>>,
    link: Arc<Link<R>>,
    receiver: AddressReceiver<RoomActor<R>>,
    shard: ShardNumber,
}

impl<R: Room> Directory<R> {
    /// Starts the actor of a room on its worker. The directory is not to be locked: a worker that has
    /// ended drops at once what it is to run.
    pub(super) fn start(
        self: &Arc<Self>,
        link: &Arc<Link<R>>,
        receiver: AddressReceiver<RoomActor<R>>,
        shard: &ShardHandle,
    ) {
        self.shared.broadcaster.counters.one(Count::RoomsOpened);
        let (directory, link) = (self.clone(), link.clone());
        let parts = Parts { directory, link, receiver, shard: shard.number() };
        let pending = PendingStart(Some(parts));
        shard.run(move || pending.start());
    }
}

impl<R: Room> PendingStart<R> {
    /// Starts it on this thread's worker.
    fn start(mut self) {
        let Some(Parts { directory, link, receiver, shard }) = self.0.take() else {
            return;
        };
        let members = Members::new(link, directory.shared.clone(), Order::begin(R::SEQUENCED));
        let room = RoomActor::new(RoomContext::new(members), directory, shard);
        turn::start(Context::with_receiver(receiver), room);
    }
}

impl<R: Room> Drop for PendingStart<R> {
    fn drop(&mut self) {
        let Some(Parts { directory, link, receiver, .. }) = self.0.take() else { return };
        tracing::debug!(room = %Logged(&link.name), "a room did not start: its worker has ended");
        // First: whoever comes from here on finds that nobody is there, and opens another.
        drop(receiver);
        directory.close(&*link);
    }
}
