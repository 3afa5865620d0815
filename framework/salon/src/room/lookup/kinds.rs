//! The kinds of rooms that one Salon has: from a room's type to those that are open.
//!
//! It must never keep a directory: they keep what this is a part of, and the Salon keeps them.

use std::sync::{Arc, Weak};

use crate::{
    hub::Broadcaster,
    room::{contract::Room, life::RoomDirectory},
};

/// Takes a kind of room in, while the Salon is built.
pub(crate) fn add<R: Room>(broadcaster: &Broadcaster, directory: &Arc<RoomDirectory<R>>) {
    broadcaster.kinds.add::<R>(Arc::downgrade(directory));
}

/// The directory of one kind.
///
/// # Panics
/// If there is no such kind.
pub(in crate::room) fn directory<R: Room>(broadcaster: &Broadcaster) -> Weak<RoomDirectory<R>> {
    let found = broadcaster.kinds.find::<R, Weak<RoomDirectory<R>>>();
    found.unwrap_or_else(|| {
        panic!("no room {:?} was added to this Salon: call .room::<…>() on its builder", R::NAME)
    })
}
