//! The rooms of one kind that are open: each has a key and a name, and no other has either of them.
//!
//! It must never find a room by one of the two that it does not find by the other, nor call a key's own
//! code but its `Eq`: who looks has hashed it before. And it must never give out a ticket of a room that
//! it has let go, nor let one go by itself that a ticket is out of: both happen under its lock.

use std::{
    hash::{Hash, Hasher, RandomState},
    sync::{Arc, PoisonError},
};

use hashbrown::{Equivalent, HashSet, HashTable, hash_table};

use super::{
    link::{Link, Reachable},
    ticket::Ticket,
};
use crate::{
    base::{
        refusal::Refusal,
        room_id::RoomId,
        slack::{Slack, shed},
        sync::RwLock,
    },
    hub::{Opened, too_many_open},
    room::contract::Room,
    session::membership::RoomLink,
};

/// The open rooms of the kind `R`, which threads of all workers look up.
pub(super) struct OpenRooms<R: Room, A: Reachable>(RwLock<Tables<R, A>>);

/// A room, and a ticket for one message to it.
pub(super) type Found<R, A> = (Arc<Link<R, A>>, Ticket);

impl<R: Room, A: Reachable> OpenRooms<R, A> {
    /// The room of that key with a ticket, if it is open.
    pub(in crate::room) fn find(&self, hash: u64, key: &R::Key) -> Option<Found<R, A>> {
        self.look(|tables| {
            // The ticket is taken under the lock: whoever lets a room go has that for itself.
            tables.get(hash, key).map(|link| (link.clone(), link.ticket()))
        })
    }

    /// The room of that key, if it is open.
    pub(super) fn get(&self, hash: u64, key: &R::Key) -> Option<Arc<Link<R, A>>> {
        self.look(|tables| tables.get(hash, key).cloned())
    }

    /// The room of that key with a ticket; if there is none, the one that `open` makes under the lock.
    /// And how many it has taken the place of: rooms of its key, or of its name, whose workers have ended.
    pub(super) fn find_or_open(
        &self,
        hash: u64,
        key: &R::Key,
        name: &str,
        open: impl FnOnce() -> Result<(Found<R, A>, Opened), Refusal>,
    ) -> Result<(Found<R, A>, usize), Refusal> {
        // Dropped after the lock, as they have keys of the application's.
        let mut former = None;
        let mut tables = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(link) = tables.get(hash, key) {
            return Ok(((link.clone(), link.ticket()), 0));
        }
        // There is none, or its worker has ended.
        if tables.by_key.len() >= R::MAX_OPEN {
            let what = format!("rooms of kind {:?}", R::NAME);
            return Err(too_many_open(R::MAX_OPEN, &what));
        }
        if tables.named(name).is_some() {
            return Err(name_taken(R::NAME));
        }
        let ((link, ticket), opened) = open()?;
        let former = former.insert(tables.insert(&link, opened));
        Ok(((link, ticket), former.iter().flatten().count()))
    }

    /// Lets a room go unless something is on its way to it; whether it went.
    pub(super) fn remove_if_quiet(&self, room: &dyn RoomLink) -> bool {
        // Nobody can take a ticket meanwhile.
        self.take(room, RoomLink::is_quiet)
    }

    /// Lets a room go, whatever is on its way to it; whether it was there.
    pub(in crate::room) fn remove(&self, room: &dyn RoomLink) -> bool {
        self.take(room, |_| true)
    }

    fn take(&self, room: &dyn RoomLink, may_go: impl Fn(&Link<R, A>) -> bool) -> bool {
        let mut tables = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let removed = tables.remove(room.hash(), room.room(), may_go);
        // Its key's drop is the application's.
        drop(tables);
        removed.is_some()
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.look(|tables| tables.by_key.len())
    }

