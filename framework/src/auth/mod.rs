//! Who a client is, and who may do what.
//!
//! It must never know a connection or a room: it answers questions about plain data.

mod authenticator;
mod handshake;
mod principal;

pub use authenticator::{Anyone, Authenticator, Credentials};
pub use handshake::Handshake;
pub use principal::Principal;

pub(crate) use authenticator::{AnyAuthenticator, AnyIdentity, any};
