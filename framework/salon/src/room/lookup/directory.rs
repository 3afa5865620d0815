//! The rooms of one kind that are open, by key.
//!
//! It must never let a message reach a room that has closed: a room leaves the directory only while
//! nothing is on its way to it.

use std::{
    any::Any,
    fmt,
    hash::{BuildHasher, RandomState},
    sync::{Arc, OnceLock},
};

use actix::{Addr, Handler, Message, dev::channel};
use bytestring::ByteString;

use super::{
    link::{Link, Reachable},
    open_rooms::{Found, OpenRooms},
    ticket::Ticket,
};
#[cfg(feature = "testing")]
use crate::event::{Loss, SentEvents};
use crate::{
    base::{
        contained::Contained,
        data::Data,
        meter::{Count, Tally},
        number::ShardNumber,
        refusal::{Code, Refusal},
        turn::MAILBOX,
    },
    hub::{Broadcaster, Opener, ShardHandle},
    room::{contract::Room, membership::Shared},
    session::membership::RoomLink,
};

/// An actor that runs a room of the kind `R`.
pub(crate) trait Starts<R: Room>: Reachable {
    /// Starts it on a worker. The directory is not locked: a worker that has ended drops at once what
    /// it is to run.
    fn start_in(directory: &Arc<Directory<R, Self>>, start: Start<R, Self>);
}

/// What a room is started with, beside its directory.
pub(crate) struct Start<R: Room, A: Reachable> {
    pub(in crate::room) link: Arc<Link<R, A>>,
    pub(in crate::room) receiver: channel::AddressReceiver<A>,
    pub(in crate::room) shard: ShardHandle,
}

/// The open rooms of the kind `R`, each run by an actor `A`.
pub(crate) struct Directory<R: Room, A: Reachable> {
    /// By the hashes of their keys: no code of the application's but `Eq` runs under the lock, and
    /// that changes nothing.
    rooms: OpenRooms<R, A>,
    hashes: RandomState,
    pub(in crate::room) shared: Arc<Shared>,
    /// The list of those that list themselves, once there is one: its type is known only where they
    /// are known to do so.
    pub(in crate::room) registry: OnceLock<Box<dyn Any + Send + Sync>>,
}

impl<R: Room, A: Starts<R>> Directory<R, A> {
    pub(crate) fn new(namespace: ByteString, broadcaster: Arc<Broadcaster>, data: Data) -> Self {
        let shared = Arc::new(Shared { namespace, broadcaster, data });
        let hashes = RandomState::new();
        Self { rooms: OpenRooms::default(), hashes, shared, registry: OnceLock::new() }
    }

    /// Where panics of the application's values count.
    pub(in crate::room) fn tally(&self) -> Tally {
        self.shared.broadcaster.tally
    }

    /// Sends a message to the room of that key, opening it if need be: where its first member is. If
    /// something was asked about the room by its name, it must have that one: it opens by no other,
    /// whatever the key says of itself now.
    pub(in crate::room) fn send<M>(
        self: &Arc<Self>,
        key: &R::Key,
        opener: Opener<'_>,
        asked: Option<&str>,
        message: impl FnOnce(Ticket) -> M,
    ) -> Result<(), Refusal>
    where
        M: Message<Result = ()> + Send + 'static,
        A: Handler<M>,
    {
        let (link, ticket) = match self.find(key) {
            Some(found) => found,
            None => self.open(key, opener, asked)?,
        };
        send_to(&link, ticket, asked, message)
    }

    /// Sends a message to the room of that key if it is open; false if it is not. If something was
    /// asked about the room by its name, it must have that one.
    pub(in crate::room) fn send_if_open<M>(
        &self,
        key: &R::Key,
        asked: Option<&str>,
        message: impl FnOnce(Ticket) -> M,
    ) -> Result<bool, Refusal>
    where
        M: Message<Result = ()> + Send + 'static,
        A: Handler<M>,
    {
        let Some((link, ticket)) = self.find(key) else { return Ok(false) };
        send_to(&link, ticket, asked, message).map(|()| true)
    }

    /// The sending side of its Salon.
    pub(in crate::room) fn broadcaster(&self) -> &Arc<Broadcaster> {
        &self.shared.broadcaster
    }

    fn find(&self, key: &R::Key) -> Option<Found<R, A>> {
        self.rooms.find(self.hashes.hash_one(key), key)
    }

    /// The room of that key, if it is open. Its name is its own, however the key is spelled here.
    pub(in crate::room) fn link(&self, key: &R::Key) -> Option<Arc<Link<R, A>>> {
        self.rooms.get(self.hashes.hash_one(key), key)
    }

    /// The name of the room of that key: its own if it is open, else the one that it will have.
    pub(in crate::room) fn name_of(&self, key: &R::Key) -> String {
        match self.link(key) {
            Some(link) => link.name.to_string(),
            None => format!("{}:{key}", R::NAME),
        }
    }

