//! Rooms: typed actors with members.
//!
//! It must never know a connection: outboxes and members are all that it sees of one.

mod check;
mod context;
mod contract;
mod handle;
mod kept;
mod life;
mod listing;
mod lookup;
mod membership;
mod presence;
mod rooms;
mod routes;
mod seats;

pub use self::{
    context::{EventContext, HasSender, LoadContext, RoomAudience, RoomContext},
    contract::{
        Checked, Guard, Listing, Receive, Reply, Restart, Room, RoomEvent, RoomEvents, RoomListed,
        Senders, SentByRoom, ToRoom,
    },
    handle::{Done, RoomHandle},
    listing::{Changes, Watch, Watching},
    membership::{LeaveReason, Member, PerMember},
    presence::{Presence, PresenceChange, PresenceSnapshot, Present, PresentUser},
    rooms::Rooms,
    seats::{Seats, Taken},
};

pub(crate) use self::{
    check::{CheckOutcome, Checking, Checks, bounded},
    contract::Guards,
    life::RoomDirectory,
    listing::{begin_watching, next_changes},
    lookup::{AnyDirectory, kinds},
    routes::{Deliver, Early, Forwarded, RoomRoute, Routes, SentByClient},
};
