//! The bounded outgoing queue of one connection, between whoever emits and the link that writes.
//!
//! It must never wait: a producer that finds it full gets told, and the connection is closed.
//! Control has a lane of its own, so that data cannot starve liveness; what a client may miss has one
//! behind what it may not, so that it ends and delays nothing.

mod along;
mod burst;
mod catching_up;
mod control;
mod drain;
mod lag;
mod lagging;
mod limits;
mod lossy;
mod making_room;
mod missed;
mod not_queued;
mod queue;
mod ready;
mod room;
mod state;
mod suppression;
mod telling;
mod terms;
mod transport_kind;

pub use not_queued::NotQueued;
pub use transport_kind::TransportKind;

pub(crate) use control::Control;
pub(crate) use drain::{Drained, Frames, LinkNumber, Sink};
pub(crate) use lag::Lag;
pub(crate) use missed::ToTell;
pub(crate) use queue::Outbox;
pub(crate) use room::Room;
pub(crate) use suppression::lapsed;
pub(crate) use terms::{End, Owner, Terms};
