//! Events: what the contract has of them, and what becomes of their answers here.
//!
//! It must never know a connection, a room's actor or a transport: where an event goes is a type, its
//! [`Route`].

mod expected;
mod lists;
mod time_limit;

pub use salon_contract::event::{
    Answer, Dropped, Event, EventKey, Includes, IntoReply, Kind, Later, Loss, Nowhere, On, OnLater,
    Overflow, ReservedName, Route, SentEvent, SentEvents, SentListed, Surroundings, decode,
    decode_reply, encode, encode_reply,
};

pub use crate::base::config::Rate;

pub(crate) use expected::expected;
pub(crate) use lists::{list, lists};
pub(crate) use salon_contract::event::{Awaited, Policy, Shape, Then, decode_or_refuse, sealed};
pub(crate) use time_limit::{Waited, too_late, wait};

/// What begins the names that are not the app's.
pub(crate) const OWN: &str = "salon:";

/// The event by which a client presents something newer: a JSON object as its `auth` was, so
/// `{ token }` by custom.
pub(crate) const REFRESH: &str = "salon:refresh";

/// The event by which a client of the plain protocol says who it is.
pub(crate) const CONNECT: &str = "salon:connect";

/// The event by which a client of the plain protocol says goodbye, where its transport has no way to.
pub(crate) const BYE: &str = "salon:bye";

/// The event by which a client leaves a room that it is in, by the room's name.
pub(crate) const LEAVE: &str = "salon:leave";

/// The event by which a client asks once more for what it missed of a room that it is in.
pub(crate) const REPLAY: &str = "salon:replay";

/// The event that tells the members of a room who is there.
pub(crate) const PRESENCE: &str = "salon:presence";
