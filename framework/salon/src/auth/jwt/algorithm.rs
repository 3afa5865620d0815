//! The signature algorithms (RFC 7518, section 3.1, and RFC 8037) that a key can be for.
//!
//! It must never have `none` among them.

use jsonwebtoken::Algorithm as Implementation;

/// A signature algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Algorithm {
    Hs256,
    Hs384,
    Hs512,
    Rs256,
    Es256,
    EdDsa,
}

impl Algorithm {
    /// As the `alg` of a token's header has it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Hs384 => "HS384",
            Self::Hs512 => "HS512",
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }

    pub(super) fn implementation(self) -> Implementation {
        match self {
            Self::Hs256 => Implementation::HS256,
            Self::Hs384 => Implementation::HS384,
            Self::Hs512 => Implementation::HS512,
            Self::Rs256 => Implementation::RS256,
            Self::Es256 => Implementation::ES256,
            Self::EdDsa => Implementation::EdDSA,
        }
    }
}
