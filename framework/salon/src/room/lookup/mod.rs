//! How a room is found, opened and reached: by its key, by a link, with a ticket.
//!
//! It must never know what a room's actor does with what it is sent.

mod directory;
pub(crate) mod kinds;
mod link;
mod open_rooms;
mod sent;
mod ticket;

pub(crate) use self::directory::AnyDirectory;

pub(super) use self::{
    directory::{Directory, Start, Starts},
    link::Reachable,
    sent::{
        Asked, Attending, Broadcast, Lapse, Leave, Linger, Listed, PutOut, ReturnPath, SendAgain,
        Sent, SentForLater, SessionEnded, Shut, Told,
    },
    ticket::Ticket,
};
