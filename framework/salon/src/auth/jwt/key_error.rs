//! Why a key is refused.
//!
//! It must never show any part of the key.

/// Why a [`Key`](super::Key) is refused. It never shows the key.
///
/// ```
/// use salon::auth::jwt::{Key, KeyError};
///
/// let error = Key::hs512([1; 32]).unwrap_err();
/// assert_eq!(error, KeyError::ShortSecret { algorithm: "HS512", found: 32, wanted: 64 });
/// assert!(error.to_string().ends_with("make one with `openssl rand -base64 64`"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The secret is shorter than the hash (RFC 7518, section 3.2).
    #[error(
        "a secret of {found} bytes is too short for {algorithm}, which wants {wanted} at least; make one with `openssl rand -base64 {wanted}`"
    )]
    ShortSecret {
        /// The algorithm.
        algorithm: &'static str,
        /// Its bytes.
        found: usize,
        /// How many it must have.
        wanted: usize,
    },
    /// The secret is a PEM file: a public key is known to everybody, so that everybody could sign.
    #[error(
        "the secret for {algorithm} is a PEM file; verify with a public key by rs256, es256 or eddsa, or make a secret with `openssl rand -base64 64`"
    )]
    PemAsSecret {
        /// The algorithm.
        algorithm: &'static str,
    },
    /// There is no public key for the algorithm in the PEM file.
    #[error(
        "this PEM file has no {wanted} public key for {algorithm}; make one of a private key with `openssl pkey -in private.pem -pubout`"
    )]
    Pem {
        /// The algorithm.
        algorithm: &'static str,
        /// The kind of key that it wants.
        wanted: &'static str,
    },
    /// The RSA key has fewer than 2048 bits (RFC 7518, section 3.3).
    #[error(
        "an RSA key of {found} bits is too short for RS256, which wants 2048 at least; make one with `openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072`"
    )]
    ShortRsa {
        /// Its bits.
        found: usize,
    },
}
