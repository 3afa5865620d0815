//! Who a client is, and who may do what.
//!
//! It must never know a connection or a room: it answers questions about plain data.

mod ahead;
mod authenticated;
mod authenticator;
mod authority;
mod credential;
mod fields;
mod grant;
mod grants;
mod handshake;
mod identified;
#[cfg(any(feature = "jwt", feature = "jwt-aws-lc"))]
pub mod jwt;
mod lease;
mod permissions;
mod principal;
mod revocations;
mod right;

pub use authenticated::Authenticated;
pub use authenticator::{Anyone, Authenticator, Credentials};
pub use authority::{Authority, IntoAuthority, Question, ScopesInClaims};
pub use fields::Fields;
pub use grant::Grant;
pub use handshake::Handshake;
pub use identified::{Identified, SameAs, Undecided, Unidentified, WhoIs};
#[cfg(any(feature = "jwt", feature = "jwt-aws-lc"))]
pub use jwt::Jwt;
pub use permissions::{Permissions, PermissionsError};
pub use principal::Principal;
pub use revocations::{What, Who};

pub(crate) use authenticated::AnyIdentity;
pub(crate) use authenticator::{AnyAuthenticator, any};
pub(crate) use authority::{AnyAuthority, Asked};
pub(crate) use credential::Credential;
pub(crate) use grant::Granted;
pub(crate) use grants::Grants;
pub(crate) use lease::Lease;
#[cfg(any(feature = "jwt", feature = "jwt-aws-lc"))]
pub(crate) use lease::Lessor;
pub(crate) use revocations::Revocations;
pub(crate) use right::{Lost, Right, hold_answer};