    fn look<T>(&self, look: impl FnOnce(&Tables<R, A>) -> T) -> T {
        look(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<R: Room, A: Reachable> Default for OpenRooms<R, A> {
    fn default() -> Self {
        let tables = Tables { by_key: HashTable::new(), by_name: HashSet::default() };
        Self(RwLock::new(tables))
    }
}

/// The refusal of a room whose name another one has that is open: whoever asks about rooms, or takes
/// them away, knows them by their names.
fn name_taken(kind: &'static str) -> Refusal {
    tracing::warn!(
        kind,
        "two keys of rooms that are not equal have one name: the second is refused"
    );
    Refusal::other("name_taken", "a room of another key has this name, and is open")
}

/// Each room is found by what it has itself: nothing is kept twice.
struct Tables<R: Room, A: Reachable> {
    by_key: HashTable<ByKey<R, A>>,
    by_name: HashSet<ByName<R, A>, RandomState>,
}

/// A room with its key.
struct ByKey<R: Room, A: Reachable> {
    link: Arc<Link<R, A>>,
    /// Given back when the room is open no more.
    _opened: Opened,
}

struct ByName<R: Room, A: Reachable>(Arc<Link<R, A>>);

/// A name that is looked for.
#[derive(Hash)]
struct Name<'a>(&'a str);

impl<R: Room, A: Reachable> Tables<R, A> {
    /// The room of that key, which may be spelled otherwise there, if it is still there.
    fn get(&self, hash: u64, key: &R::Key) -> Option<&Arc<Link<R, A>>> {
        let entry = self.by_key.find(hash, |entry| *entry.link.key == *key)?;
        Some(&entry.link).filter(|link| link.is_connected())
    }

    /// The room of that name, if it is still there.
    fn named(&self, name: &str) -> Option<&Arc<Link<R, A>>> {
        let ByName(link) = self.by_name.get(&Name(name))?;
        Some(link).filter(|link| link.is_connected())
    }

    /// Takes a room in, in the place of those that had its key, or its name: those are for the caller
    /// to drop.
    fn insert(&mut self, link: &Arc<Link<R, A>>, opened: Opened) -> [Option<ByKey<R, A>>; 2] {
        let entry = ByKey { link: link.clone(), _opened: opened };
        let has_key = |other: &ByKey<R, A>| *other.link.key == *link.key;
        let by_key = match self.by_key.entry(link.hash, has_key, |entry| entry.link.hash) {
            hash_table::Entry::Occupied(mut found) => {
                Some(std::mem::replace(found.get_mut(), entry))
            }
            hash_table::Entry::Vacant(place) => {
                place.insert(entry);
                None
            }
        };
        if let Some(former) = &by_key {
            self.by_name.remove(&Name(&former.link.name));
        }
        let former = self.by_name.replace(ByName(link.clone()));
        let by_name = former.and_then(|ByName(former)| self.take(former.hash, former.room));
        [by_key, by_name]
    }

    /// Lets a room go, if it may: it is for the caller to drop.
    fn remove(
        &mut self,
        hash: u64,
        room: RoomId,
        may_go: impl Fn(&Link<R, A>) -> bool,
    ) -> Option<ByKey<R, A>> {
        let is_it = |entry: &ByKey<R, A>| entry.link.room == room && may_go(&entry.link);
        self.by_key.find(hash, is_it)?;
        let entry = self.take(hash, room)?;
        self.by_name.remove(&Name(&entry.link.name));
        shed(&mut self.by_key, |entry| entry.link.hash);
        self.by_name.shed();
        Some(entry)
    }

    fn take(&mut self, hash: u64, room: RoomId) -> Option<ByKey<R, A>> {
        let found = self.by_key.find_entry(hash, |entry| entry.link.room == room).ok()?;
        Some(found.remove().0)
    }
}

impl<R: Room, A: Reachable> Hash for ByName<R, A> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.name.hash(state);
    }
}

impl<R: Room, A: Reachable> PartialEq for ByName<R, A> {
    fn eq(&self, other: &Self) -> bool {
        self.0.name == other.0.name
    }
}

impl<R: Room, A: Reachable> Eq for ByName<R, A> {}

impl<R: Room, A: Reachable> Equivalent<ByName<R, A>> for Name<'_> {
    fn equivalent(&self, ByName(link): &ByName<R, A>) -> bool {
        *self.0 == *link.name
    }
}

#[cfg(all(test, salon_loom))]
mod models;