    fn open(
        self: &Arc<Self>,
        key: &R::Key,
        opener: Opener<'_>,
        asked: Option<&str>,
    ) -> Result<Found<R, A>, Refusal> {
        // All that the key's own code has to do, before the lock; and its drop after it.
        let hash = self.hashes.hash_one(key);
        let name = asked.map_or_else(|| format!("{}:{key}", R::NAME), ToOwned::to_owned);
        let mut new_key = Some(Contained::new(key.clone(), self.tally()));
        let mut parts = None;
        let (found, replaced) = self.rooms.find_or_open(hash, key, &name, || {
            self.check_name(&name)?;
            let (room, before) = self.shared.broadcaster.room_ids.next();
            let shard = self.place(before, opener.near());
            let shard = shard.ok_or_else(|| Refusal::internal("no worker serves this Salon"))?;
            let opened = self.shared.broadcaster.openings.take(opener)?;
            let key = new_key.take().expect("a key is there until its room has it");
            let (sender, receiver) = channel::channel(MAILBOX);
            let address = Addr::new(sender);
            let (link, ticket) = Link::new(room, (&*name).into(), hash, key, address);
            parts = Some((receiver, shard));
            Ok(((link, ticket), opened))
        })?;
        // Their workers have ended, and they have not come to close themselves yet.
        (0..replaced).for_each(|_| self.shared.broadcaster.counters.one(Count::RoomsClosed));
        if let Some((receiver, shard)) = parts {
            self.shared.broadcaster.counters.one(Count::RoomsOpened);
            A::start_in(self, Start { link: found.0.clone(), receiver, shard });
        }
        Ok(found)
    }

    /// Refuses a name that is too long for a room.
    pub(in crate::room) fn check_name(&self, name: &str) -> Result<(), Refusal> {
        let limit = self.shared.broadcaster.max_name;
        if name.len() <= limit {
            return Ok(());
        }
        let message = format!("a room's name of {} bytes is longer than {limit}", name.len());
        Err(Refusal::new(Code::LimitExceeded, message))
    }

    /// Whether the room of that key is open.
    pub(in crate::room) fn is_open(&self, key: &R::Key) -> bool {
        self.link(key).is_some()
    }

    /// The worker for a new room, before which so many were opened: that of its first member, else one
    /// after the other.
    fn place(&self, before: u64, near: Option<ShardNumber>) -> Option<ShardHandle> {
        let shards = self.shared.broadcaster.shards();
        let alive: Vec<_> = shards.iter().filter(|shard| shard.is_alive()).collect();
        let found = alive.iter().find(|shard| Some(shard.number()) == near);
        let in_turn = || alive.get(usize::try_from(before).ok()?.checked_rem(alive.len())?);
        found.or_else(in_turn).map(|shard| (*shard).clone())
    }

    /// Takes a room out of the directory, unless something is on its way to it; whether it is out.
    pub(in crate::room) fn close_if_idle(&self, room: &dyn RoomLink) -> bool {
        self.count_closed(self.rooms.remove_if_quiet(room))
    }

    /// Takes a room out of the directory; what is on its way will still arrive.
    pub(in crate::room) fn close(&self, room: &dyn RoomLink) {
        self.count_closed(self.rooms.remove(room));
    }

    fn count_closed(&self, is_closed: bool) -> bool {
        if is_closed {
            self.shared.broadcaster.counters.one(Count::RoomsClosed);
        }
        is_closed
    }

    /// How many rooms of this kind are open.
    pub(crate) fn len(&self) -> usize {
        self.rooms.len()
    }
}

/// Sends a room what is for the one that was asked about by its name. What is for a room of another
/// name is refused: whoever may do something in the one need not be allowed to do it in the other.
fn send_to<R, A, M>(
    link: &Link<R, A>,
    ticket: Ticket,
    asked: Option<&str>,
    message: impl FnOnce(Ticket) -> M,
) -> Result<(), Refusal>
where
    R: Room,
    M: Message<Result = ()> + Send + 'static,
    A: Reachable + Handler<M>,
{
    if asked.is_none_or(|asked| *asked == *link.name) {
        link.send(message(ticket));
        return Ok(());
    }
    // A room that nobody is in may have waited for what does not come.
    drop(ticket);
    link.look();
    let message = "the room that was asked about is another one now; try again";
    Err(Refusal::new(Code::Closed, message))
}

/// A directory whose kind of room is not known.
pub(crate) trait AnyDirectory: Send + Sync {
    /// How many rooms are open.
    fn open_rooms(&self) -> usize;
    /// The name of the kind, if its rooms keep a history.
    #[cfg(feature = "testing")]
    fn with_history(&self) -> Option<&'static str>;
    /// The names of the events that its rooms send and that may wait for a client behind what came later.
    #[cfg(feature = "testing")]
    fn lossy(&self) -> Vec<&'static str>;
    /// And of those that may come once more.
    #[cfg(feature = "testing")]
    fn acked(&self) -> Vec<&'static str>;
}

impl<R: Room, A: Starts<R>> AnyDirectory for Directory<R, A> {
    fn open_rooms(&self) -> usize {
        self.len()
    }

    #[cfg(feature = "testing")]
    fn with_history(&self) -> Option<&'static str> {
        (!R::HISTORY.is_none()).then_some(R::NAME)
    }

    #[cfg(feature = "testing")]
    fn lossy(&self) -> Vec<&'static str> {
        let mut names = Vec::new();
        R::Sends::each(&mut |event| {
            if matches!(event.loss, Loss::Latest | Loss::Drop { .. }) {
                names.push(event.name);
            }
        });
        names
    }

    #[cfg(feature = "testing")]
    fn acked(&self) -> Vec<&'static str> {
        let mut names = Vec::new();
        R::Sends::each(&mut |event| names.extend(event.acked.map(|_| event.name)));
        names
    }
}

impl<R: Room, A: Starts<R>> fmt::Debug for Directory<R, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Directory").field("kind", &R::NAME).field("open", &self.len()).finish()
    }
}
