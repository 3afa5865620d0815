//! Delivery: from whoever publishes to the sessions that are meant, on whichever worker they are.
//!
//! It knows sessions, and rooms by their ids and names alone. It must never know a room's type, nor
//! how a protocol writes what is published.

mod answering;
mod asking;
mod audience;
mod broadcaster;
mod command;
mod gate;
mod inbox;
mod local;
mod local_members;
mod local_sessions;
mod opening;
mod outlets;
mod pacing;
mod question;
mod recovery;
mod registered;
mod sessions;
mod settling;
mod shard;
mod socket;
mod target;
mod user;
mod window;

pub use self::{audience::Audience, question::Answers, socket::Socket, user::UserHandle};

pub(crate) use self::{
    answering::{acknowledgement, answer, refusal_of, refusing},
    asking::{Asker, reply},
    broadcaster::{Broadcaster, encode_or_log},
    command::Command,
    gate::{Gate, Sealing},
    opening::{Opened, Opener, too_many_open},
    outlets::Outlets,
    pacing::ready,
    recovery::{Claim, Recovered, Recovery},
    sessions::Sessions,
    shard::{Look, ShardHandle},
    target::Target,
    window::Window,
};

#[cfg(all(test, salon_loom))]
pub(crate) use self::opening::Openings;
