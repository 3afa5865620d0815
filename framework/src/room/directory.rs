//! The rooms of one kind that are open, by key.
//!
//! It must never let a message reach a room that has closed: a room leaves the directory only while
//! nothing is on its way to it.

use std::{
    any::Any,
    fmt,
    hash::{Hash, Hasher, RandomState},
    sync::{Arc, OnceLock, PoisonError, RwLock},
};

use actix::{Actor, Addr, Context, Handler, Message, dev::channel};
use bytestring::ByteString;
use hashbrown::{Equivalent, HashSet};

use super::{
    Broadcaster, Room,
    actor::RoomActor,
    context::RoomContext,
    link::{Link, Ticket},
    opening::{Opened, Opener, too_many_open},
    place::Order,
    roll::{Roll, Shared},
    shard::ShardHandle,
};
use crate::{
    data::Data,
    membership::RoomLink,
    meter::{Count, Meter},
    number::{RoomNumber, ShardNumber},
    refusal::{Code, Refusal},
    slack::Slack,
};

/// What actix gives a mailbox. It bounds nothing here, since rooms are sent to without waiting: the
/// events in flight of each connection are what is bounded.
const MAILBOX: usize = 16;

/// The open rooms of the kind `R`.
pub(crate) struct Directory<R: Room> {
    rooms: RwLock<HashSet<Entry<R>, RandomState>>,
    shared: Arc<Shared>,
    /// The list of those that list themselves, once there is one: its type is known only where they
    /// are known to do so.
    pub(super) registry: OnceLock<Box<dyn Any + Send + Sync>>,
}

/// An open room, found by the key that it has itself.
struct Entry<R: Room> {
    link: Arc<Link<R>>,
    /// Given back when the room is open no more.
    _opened: Opened,
}

/// A key that is looked for.
#[derive(Hash)]
struct Wanted<'a, K>(&'a K);

impl<R: Room> Hash for Entry<R> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.link.key.hash(state);
    }
}

impl<R: Room> PartialEq for Entry<R> {
    fn eq(&self, other: &Self) -> bool {
        self.link.key == other.link.key
    }
}

impl<R: Room> Eq for Entry<R> {}

impl<R: Room> Equivalent<Entry<R>> for Wanted<'_, R::Key> {
    fn equivalent(&self, entry: &Entry<R>) -> bool {
        *self.0 == entry.link.key
    }
}

impl<R: Room> Directory<R> {
    pub(crate) fn new(namespace: ByteString, broadcaster: Arc<Broadcaster>, data: Data) -> Self {
        let shared = Arc::new(Shared { namespace, broadcaster, data });
        Self { rooms: RwLock::default(), shared, registry: OnceLock::new() }
    }

    /// Sends a message to the room of that key, opening it if need be: where its first member is.
    pub(super) fn send<M>(
        self: &Arc<Self>,
        key: &R::Key,
        opener: Opener<'_>,
        message: impl FnOnce(Ticket) -> M,
    ) -> Result<(), Refusal>
    where
        M: Message<Result = ()> + Send + 'static,
        RoomActor<R>: Actor<Context = Context<RoomActor<R>>> + Handler<M>,
    {
        let (link, ticket) = match self.find(key) {
            Some(found) => found,
            None => self.open(key, opener)?,
        };
        link.send(message(ticket));
        Ok(())
    }

    /// Sends a message to the room of that key if it is open; false if it is not.
    pub(super) fn send_if_open<M>(&self, key: &R::Key, message: impl FnOnce(Ticket) -> M) -> bool
    where
        M: Message<Result = ()> + Send + 'static,
        RoomActor<R>: Actor<Context = Context<RoomActor<R>>> + Handler<M>,
    {
        let Some((link, ticket)) = self.find(key) else { return false };
        link.send(message(ticket));
        true
    }

    fn find(&self, key: &R::Key) -> Option<(Arc<Link<R>>, Ticket)> {
        let rooms = self.rooms.read().unwrap_or_else(PoisonError::into_inner);
        // The ticket is taken under the lock: see `close_if_idle`.
        let link = &rooms.get(&Wanted(key))?.link;
        link.is_connected().then(|| (link.clone(), link.ticket()))
    }

