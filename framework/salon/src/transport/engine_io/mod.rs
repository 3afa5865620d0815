//! Engine.IO over HTTP: its endpoint, long polling, and the move from that to a WebSocket.
//!
//! It must never hold state of a connection beyond one request: the next may land on any worker.

mod endpoint;
mod polling;
mod posting;
mod receiving;
mod upgrade;

pub(crate) use self::endpoint::configure;

pub(super) use self::{endpoint::admit, polling::open_packet};
