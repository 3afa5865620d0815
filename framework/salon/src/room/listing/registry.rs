//! The list of one kind of room: who is on it, and what has changed since when.
//!
//! It must never run code of the application while its lock is held, but for the `Eq` of keys, which
//! changes nothing: entries are shared, and what is taken off is dropped afterwards.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    hash::{BuildHasher, RandomState},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use hashbrown::HashTable;
use tokio::sync::Notify;

use crate::{
    base::{
        contained::Contained,
        slack::{Slack, shed},
    },
    room::contract::Listing,
};

/// How many removals are remembered at least; more if more rooms are listed than that. A watcher
/// that has missed more compares all that it knows.
const REMEMBERED: usize = 64;

/// When something happened to a list, in the order of what happened to it; the place of a line is
/// the moment in which it was listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::room) struct Moment(u64);

/// One room on the list.
pub(in crate::room) struct Line<R: Listing> {
    pub(in crate::room) place: Moment,
    pub(in crate::room) key: Arc<Contained<R::Key>>,
    pub(in crate::room) entry: Arc<Contained<R::Entry>>,
    hash: u64,
    changed: Moment,
}

impl<R: Listing> Clone for Line<R> {
    fn clone(&self) -> Self {
        let Self { place, key, entry, hash, changed } = self;
        let (key, entry) = (key.clone(), entry.clone());
        Self { place: *place, key, entry, hash: *hash, changed: *changed }
    }
}

impl<R: Listing> Line<R> {
    /// The key and the entry, for the application to have.
    pub(in crate::room) fn to_pair(&self) -> (R::Key, R::Entry) {
        (R::Key::clone(&self.key), R::Entry::clone(&self.entry))
    }
}

/// What has changed since a moment.
pub(super) struct Since<R: Listing> {
    /// The lines that were listed or changed, in the order in which they were listed.
    pub(in crate::room) lines: Vec<Line<R>>,
    /// The places that are on the list no more, in that order too.
    pub(super) gone: Vec<Moment>,
    /// The moment to ask about the next time.
    pub(in crate::room) now: Moment,
    /// Whether nothing changes any more: the Salon has ended.
    pub(in crate::room) ended: bool,
}

/// The list of the rooms of the kind `R`.
pub(in crate::room) struct Registry<R: Listing> {
    state: Mutex<State<R>>,
    hashes: RandomState,
    /// Wakes in the order of waiting, which a watch channel does not: a seed decides all.
    pub(super) changed: Notify,
}

struct State<R: Listing> {
    /// By place, which is the order of listing.
    lines: BTreeMap<Moment, Line<R>>,
    /// The places of the lines, by the hashes of their keys.
    places: HashTable<(u64, Moment)>,
    /// Each line once, by its last change.
    recent: BTreeMap<Moment, Moment>,
    /// The last removals: when, and of which place.
    removals: VecDeque<(Moment, Moment)>,
    /// The last removal that is not remembered any more.
    forgotten: Moment,
    now: Moment,
    ended: bool,
}

impl<R: Listing> Default for Registry<R> {
    fn default() -> Self {
        let state = State {
            lines: BTreeMap::new(),
            places: HashTable::new(),
            recent: BTreeMap::new(),
            removals: VecDeque::new(),
            forgotten: Moment::default(),
            now: Moment::default(),
            ended: false,
        };
        Self { state: Mutex::new(state), hashes: RandomState::new(), changed: Notify::new() }
    }
}

impl<R: Listing> Registry<R> {
    fn state(&self) -> MutexGuard<'_, State<R>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the list, and wakes who watches it. What the change leaves over is dropped without
    /// the lock.
    fn change<T>(&self, change: impl FnOnce(&mut State<R>) -> T) {
        let left_over = change(&mut self.state());
        self.changed.notify_waiters();
        drop(left_over);
    }