    fn open(
        self: &Arc<Self>,
        key: &R::Key,
        opener: Opener<'_>,
    ) -> Result<(Arc<Link<R>>, Ticket), Refusal> {
        let mut rooms = self.rooms.write().unwrap_or_else(PoisonError::into_inner);
        let link = match rooms.get(&Wanted(key)) {
            Some(Entry { link, .. }) if link.is_connected() => link.clone(),
            // There is none, or its worker has ended.
            _ => {
                if rooms.len() >= R::MAX_OPEN {
                    return Err(too_many_open(
                        R::MAX_OPEN,
                        &format!("rooms of kind {:?}", R::NAME),
                    ));
                }
                let (link, _opened) = self.start(key.clone(), opener)?;
                rooms.replace(Entry { link: link.clone(), _opened });
                link
            }
        };
        let ticket = link.ticket();
        Ok((link, ticket))
    }

    fn start(
        self: &Arc<Self>,
        key: R::Key,
        opener: Opener<'_>,
    ) -> Result<(Arc<Link<R>>, Opened), Refusal> {
        let name = format!("{}:{key}", R::NAME).into_boxed_str();
        self.check_name(&name)?;
        let near = match &opener {
            Opener::App => None,
            Opener::Client { near, .. } => Some(*near),
        };
        let number = self.shared.broadcaster.next_room();
        let shard = self
            .place(number, near)
            .ok_or_else(|| Refusal::internal("no worker serves this Salon"))?;
        let opened = self.shared.broadcaster.openings.take(opener)?;
        let (directory, number_of_shard) = (self.clone(), shard.number());
        let (sender, receiver) = channel::channel(MAILBOX);
        let link = Arc::new(Link::new(number, name, key, Addr::new(sender)));
        let started = link.clone();
        shard.run(move || {
            let order = Order::begin(R::NUMBERED);
            let roll = Roll::new(started, directory.shared.clone(), order);
            let room = RoomActor::new(RoomContext::new(roll), directory, number_of_shard);
            Context::with_receiver(receiver).run(room);
        });
        self.shared.broadcaster.counters.one(Count::RoomsOpened);
        Ok((link, opened))
    }

    /// Refuses a name that is too long for a room.
    pub(super) fn check_name(&self, name: &str) -> Result<(), Refusal> {
        let limit = self.shared.broadcaster.max_name;
        if name.len() <= limit {
            return Ok(());
        }
        let message = format!("a room's name of {} bytes is longer than {limit}", name.len());
        Err(Refusal::new(Code::LimitExceeded, message))
    }

    /// Whether the room of that key is open.
    pub(super) fn is_open(&self, key: &R::Key) -> bool {
        let rooms = self.rooms.read().unwrap_or_else(PoisonError::into_inner);
        rooms.get(&Wanted(key)).is_some_and(|entry| entry.link.is_connected())
    }

    /// The worker for a new room: that of its first member, else one after the other.
    fn place(&self, number: RoomNumber, near: Option<ShardNumber>) -> Option<ShardHandle> {
        let shards = self.shared.broadcaster.shards();
        let alive: Vec<_> = shards.iter().filter(|shard| shard.is_alive()).collect();
        let found = alive.iter().find(|shard| Some(shard.number()) == near);
        found.or_else(|| alive.get(number.spread(alive.len()))).map(|shard| (*shard).clone())
    }

    /// Takes a room out of the directory, unless something is on its way to it.
    pub(super) fn close_if_idle(&self, key: &R::Key, number: RoomNumber) -> bool {
        let mut rooms = self.rooms.write().unwrap_or_else(PoisonError::into_inner);
        // Under the write lock nobody can take a new ticket.
        match rooms.get(&Wanted(key)) {
            Some(Entry { link, .. }) if link.room == number && link.is_quiet() => {
                rooms.remove(&Wanted(key));
                rooms.shed();
                self.shared.broadcaster.counters.one(Count::RoomsClosed);
                true
            }
            _ => false,
        }
    }

    /// Takes a room out of the directory; what is on its way will still arrive.
    pub(super) fn close(&self, key: &R::Key, number: RoomNumber) {
        let mut rooms = self.rooms.write().unwrap_or_else(PoisonError::into_inner);
        if rooms.get(&Wanted(key)).is_some_and(|entry| entry.link.room == number) {
            rooms.remove(&Wanted(key));
            rooms.shed();
            self.shared.broadcaster.counters.one(Count::RoomsClosed);
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
