//! Who a client is, and who may do what.
//!
//! It must never know a connection or a room: it answers questions about plain data.

mod handshake;
mod principal;

pub use handshake::Handshake;
pub(crate) use handshake::FirstOfEach;
pub use principal::Principal;
