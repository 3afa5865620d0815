//! The rooms of one kind that are open, by key.
//!
//! It must never let a message reach a room that has closed: a room leaves the directory only while
//! nothing is on its way to it.

use std::{
    any::Any,
    collections::HashMap,
    fmt,
    sync::{
        Arc, OnceLock, PoisonError, RwLock,
        atomic::{AtomicUsize, Ordering},
    },
};

use actix::{Actor, Addr, Context, Handler, Message, dev::channel};
use bytestring::ByteString;

use super::{
    Broadcaster, Room, actor::RoomActor, context::RoomContext, place::Order, roll::Roll,
    shard::ShardHandle,
};
use crate::{
    data::Data,
    meter::{Count, Meter},
    number::{RoomNumber, ShardNumber},
    refusal::{Code, Refusal},
};

/// What actix gives a mailbox. It bounds nothing here, since rooms are sent to without waiting: the
/// events in flight of each connection are what is bounded.
const MAILBOX: usize = 16;

/// The open rooms of the kind `R`.
pub(crate) struct Directory<R: Room> {
    rooms: RwLock<HashMap<R::Key, Open<R>>>,
    namespace: ByteString,
    broadcaster: Arc<Broadcaster>,
    data: Data,
    /// The list of those that list themselves, once there is one: its type is known only where they
    /// are known to do so.
    pub(super) registry: OnceLock<Box<dyn Any + Send + Sync>>,
}

struct Open<R: Room> {
    number: RoomNumber,
    address: Addr<RoomActor<R>>,
    on_the_way: OnTheWay,
}

impl<R: Room> Clone for Open<R> {
    fn clone(&self) -> Self {
        let Self { number, address, on_the_way } = self;
        Self { number: *number, address: address.clone(), on_the_way: on_the_way.clone() }
    }
}

/// How many messages are on their way to one room.
#[derive(Clone, Debug, Default)]
pub(super) struct OnTheWay(Arc<AtomicUsize>);

impl OnTheWay {
    pub(super) fn is_none(&self) -> bool {
        self.0.load(Ordering::Acquire) == 0
    }

    fn ticket(&self) -> Ticket {
        self.0.fetch_add(1, Ordering::AcqRel);
        Ticket(self.clone())
    }
}

/// Goes with a message to a room, until it is handled.
#[derive(Debug)]
pub(super) struct Ticket(OnTheWay);

impl Drop for Ticket {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl<R: Room> Directory<R> {
    pub(crate) fn new(namespace: ByteString, broadcaster: Arc<Broadcaster>, data: Data) -> Self {
        let (rooms, registry) = (RwLock::default(), OnceLock::new());
        Self { rooms, namespace, broadcaster, data, registry }
    }

    /// Sends a message to the room of that key, opening it if need be: on the worker `near`, where
    /// its first member is.
    pub(super) fn send<M>(
        self: &Arc<Self>,
        key: &R::Key,
        near: Option<ShardNumber>,
        message: impl FnOnce(Ticket) -> M,
    ) -> Result<(), Refusal>
    where
        M: Message<Result = ()> + Send + 'static,
        RoomActor<R>: Actor<Context = Context<RoomActor<R>>> + Handler<M>,
    {
        let (address, ticket) = match self.find(key) {
            Some(found) => found,
            None => self.open(key, near)?,
        };
        address.do_send(message(ticket));
        Ok(())
    }

    /// Sends a message to the room of that key if it is open; false if it is not.
    pub(super) fn send_if_open<M>(&self, key: &R::Key, message: impl FnOnce(Ticket) -> M) -> bool
    where
        M: Message<Result = ()> + Send + 'static,
        RoomActor<R>: Actor<Context = Context<RoomActor<R>>> + Handler<M>,
    {
        let Some((address, ticket)) = self.find(key) else { return false };
        address.do_send(message(ticket));
        true
    }

    fn find(&self, key: &R::Key) -> Option<(Addr<RoomActor<R>>, Ticket)> {
        let rooms = self.rooms.read().unwrap_or_else(PoisonError::into_inner);
        // The ticket is taken under the lock: see `close_if_idle`.
        let open = rooms.get(key).filter(|open| open.address.connected())?;
        Some((open.address.clone(), open.on_the_way.ticket()))
    }

