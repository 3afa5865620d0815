//! The rooms of one kind that are open: each has a key and a name, and no other has either of them.
//!
//! It must never find a room by one of the two that it does not find by the other.

use std::{
    hash::{Hash, Hasher, RandomState},
    sync::Arc,
};

use hashbrown::{Equivalent, HashSet};

use super::{Room, link::Link, opening::Opened};
use crate::{number::RoomNumber, slack::Slack};

/// The open rooms of the kind `R`. Each is found by what it has itself: nothing is kept twice.
pub(super) struct OpenRooms<R: Room> {
    by_key: HashSet<ByKey<R>, RandomState>,
    by_name: HashSet<ByName<R>, RandomState>,
}

struct ByKey<R: Room> {
    link: Arc<Link<R>>,
    /// Given back when the room is open no more.
    _opened: Opened,
}

struct ByName<R: Room>(Arc<Link<R>>);

/// A key that is looked for.
#[derive(Hash)]
struct Key<'a, K>(&'a K);

/// A name that is looked for.
#[derive(Hash)]
struct Name<'a>(&'a str);

impl<R: Room> OpenRooms<R> {
    /// The room of that key, which may be spelled otherwise there.
    pub(super) fn get(&self, key: &R::Key) -> Option<&Arc<Link<R>>> {
        self.by_key.get(&Key(key)).map(|entry| &entry.link)
    }

    /// The room of that name.
    pub(super) fn named(&self, name: &str) -> Option<&Arc<Link<R>>> {
        self.by_name.get(&Name(name)).map(|ByName(link)| link)
    }

    /// Takes a room in, in the place of those that had its key, or its name.
    pub(super) fn insert(&mut self, link: &Arc<Link<R>>, opened: Opened) {
        let entry = ByKey { link: link.clone(), _opened: opened };
        if let Some(former) = self.by_key.replace(entry) {
            self.by_name.remove(&Name(&former.link.name));
        }
        if let Some(ByName(former)) = self.by_name.replace(ByName(link.clone())) {
            self.by_key.remove(&Key(&former.key));
        }
    }

    /// Lets a room go, if it is the one of that key; true if it was.
    pub(super) fn remove(&mut self, key: &R::Key, number: RoomNumber) -> bool {
        if self.get(key).is_none_or(|link| link.room != number) {
            return false;
        }
        if let Some(entry) = self.by_key.take(&Key(key)) {
            self.by_name.remove(&Name(&entry.link.name));
        }
        self.by_key.shed();
        self.by_name.shed();
        true
    }

    pub(super) fn len(&self) -> usize {
        self.by_key.len()
    }
}

impl<R: Room> Default for OpenRooms<R> {
    fn default() -> Self {
        Self { by_key: HashSet::default(), by_name: HashSet::default() }
    }
}

impl<R: Room> Hash for ByKey<R> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.link.key.hash(state);
    }
}

impl<R: Room> PartialEq for ByKey<R> {
    fn eq(&self, other: &Self) -> bool {
        self.link.key == other.link.key
    }
}

impl<R: Room> Eq for ByKey<R> {}

impl<R: Room> Equivalent<ByKey<R>> for Key<'_, R::Key> {
    fn equivalent(&self, entry: &ByKey<R>) -> bool {
        *self.0 == entry.link.key
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
