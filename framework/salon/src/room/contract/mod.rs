//! What an application says of its rooms: the traits that it implements, and what it may name in them.
//!
//! It must never say how a room is run.

mod entry;
mod guard;
mod listed;
mod listing;
mod messages;
mod restart;
mod room;
mod sends;

pub use self::{
    entry::ToRoom,
    guard::{Checked, Guard},
    listed::RoomListed,
    listing::Listing,
    messages::{Receive, Reply},
    restart::Restart,
    room::{Room, RoomEvent, RoomEvents, Senders},
    sends::SentByRoom,
};

pub(crate) use self::guard::Guards;

pub(super) use self::{entry::not_a_member, restart::Restarts, room::TakesEvents};
