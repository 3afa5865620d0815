//! The way to one room: from its directory, and from the sessions of its members.
//!
//! It must never lose count of what is on its way to the room: a room with something on its way does
//! not close.

use std::{any::Any, sync::Arc};

use actix::{Actor, Addr, Context, Handler, Message};
use bytestring::ByteString;
use tokio::sync::oneshot;

use super::{
    sent::{Lapse, Leave, Linger, SendAgain, SessionEnded},
    ticket::{Counted, Ticket},
};
use crate::{
    base::{
        contained::Contained,
        disconnect::DisconnectReason,
        number::SessionNumber,
        room_id::RoomId,
        sync::atomic::{AtomicUsize, Ordering},
    },
    room::contract::Room,
    session::membership::{Lapsed, Replay, RoomLink},
};

/// An actor that a link leads to: it takes what the sessions of its members send it.
pub(crate) trait Reachable:
    Actor<Context = Context<Self>>
    + Handler<Linger>
    + Handler<SessionEnded>
    + Handler<Leave>
    + Handler<SendAgain>
    + Handler<Lapse>
{
}

/// The way to an open room, which its directory and all its members share. The room ends by itself:
/// a member that holds this after that holds the way to nothing.
pub(in crate::room) struct Link<R: Room, A: Reachable> {
    pub(super) room: RoomId,
    pub(in crate::room) name: ByteString,
    /// What its key hashes to in its directory.
    pub(super) hash: u64,
    pub(in crate::room) key: Contained<R::Key>,
    pub(super) address: Addr<A>,
    on_the_way: AtomicUsize,
}

impl<R: Room, A: Reachable> Link<R, A> {
    /// With the ticket of what the room is opened for: its actor may start before this returns to
    /// whoever sends it, and a room that nothing is on its way to closes again.
    pub(in crate::room) fn new(
        room: RoomId,
        name: ByteString,
        hash: u64,
        key: Contained<R::Key>,
        address: Addr<A>,
    ) -> (Arc<Self>, Ticket) {
        let link = Self { room, name, hash, key, address, on_the_way: AtomicUsize::new(0) };
        let link = Arc::new(link);
        let ticket = link.ticket();
        (link, ticket)
    }

    /// Whether the room is there: it has not closed, nor its worker ended.
    pub(super) fn is_connected(&self) -> bool {
        self.address.connected()
    }

    /// Takes a ticket for one message.
    pub(super) fn ticket(self: &Arc<Self>) -> Ticket {
        self.on_the_way.fetch_add(1, Ordering::AcqRel);
        Ticket::new(self.clone())
    }

    /// Sends a message; what is sent to a room that has closed is dropped.
    pub(super) fn send<M>(&self, message: M)
    where
        M: Message<Result = ()> + Send + 'static,
        A: Handler<M>,
    {
        self.address.do_send(message);
    }
}

impl<R: Room, A: Reachable> Counted for Link<R, A> {
    fn arrived(&self) {
        let before = self.on_the_way.fetch_sub(1, Ordering::AcqRel);
        debug_assert!(before > 0, "a ticket counts from its making, and is given back once");
    }
}

impl<R: Room, A: Reachable> RoomLink for Link<R, A> {
    fn room(&self) -> RoomId {
        self.room
    }

    fn name(&self) -> &ByteString {
        &self.name
    }

    fn key(&self) -> &dyn Any {
        &*self.key
    }

    fn hash(&self) -> u64 {
        self.hash
    }

    fn is_quiet(&self) -> bool {
        self.on_the_way.load(Ordering::Acquire) == 0
    }

    fn look(&self) {
        self.send(Linger);
    }

    fn ended(&self, session: SessionNumber, reason: DisconnectReason) {
        self.send(SessionEnded { session, reason });
    }

    fn leave(&self, session: SessionNumber, done: oneshot::Sender<()>) {
        self.send(Leave { session, done });
    }

    fn replay(&self, replay: Replay) {
        self.send(SendAgain(replay));
    }

    fn lapsed(&self, lapsed: Lapsed) {
        self.send(Lapse(lapsed));
    }
}
