//! Why a token is refused: for the log alone.
//!
//! It must never carry a token, nor more of what is in one than the first characters of `kid` and
//! `iss`; and a client must never be told which of these it was.

use crate::{
    auth::PermissionsError,
    base::{
        logged::{self, Logged},
        refusal::Refusal,
    },
};

/// Why a token is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum TokenError {
    #[error("no token was presented; it belongs into `auth.token` or `Authorization: Bearer`")]
    Missing,
    #[error("`auth` is not an object whose `token` is a text")]
    Presentation,
    #[error(
        "the cookie of the token is there more than once; clear it for other paths and domains"
    )]
    TwoCookies,
    #[error("the token has {found} bytes; at most {limit} are allowed (Jwt::max_token_bytes)")]
    TooLong { found: usize, limit: usize },
    #[error("the token has {found} parts instead of three")]
    Parts { found: usize },
    #[error("the {0} of the token is not in base64url without padding")]
    Encoding(&'static str),
    #[error("the header of the token is not an object with an `alg`, each member once")]
    Header,
    #[error("the header of the token has `crit`, and no extension is understood")]
    Critical,
    #[error("the token is not signed: its `alg` is none")]
    Unsigned,
    #[error("no key in use has the kid {kid:?}; add it to the Keys")]
    UnknownKey { kid: Option<String> },
    #[error("the token's `alg` is {found:?}, but its key is for {wanted}")]
    Algorithm { found: String, wanted: &'static str },
    #[error("the signature is of another key, or of another token")]
    Signature,
    #[error("the claims are not a JSON object")]
    Claims,
    #[error("there are two claims {0:?}")]
    Duplicate(String),
    #[error("there is no `exp`; a token must expire")]
    NoExpiry,
    #[error("`{claim}` is not {wanted}")]
    WrongType { claim: &'static str, wanted: &'static str },
    #[error("it has expired")]
    Expired,
    #[error("it is not valid yet, by its `nbf`")]
    TooEarly,
    #[error("its key is bound to the issuer {wanted:?}, but its `iss` is {found:?}")]
    KeyIssuer { found: Option<String>, wanted: String },
    #[error("its `iss` is {found:?}, which is not one that Jwt::issuer names")]
    Issuer { found: Option<String> },
    #[error("its `aud` has none that Jwt::audience names")]
    Audience,
    #[error("its permissions are refused: {0}")]
    Permissions(#[from] PermissionsError),
    #[error("its claims do not fit {0}")]
    Identity(&'static str),
}

impl TokenError {
    /// Writes the reason to the log. A token that was signed with a key in use, and is refused
    /// nevertheless, is likely to be this server's or its issuer's fault; anybody can send others.
    pub(super) fn log(&self, namespace: &str) {
        match self {
            Self::KeyIssuer { .. }
            | Self::Issuer { .. }
            | Self::Audience
            | Self::Claims
            | Self::Duplicate(_)
            | Self::NoExpiry
            | Self::WrongType { .. }
            | Self::Permissions(_)
            | Self::Identity(_) => {
                let (namespace, reason) = (logged::namespace(namespace), Logged(self));
                tracing::warn!(%namespace, %reason, "a signed token is refused");
            }
            Self::Missing
            | Self::Presentation
            | Self::TwoCookies
            | Self::TooLong { .. }
            | Self::Parts { .. }
            | Self::Encoding(_)
            | Self::Header
            | Self::Critical
            | Self::Unsigned
            | Self::UnknownKey { .. }
            | Self::Algorithm { .. }
            | Self::Signature
            | Self::Expired
            | Self::TooEarly => {
                let (namespace, reason) = (logged::namespace(namespace), Logged(self));
                tracing::debug!(%namespace, %reason, "a token is refused");
            }
        }
    }

    /// What the client is told: the same, whatever is wrong.
    pub(super) fn refusal() -> Refusal {
        Refusal::unauthorized("a valid token is required")
    }
}
