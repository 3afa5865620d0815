//! Who a client is, and who may do what.
//!
//! It must never know a connection or a room: it answers questions about plain data.

mod authenticated;
mod authenticator;
mod credential;
mod handshake;
pub mod jwt;
mod lease;
mod permissions;
mod principal;

pub use authenticated::Authenticated;
pub use authenticator::{Anyone, Authenticator, Credentials};
pub use handshake::Handshake;
pub use jwt::Jwt;
pub use permissions::{Permissions, PermissionsError};
pub use principal::Principal;

pub(crate) use authenticated::AnyIdentity;
pub(crate) use authenticator::{AnyAuthenticator, any};
pub(crate) use credential::Credential;
pub(crate) use lease::{Lease, Lessor};
