//! A key that verifies tokens, with the one algorithm that it is for.
//!
//! It must never be used with another algorithm than its own, nor show what it is made of.

use std::fmt;

#[cfg(not(feature = "jwt"))]
pub(super) use jsonwebtoken::crypto::aws_lc as backend;
#[cfg(feature = "jwt")]
pub(super) use jsonwebtoken::crypto::rust_crypto as backend;
use jsonwebtoken::{DecodingKey, crypto::JwtVerifier};

use super::{KeyError, algorithm::Algorithm};

/// Bits that an RSA key must have, at least.
const RSA_BITS: usize = 2048;
/// Bytes of an uncompressed point on P-256 (SEC 1, section 2.3.3).
const P256_BYTES: usize = 65;
/// Bytes of an Ed25519 public key (RFC 8032, section 5.1.5).
const ED25519_BYTES: usize = 32;

/// A key that verifies tokens, bound to one algorithm: whatever a token's header says, a key is
/// never used with another.
///
/// ```
/// use salon::auth::jwt::Key;
///
/// // Out of the environment, in a real app.
/// let secret = "W9cF3sXrkLq0yTnUj5mZ8bHd2gVaPe7i";
/// let key = Key::hs256(secret)?.issued_by("https://accounts.example.com");
///
/// let error = Key::hs256("too short").unwrap_err();
/// assert!(error.to_string().contains("openssl rand -base64 32"));
/// # Ok::<(), salon::auth::jwt::KeyError>(())
/// ```
#[derive(Clone)]
pub struct Key {
    algorithm: Algorithm,
    decoding: DecodingKey,
    issuer: Option<Box<str>>,
}

impl Key {
    /// A secret for HMAC with SHA-256, of 32 bytes at least.
    ///
    /// # Errors
    /// A [`KeyError`] if it is shorter, or is no secret.
    pub fn hs256(secret: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        Self::secret(Algorithm::Hs256, 32, secret.as_ref())
    }

    /// A secret for HMAC with SHA-384, of 48 bytes at least.
    ///
    /// # Errors
    /// A [`KeyError`] if it is shorter, or is no secret.
    pub fn hs384(secret: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        Self::secret(Algorithm::Hs384, 48, secret.as_ref())
    }

    /// A secret for HMAC with SHA-512, of 64 bytes at least.
    ///
    /// # Errors
    /// A [`KeyError`] if it is shorter, or is no secret.
    pub fn hs512(secret: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        Self::secret(Algorithm::Hs512, 64, secret.as_ref())
    }

