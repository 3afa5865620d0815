//! Who a client is, and who may do what.
//!
//! It must never know a connection or a room: it answers questions about plain data.

mod authenticator;
mod authority;
mod grant;
mod grants;
mod handshake;
mod principal;

pub use authenticator::{Anyone, Authenticator, Credentials};
pub use authority::{Authority, Question};
pub use grant::Grant;
pub use handshake::Handshake;
pub use principal::Principal;

pub(crate) use authenticator::{AnyAuthenticator, AnyIdentity, any};
pub(crate) use authority::{AnyAuthority, Asked, any_authority};
pub(crate) use grant::Granted;
pub(crate) use grants::Grants;
