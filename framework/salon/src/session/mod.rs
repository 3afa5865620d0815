//! A session: one client in one namespace, as whoever sends to it or takes something from it sees it.
//!
//! It must never know a room's type, a transport or an actor.

pub(crate) mod acknowledgement;
pub(crate) mod auth_state;
pub(crate) mod claims;
pub(crate) mod handle;
pub(crate) mod membership;
pub(crate) mod session_id;
