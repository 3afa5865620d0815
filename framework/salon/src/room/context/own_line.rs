//! A room's own line on the list of its kind, and who keeps that list.
//!
//! It must never outlive the state that is on the list.

use std::sync::Arc;

use super::{event_context::EventContext, room_context::RoomContext};
use crate::{
    base::{contained::Contained, meter::Tally},
    room::{
        contract::{Listing, Room},
        life::RoomDirectory,
        listing::{Moment, Registry},
        lookup::kinds,
    },
};

impl<R: Listing> RoomContext<R> {
    /// Puts this room on the list of its kind, or changes its entry there, at once. An entry like
    /// the one before changes nothing, and wakes nobody: say it as often as you like.
    ///
    /// The room goes off the list by [`unlist`](Self::unlist), when it closes, and when its code
    /// panics: a state that is opened anew is not on it until it says so, for instance in
    /// [`open`](Room::open).
    pub fn list(&mut self, entry: R::Entry) {
        let own = self.line.as_mut().and_then(|line| line.downcast_mut::<OwnLine<R>>());
        if let Some(own) = own {
            own.update(entry);
        } else if let Some(directory) = kinds::directory::<R>(self.members.broadcaster()).upgrade()
        {
            let own =
                OwnLine::enter(directory.registry(), self.key().clone(), entry, directory.tally());
            self.line = Some(Box::new(Box::new(own)));
        }
    }

    /// Takes this room off the list, at once, if it is on it: a match that has begun, a lobby that
    /// is for friends only. It stays open.
    pub fn unlist(&mut self) {
        self.line = None;
    }
}

impl<R: Room> EventContext<'_, R> {
    /// As [`RoomContext::list`].
    pub fn list(&mut self, entry: R::Entry)
    where
        R: Listing,
    {
        RoomContext::list(self, entry);
    }
}

/// What the directory of a kind has of the list, which ends with this.
pub(super) struct Kept<R: Listing>(Arc<Registry<R>>);

impl<R: Listing> Drop for Kept<R> {
    fn drop(&mut self) {
        self.0.end();
    }
}

impl<R: Listing> RoomDirectory<R> {
    /// The list of this kind's rooms.
    pub(in crate::room) fn registry(&self) -> Arc<Registry<R>> {
        let kept = self.registry.get_or_init(|| Box::new(Kept::<R>(Arc::default())));
        // Nothing else is put there.
        let kept: &Kept<R> = kept.downcast_ref().expect("a directory keeps the list of its kind");
        kept.0.clone()
    }
}

/// What a room has of the list: its own line, which goes with this.
pub(super) struct OwnLine<R: Listing> {
    registry: Arc<Registry<R>>,
    place: Moment,
    entry: Arc<Contained<R::Entry>>,
    tally: Tally,
}

impl<R: Listing> OwnLine<R> {
    /// Puts a room on the list.
    pub(in crate::room) fn enter(
        registry: Arc<Registry<R>>,
        key: R::Key,
        entry: R::Entry,
        tally: Tally,
    ) -> Self {
        let entry = Arc::new(Contained::new(entry, tally));
        let place = registry.enter(Arc::new(Contained::new(key, tally)), entry.clone());
        Self { registry, place, entry, tally }
    }

    /// Changes the entry, if it is another one.
    pub(in crate::room) fn update(&mut self, entry: R::Entry) {
        if **self.entry != entry {
            self.entry = Arc::new(Contained::new(entry, self.tally));
            self.registry.update(self.place, self.entry.clone());
        }
    }
}

impl<R: Listing> Drop for OwnLine<R> {
    fn drop(&mut self) {
        self.registry.remove(self.place);
    }
}
