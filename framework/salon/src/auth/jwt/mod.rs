//! JSON Web Tokens (RFC 7519) as the way to become somebody.
//!
//! A [`Jwt`] is an [`Authenticator`](super::Authenticator): it takes the token that a client
//! presents, verifies it with a [`Key`] out of its [`Keys`], checks its claims, and makes the
//! namespace's identity of them.
//!
//! It must never sign anything, choose an algorithm by what a token says, believe a claim before
//! its signature is verified, tell a client why its token is refused, or log a token.

mod algorithm;
mod authenticator;
mod claims;
mod key;
mod key_error;
mod keys;
mod registered;
mod sources;
mod token;
mod token_error;
mod verification;

#[cfg(test)]
mod tests;

pub use authenticator::Jwt;
pub use claims::Claims;
pub use key::Key;
pub use key_error::KeyError;
pub use keys::Keys;
