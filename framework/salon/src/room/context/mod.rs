//! What a room's code has in hand while it runs: who sent what, whom it speaks to, and when.
//!
//! It must never touch the actor while a handler runs: what changes it is noted, and done after.

mod antechamber;
mod asking;
mod event_context;
mod keeping;
mod load_context;
mod newest;
mod own_line;
mod pacing;
mod parting;
mod reaching;
mod recipients;
mod room_context;
mod throttling;
mod timing;

pub use self::{
    asking::HasSender, event_context::EventContext, load_context::LoadContext,
    recipients::RoomAudience, room_context::RoomContext,
};

pub(super) use self::room_context::{Action, Joining, Make, Step};
