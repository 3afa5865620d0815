//! A token in its compact form (RFC 7515, section 7.1): what can be said of it without a key.
//!
//! It must never give away its claims as if they were true: they are, once a key has verified it.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, de::IgnoredAny};

use super::token_error::TokenError;

/// The members of a header that are looked at. Those that bring a key along (`jku`, `jwk`, `x5u`,
/// `x5c`) are not: who writes them could as well have signed the token with that key.
#[derive(Deserialize)]
struct Header {
    alg: String,
    #[serde(default)]
    kid: Option<String>,
    #[serde(default, deserialize_with = "is_there")]
    crit: bool,
}

/// True for any value, so that even `"crit": null` counts.
fn is_there<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| true)
}

/// A token that is well-formed, and not yet verified.
pub(super) struct Token<'a> {
    /// The algorithm that it says it is signed with.
    pub(super) algorithm: String,
    /// The id of the key that it says it is signed with.
    pub(super) kid: Option<String>,
    /// What is signed.
    pub(super) message: &'a [u8],
    /// The signature over it.
    pub(super) signature: Vec<u8>,
    payload: &'a str,
}

impl<'a> Token<'a> {
    /// Takes a token apart.
    pub(super) fn parse(token: &'a str, limit: usize) -> Result<Self, TokenError> {
        if token.len() > limit {
            return Err(TokenError::TooLong { found: token.len(), limit });
        }
        let mut parts = token.split('.');
        let (Some(header), Some(payload), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(TokenError::Parts { found: token.split('.').count() });
        };
        let decoded = decode("header", header)?;
        let parsed: Header = serde_json::from_slice(&decoded).map_err(|_| TokenError::Header)?;
        if parsed.crit {
            return Err(TokenError::Critical);
        }
        if parsed.alg.eq_ignore_ascii_case("none") {
            return Err(TokenError::Unsigned);
        }
        Ok(Self {
            algorithm: parsed.alg,
            kid: parsed.kid,
            message: &token.as_bytes()[..header.len() + 1 + payload.len()],
            signature: decode("signature", signature)?,
            payload,
        })
    }

    /// The claims, as JSON. To be asked for once the signature is verified.
    pub(super) fn claims(&self) -> Result<Vec<u8>, TokenError> {
        decode("payload", self.payload)
    }
}

fn decode(part: &'static str, text: &str) -> Result<Vec<u8>, TokenError> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| TokenError::Encoding(part))
}