    /// Puts a room on the list, as the last one; its place. A former room of that key that is just
    /// closing goes off.
    pub(in crate::room) fn enter(
        &self,
        key: Arc<Contained<R::Key>>,
        entry: Arc<Contained<R::Entry>>,
    ) -> Moment {
        let hash = self.hashes.hash_one(&**key);
        let mut place = Moment::default();
        self.change(|state| {
            let former = state.place(hash, &key);
            let former = former.and_then(|former| state.remove(former));
            place = state.tick();
            let line = Line { place, key, entry, hash, changed: place };
            state.places.insert_unique(hash, (hash, place), |(hash, _)| *hash);
            state.recent.insert(place, place);
            state.lines.insert(place, line);
            former
        });
        place
    }

    pub(in crate::room) fn update(&self, place: Moment, entry: Arc<Contained<R::Entry>>) {
        self.change(|state| {
            let now = state.tick();
            // A newer room of that key may have its place.
            let line = state.lines.get_mut(&place)?;
            state.recent.remove(&line.changed);
            state.recent.insert(now, place);
            line.changed = now;
            Some(std::mem::replace(&mut line.entry, entry))
        });
    }

    pub(in crate::room) fn remove(&self, place: Moment) {
        self.change(|state| state.remove(place));
    }

    /// A list of a Salon that has ended.
    pub(in crate::room) fn ended() -> Arc<Self> {
        let registry = Self::default();
        registry.end();
        Arc::new(registry)
    }

    /// Nothing changes from here on: who watches need not wait.
    pub(in crate::room) fn end(&self) {
        self.change(|state| state.ended = true);
    }

    /// All lines, in the order in which they were listed.
    pub(in crate::room) fn lines(&self) -> Vec<Line<R>> {
        self.state().lines.values().cloned().collect()
    }

    /// The line of one room.
    pub(in crate::room) fn line(&self, key: &R::Key) -> Option<Line<R>> {
        let hash = self.hashes.hash_one(key);
        let state = self.state();
        state.place(hash, key).and_then(|place| state.lines.get(&place)).cloned()
    }

    /// What has changed since a moment, for one who knew of some places then.
    pub(super) fn since<T>(&self, seen: Moment, known: &BTreeMap<Moment, T>) -> Since<R> {
        let state = self.state();
        let changed = state.recent.range(Moment(seen.0 + 1)..);
        let mut lines: Vec<_> =
            changed.filter_map(|(_, at)| state.lines.get(at).cloned()).collect();
        lines.sort_unstable_by_key(|line| line.place);
        let mut gone: Vec<_> = if seen < state.forgotten {
            known.keys().filter(|place| !state.lines.contains_key(place)).copied().collect()
        } else {
            let newest = state.removals.iter().rev().take_while(|(at, _)| *at > seen);
            newest.map(|(_, place)| *place).filter(|place| known.contains_key(place)).collect()
        };
        gone.sort_unstable();
        Since { lines, gone, now: state.now, ended: state.ended }
    }
}

impl<R: Listing> State<R> {
    /// The next moment.
    fn tick(&mut self) -> Moment {
        self.now.0 += 1;
        self.now
    }

    /// The place of the room of that key.
    fn place(&self, hash: u64, key: &R::Key) -> Option<Moment> {
        let is_it = |place: &Moment| self.lines.get(place).is_some_and(|line| **line.key == *key);
        self.places.find(hash, |(_, place)| is_it(place)).map(|(_, place)| *place)
    }

    fn remove(&mut self, place: Moment) -> Option<Line<R>> {
        let line = self.lines.remove(&place)?;
        if let Ok(found) = self.places.find_entry(line.hash, |(_, other)| *other == place) {
            found.remove();
        }
        shed(&mut self.places, |(hash, _)| *hash);
        self.recent.remove(&line.changed);
        let now = self.tick();
        self.removals.push_back((now, place));
        while self.removals.len() > self.lines.len().max(REMEMBERED) {
            if let Some((at, _)) = self.removals.pop_front() {
                self.forgotten = at;
            }
        }
        self.removals.shed();
        Some(line)
    }
}

impl<R: Listing> fmt::Debug for Registry<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let listed = self.state().lines.len();
        f.debug_struct("Registry").field("kind", &R::NAME).field("listed", &listed).finish()
    }
}
