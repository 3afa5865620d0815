//! The rooms of one kind that are open: each has a key and a name, and no other has either of them.
//!
//! It must never find a room by one of the two that it does not find by the other, nor call a key's own
//! code but its `Eq`: who looks has hashed it before.

use std::{
    hash::{Hash, Hasher, RandomState},
    sync::Arc,
};

use hashbrown::{Equivalent, HashSet, HashTable, hash_table};

use super::{Room, link::Link};
use crate::{
    base::{
        number::RoomNumber,
        slack::{Slack, shed},
    },
    hub::Opened,
};

/// The open rooms of the kind `R`. Each is found by what it has itself: nothing is kept twice.
pub(super) struct OpenRooms<R: Room> {
    by_key: HashTable<ByKey<R>>,
    by_name: HashSet<ByName<R>, RandomState>,
}

/// A room with its key.
pub(super) struct ByKey<R: Room> {
    link: Arc<Link<R>>,
    /// Given back when the room is open no more.
    _opened: Opened,
}

struct ByName<R: Room>(Arc<Link<R>>);

/// A name that is looked for.
#[derive(Hash)]
struct Name<'a>(&'a str);

impl<R: Room> OpenRooms<R> {
    /// The room of that key, which may be spelled otherwise there.
    pub(super) fn get(&self, hash: u64, key: &R::Key) -> Option<&Arc<Link<R>>> {
        self.by_key.find(hash, |entry| *entry.link.key == *key).map(|entry| &entry.link)
    }

    /// The room of that name.
    pub(super) fn named(&self, name: &str) -> Option<&Arc<Link<R>>> {
        self.by_name.get(&Name(name)).map(|ByName(link)| link)
    }

    /// Takes a room in, in the place of those that had its key, or its name: those are for the caller
    /// to drop.
    pub(super) fn insert(&mut self, link: &Arc<Link<R>>, opened: Opened) -> [Option<ByKey<R>>; 2] {
        let entry = ByKey { link: link.clone(), _opened: opened };
        let has_key = |other: &ByKey<R>| *other.link.key == *link.key;
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
    pub(super) fn remove(
        &mut self,
        hash: u64,
        number: RoomNumber,
        may_go: impl Fn(&Link<R>) -> bool,
    ) -> Option<ByKey<R>> {
        let is_it = |entry: &ByKey<R>| entry.link.room == number && may_go(&entry.link);
        self.by_key.find(hash, is_it)?;
        let entry = self.take(hash, number)?;
        self.by_name.remove(&Name(&entry.link.name));
        shed(&mut self.by_key, |entry| entry.link.hash);
        self.by_name.shed();
        Some(entry)
    }

    fn take(&mut self, hash: u64, number: RoomNumber) -> Option<ByKey<R>> {
        let found = self.by_key.find_entry(hash, |entry| entry.link.room == number).ok()?;
        Some(found.remove().0)
    }

    pub(super) fn len(&self) -> usize {
        self.by_key.len()
    }
}

impl<R: Room> Default for OpenRooms<R> {
    fn default() -> Self {
        Self { by_key: HashTable::new(), by_name: HashSet::default() }
    }
}

impl<R: Room> Hash for ByName<R> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.name.hash(state);
    }
}

impl<R: Room> PartialEq for ByName<R> {
    fn eq(&self, other: &Self) -> bool {
        self.0.name == other.0.name
    }
}

impl<R: Room> Eq for ByName<R> {}

impl<R: Room> Equivalent<ByName<R>> for Name<'_> {
    fn equivalent(&self, ByName(link): &ByName<R>) -> bool {
        *self.0 == *link.name
    }
}