    /// An RSA public key of 2048 bits at least, as a PEM file (`BEGIN PUBLIC KEY` or
    /// `BEGIN RSA PUBLIC KEY`), for RSASSA-PKCS1-v1_5 with SHA-256.
    ///
    /// # Errors
    /// A [`KeyError`] if there is no such key in it, or a shorter one.
    ///
    /// ```no_run
    /// use salon::auth::jwt::Key;
    ///
    /// let key = Key::rs256(std::fs::read("accounts.pub.pem")?)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn rs256(pem: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        let refused = KeyError::Pem { algorithm: Algorithm::Rs256.name(), wanted: "RSA" };
        let Ok(decoding) = DecodingKey::from_rsa_pem(pem.as_ref()) else { return Err(refused) };
        // The verifier looks at the key only when there is a token.
        let parts = decoding
            .try_get_as_bytes()
            .and_then(backend::DEFAULT_PROVIDER.key_utils.rsa_pub_components_from_public_key);
        let Ok((modulus, _)) = parts else { return Err(refused) };
        let found = bits(&modulus);
        if found < RSA_BITS {
            return Err(KeyError::ShortRsa { found });
        }
        Self::new(Algorithm::Rs256, decoding).ok_or(refused)
    }

    /// A public key on the curve P-256, as a PEM file (`BEGIN PUBLIC KEY`), for ECDSA with SHA-256.
    ///
    /// # Errors
    /// A [`KeyError`] if there is no such key in it.
    pub fn es256(pem: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        DecodingKey::from_ec_pem(pem.as_ref())
            .ok()
            // Not every backend looks at the curve before there is a token.
            .filter(|key| key.try_get_as_bytes().is_ok_and(|key| key.len() == P256_BYTES))
            .and_then(|decoding| Self::new(Algorithm::Es256, decoding))
            .ok_or(KeyError::Pem { algorithm: Algorithm::Es256.name(), wanted: "P-256" })
    }

    /// An Ed25519 public key, as a PEM file (`BEGIN PUBLIC KEY`), for EdDSA (RFC 8037).
    ///
    /// # Errors
    /// A [`KeyError`] if there is no such key in it.
    pub fn eddsa(pem: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        DecodingKey::from_ed_pem(pem.as_ref())
            .ok()
            // The verifier would panic at a shorter one.
            .filter(|key| key.try_get_as_bytes().is_ok_and(|key| key.len() == ED25519_BYTES))
            .and_then(|decoding| Self::new(Algorithm::EdDsa, decoding))
            .ok_or(KeyError::Pem { algorithm: Algorithm::EdDsa.name(), wanted: "Ed25519" })
    }

    /// Binds it to an issuer: it verifies only tokens whose `iss` is this one.
    ///
    /// Two keys may have the same `kid` if they are bound to different issuers.
    #[must_use]
    pub fn issued_by(mut self, issuer: impl Into<String>) -> Self {
        self.issuer = Some(issuer.into().into_boxed_str());
        self
    }

    fn secret(algorithm: Algorithm, wanted: usize, secret: &[u8]) -> Result<Self, KeyError> {
        let name = algorithm.name();
        if secret.trim_ascii_start().starts_with(b"-----BEGIN") {
            return Err(KeyError::PemAsSecret { algorithm: name });
        }
        let refused = KeyError::ShortSecret { algorithm: name, found: secret.len(), wanted };
        if secret.len() < wanted {
            return Err(refused);
        }
        Self::new(algorithm, DecodingKey::from_secret(secret)).ok_or(refused)
    }

    fn new(algorithm: Algorithm, decoding: DecodingKey) -> Option<Self> {
        let key = Self { algorithm, decoding, issuer: None };
        key.verifier().is_some().then_some(key)
    }

    /// Not by `jsonwebtoken::crypto::verify`: that takes the process's default backend, and panics
    /// if another crate switches a second one on.
    fn verifier(&self) -> Option<Box<dyn JwtVerifier>> {
        let make = backend::DEFAULT_PROVIDER.verifier_factory;
        make(&self.algorithm.implementation(), &self.decoding).ok()
    }

    /// Whether the signature over the message was made with this key.
    pub(super) fn verifies(&self, message: &[u8], signature: &Vec<u8>) -> bool {
        self.verifier().is_some_and(|verifier| verifier.verify(message, signature).is_ok())
    }

    /// The only algorithm that it is used with.
    pub(super) fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The only issuer that it is used for, if it is bound to one.
    pub(super) fn issuer(&self) -> Option<&str> {
        self.issuer.as_deref()
    }

    /// Whether both verify the same tokens.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.algorithm == other.algorithm
            && self.issuer == other.issuer
            && self.material().is_some_and(|material| other.material() == Some(material))
    }

    fn material(&self) -> Option<&[u8]> {
        self.decoding.try_get_as_bytes().ok()
    }
}

/// How many bits a big-endian number has.
fn bits(number: &[u8]) -> usize {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    let Some(first) = number.get(zeros) else { return 0 };
    (number.len() - zeros) * 8 - first.leading_zeros() as usize
}

/// Without what it is made of.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key")
            .field("algorithm", &self.algorithm)
            .field("issuer", &self.issuer)
            .finish_non_exhaustive()
    }
}