    fn open(
        self: &Arc<Self>,
        key: &R::Key,
        near: Option<ShardNumber>,
    ) -> Result<(Addr<RoomActor<R>>, Ticket), Refusal> {
        let mut rooms = self.rooms.write().unwrap_or_else(PoisonError::into_inner);
        let open = match rooms.get(key) {
            Some(open) if open.address.connected() => open.clone(),
            // There is none, or its worker has ended.
            _ => {
                let open = self.start(key.clone(), near)?;
                rooms.insert(key.clone(), open.clone());
                open
            }
        };
        Ok((open.address, open.on_the_way.ticket()))
    }

    fn start(self: &Arc<Self>, key: R::Key, near: Option<ShardNumber>) -> Result<Open<R>, Refusal> {
        let name = ByteString::from(format!("{}:{key}", R::NAME));
        self.check_name(&name)?;
        let number = self.broadcaster.next_room();
        let shard = self
            .place(number, near)
            .ok_or_else(|| Refusal::internal("no worker serves this Salon"))?;
        let on_the_way = OnTheWay::default();
        let directory = self.clone();
        let counted = on_the_way.clone();
        let (sender, receiver) = channel::channel(MAILBOX);
        shard.run(move || {
            let broadcaster = directory.broadcaster.clone();
            let namespace = directory.namespace.clone();
            let data = directory.data.clone();
            let order = R::NUMBERED.then(Order::begin);
            let roll = Roll::new(number, name, namespace, broadcaster, order);
            let cx = RoomContext::new(key.clone(), roll, data);
            let room = RoomActor::new(key, cx, directory, counted);
            Context::with_receiver(receiver).run(room);
        });
        self.broadcaster.counters.one(Count::RoomsOpened);
        Ok(Open { number, address: Addr::new(sender), on_the_way })
    }

    /// Refuses a name that is too long for a room.
    pub(super) fn check_name(&self, name: &str) -> Result<(), Refusal> {
        let limit = self.broadcaster.max_name;
        if name.len() <= limit {
            return Ok(());
        }
        let message = format!("a room's name of {} bytes is longer than {limit}", name.len());
        Err(Refusal::new(Code::LimitExceeded, message))
    }

    /// Whether the room of that key is open.
    pub(super) fn is_open(&self, key: &R::Key) -> bool {
        let rooms = self.rooms.read().unwrap_or_else(PoisonError::into_inner);
        rooms.get(key).is_some_and(|open| open.address.connected())
    }

    /// The worker for a new room: that of its first member, else one after the other.
    fn place(&self, number: RoomNumber, near: Option<ShardNumber>) -> Option<ShardHandle> {
        let shards = self.broadcaster.shards();
        let alive: Vec<_> = shards.iter().filter(|shard| shard.is_alive()).collect();
        let found = alive.iter().find(|shard| Some(shard.number()) == near);
        found.or_else(|| alive.get(number.spread(alive.len()))).map(|shard| (*shard).clone())
    }

    /// Takes a room out of the directory, unless something is on its way to it.
    pub(super) fn close_if_idle(&self, key: &R::Key, number: RoomNumber) -> bool {
        let mut rooms = self.rooms.write().unwrap_or_else(PoisonError::into_inner);
        // Under the write lock nobody can take a new ticket.
        match rooms.get(key) {
            Some(open) if open.number == number && open.on_the_way.is_none() => {
                rooms.remove(key);
                self.broadcaster.counters.one(Count::RoomsClosed);
                true
            }
            _ => false,
        }
    }

    /// Takes a room out of the directory; what is on its way will still arrive.
    pub(super) fn close(&self, key: &R::Key, number: RoomNumber) {
        let mut rooms = self.rooms.write().unwrap_or_else(PoisonError::into_inner);
        if rooms.get(key).is_some_and(|open| open.number == number) {
            rooms.remove(key);
            self.broadcaster.counters.one(Count::RoomsClosed);
        }
    }

    /// How many rooms of this kind are open.
    pub(crate) fn len(&self) -> usize {
        self.rooms.read().unwrap_or_else(PoisonError::into_inner).len()
    }
}

/// A directory whose kind of room is not known.
pub(crate) trait AnyDirectory: Send + Sync {
    /// How many rooms are open.
    fn open_rooms(&self) -> usize;
}

impl<R: Room> AnyDirectory for Directory<R> {
    fn open_rooms(&self) -> usize {
        self.len()
    }
}

impl<R: Room> fmt::Debug for Directory<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Directory").field("kind", &R::NAME).field("open", &self.len()).finish()
    }
}
