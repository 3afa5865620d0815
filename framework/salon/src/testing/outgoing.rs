//! What a client of the lab is about to send.
//!
//! It must never know how that is carried.

use crate::wire::engine_io;

/// What is to be sent, by whatever link there is.
#[derive(Debug)]
pub(super) enum Outgoing {
    Packet(engine_io::Packet),
    /// The client leaves, where that is to close the link in a way of its own.
    Goodbye,
    /// The client closes the link.
    Close,
}
