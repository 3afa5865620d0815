//! The kinds of rooms that one Salon has: from a room's type to those that are open.
//!
//! It must never keep a directory: they keep what this is a part of, and the Salon keeps them.

use std::{
    any::{Any, TypeId},
    collections::HashMap,
    fmt,
    sync::{Arc, PoisonError, RwLock, Weak},
};

use super::{Directory, Listing, Room, RoomHandle, Rooms};

/// Every kind of room, each as a `Weak<Directory<R>>` by the type of `R`.
#[derive(Default)]
pub(crate) struct Kinds(RwLock<HashMap<TypeId, Box<dyn Any + Send + Sync>>>);

impl Kinds {
    /// Takes a kind in, while the Salon is built.
    pub(crate) fn add<R: Room>(&self, directory: &Arc<Directory<R>>) {
        let directory = Arc::downgrade(directory);
        let mut kinds = self.0.write().unwrap_or_else(PoisonError::into_inner);
        kinds.insert(TypeId::of::<R>(), Box::new(directory));
    }

    /// One room, whether it is open or not.
    ///
    /// # Panics
    /// If there is no such kind.
    pub(crate) fn room<R: Room>(&self, key: &R::Key) -> RoomHandle<R> {
        RoomHandle::new(key.clone(), self.directory())
    }

    /// The rooms of one kind.
    ///
    /// # Panics
    /// If there is no such kind.
    pub(crate) fn rooms<R: Listing>(&self) -> Rooms<R> {
        Rooms::new(self.directory())
    }

    /// The directory of one kind.
    ///
    /// # Panics
    /// If there is no such kind.
    pub(super) fn directory<R: Room>(&self) -> Weak<Directory<R>> {
        let directory = {
            let kinds = self.0.read().unwrap_or_else(PoisonError::into_inner);
            kinds.get(&TypeId::of::<R>()).and_then(|kind| kind.downcast_ref()).cloned()
        };
        directory.unwrap_or_else(|| {
            panic!(
                "no room {:?} was added to this Salon: call .room::<…>() on its builder",
                R::NAME
            )
        })
    }
}

impl fmt::Debug for Kinds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds = self.0.read().unwrap_or_else(PoisonError::into_inner);
        f.debug_tuple("Kinds").field(&kinds.len()).finish()
    }
}
