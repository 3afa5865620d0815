//! The authenticator that asks for a token.
//!
//! It must never let two failures look different to a client.

use std::{fmt, marker::PhantomData, sync::Arc, time::Duration};

use serde::de::DeserializeOwned;

use super::{Claims, Key, KeyError, Keys, sources::Sources, token_error::TokenError};
use crate::{
    auth::{Authenticated, Authenticator, Credentials, Handshake},
    base::refusal::Refusal,
};

/// Bytes that a token may have, unless configured otherwise.
const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// Whose id a token is about.
type SubjectOf = Arc<dyn Fn(&Claims) -> Option<String> + Send + Sync>;

/// Makes identities out of JSON Web Tokens (RFC 7519). `I` is read from the claims of the token;
/// without a type of your own it is [`Claims`].
///
/// # Where the token is
///
/// In `auth.token` of a Socket.IO client, or else in the header `Authorization: Bearer …` of the
/// request that opened the connection, or else in a [cookie](Self::cookie) or a
/// [query parameter](Self::query) if one is named here. The first place that has a token counts.
///
/// # What is checked
///
/// - The signature, with one of the [`Keys`]. The algorithm is that of the key, and the `alg` of
///   the token must say the same. `crit` in a header is refused; `jku`, `jwk`, `x5u` and `x5c`,
///   which bring a key along, are ignored.
/// - `exp`, which must be there, `nbf` and `iat` if they are: numbers of seconds since 1970, before the
///   year 10000. A fraction is rounded: `nbf` up, the others down. What is of another type, and `null`,
///   is refused. What `iat` says makes no token valid or invalid by itself.
/// - `iss` and `aud`, if they are [configured](Self::issuer); and `iss` by a key that is
///   [bound to one](Key::issued_by).
/// - That each claim is there once, and that the claims fit `I`.
///
/// Whatever is wrong, or if there is no token at all, the client gets the same `connect_error`, with
/// the code `unauthorized`; the log has the reason, without the token.
///
/// # What comes of it
///
/// | claim | becomes |
/// |---|---|
/// | all | the identity `I` |
/// | `sub` | the [subject](Authenticated::subject), unless [`subject_of`](Self::subject_of) says otherwise |
/// | `jti` | the [token's id](Authenticated::token_id) |
/// | `iat` | when it was [issued](Authenticated::issued): one that was issued before its user was [revoked](crate::Salon::revoke) is refused |
/// | `exp` | the [end](Authenticated::until), with the leeway; earlier if the key ends earlier |
/// | `permissions`, or else `scope` | the [permissions](crate::auth::Permissions) |
///
/// ```
/// use salon::{auth::Jwt, prelude::*};
///
/// /// Read from the claims.
/// #[derive(Deserialize)]
/// struct Player {
///     sub: String,
///     name: String,
/// }
///
/// // Out of the environment, in a real app.
/// let secret = "W9cF3sXrkLq0yTnUj5mZ8bHd2gVaPe7i";
/// let tokens = Jwt::<Player>::hs256(secret)?
///     .issuer("https://accounts.example.com")
///     .audience("lobby");
/// let salon = Salon::builder().authenticate(tokens).build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Jwt<I = Claims> {
    pub(super) keys: Keys,
    pub(super) sources: Sources,
    pub(super) issuers: Vec<String>,
    pub(super) audiences: Vec<String>,
    pub(super) leeway: Duration,
    pub(super) max_token_bytes: usize,
    pub(super) subject_of: Option<SubjectOf>,
    identity: PhantomData<fn() -> I>,
}

/// With one key; the [`Keys`] can be changed later all the same.
impl<I> Jwt<I> {
    /// Tokens signed by HMAC with SHA-256, with a secret of 32 bytes at least.
    ///
    /// # Errors
    /// A [`KeyError`] if it is shorter, or is no secret.
    pub fn hs256(secret: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        Key::hs256(secret).map(Self::with_key)
    }

    /// Tokens signed by HMAC with SHA-384, with a secret of 48 bytes at least.
    ///
    /// # Errors
    /// A [`KeyError`] if it is shorter, or is no secret.
    pub fn hs384(secret: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        Key::hs384(secret).map(Self::with_key)
    }

    /// Tokens signed by HMAC with SHA-512, with a secret of 64 bytes at least.
    ///
    /// # Errors
    /// A [`KeyError`] if it is shorter, or is no secret.
    pub fn hs512(secret: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        Key::hs512(secret).map(Self::with_key)
    }

    /// Tokens signed by RSASSA-PKCS1-v1_5 with SHA-256; a public key of 2048 bits at least, as a
    /// PEM file.
    ///
    /// # Errors
    /// A [`KeyError`] if there is no such key in it, or a shorter one.
    pub fn rs256(pem: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        Key::rs256(pem).map(Self::with_key)
    }

    /// Tokens signed by ECDSA on P-256 with SHA-256; a public key as a PEM file.
    ///
    /// # Errors
    /// A [`KeyError`] if there is no such key in it.
    pub fn es256(pem: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        Key::es256(pem).map(Self::with_key)
    }

    /// Tokens signed by Ed25519; a public key as a PEM file.
    ///
    /// # Errors
    /// A [`KeyError`] if there is no such key in it.
    pub fn eddsa(pem: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        Key::eddsa(pem).map(Self::with_key)
    }

    fn with_key(key: Key) -> Self {
        Self::with_keys(Keys::from(key))
    }

    /// Tokens signed with any of several keys, which can be replaced while the server runs: keep a
    /// clone of them.
    #[must_use]
    pub fn with_keys(keys: Keys) -> Self {
        Self {
            keys,
            sources: Sources::default(),
            issuers: Vec::new(),
            audiences: Vec::new(),
            leeway: Duration::ZERO,
            max_token_bytes: MAX_TOKEN_BYTES,
            subject_of: None,
            identity: PhantomData,
        }
    }
}

impl<I> Jwt<I> {
    /// Who may have issued a token, as its `iss` has it, to the letter; called again it adds
    /// another. Anybody who has a key, if it is never called.
    #[must_use]
    pub fn issuer(mut self, issuer: impl Into<String>) -> Self {
        self.issuers.push(issuer.into());
        self
    }

    /// Whom a token must be for: one of its `aud` must be this, to the letter; called again it adds
    /// another. If it is never called, `aud` is not looked at, and a token that the same issuer has
    /// made for another service is good here too.
    #[must_use]
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audiences.push(audience.into());
        self
    }

    /// How far the issuer's clock may be from this one's; nothing by default. A token is good for
    /// that much longer, at both ends. And a [revocation](crate::Salon::revoke) of its user refuses
    /// every token whose `iat` is not later than the revocation by more than that: it may have been
    /// there before.
    #[must_use]
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway;
        self
    }

    /// Takes the token from the cookie of that name too. If a request has two of that name, which a
    /// neighbouring host can bring about, the token is refused.
    ///
    /// A browser sends cookies with any page's request, so that the origin has to be checked:
    /// `build` refuses it together with [`Origins::Any`](crate::config::Origins::Any).
    ///
    /// ```
    /// use salon::{BuildError, Salon, auth::{Jwt, jwt::Claims}, config::Origins};
    ///
    /// let tokens = Jwt::<Claims>::hs256([1; 32])?.cookie("token");
    /// let salon = Salon::builder().authenticate(tokens).origins(Origins::Any).build();
    /// assert!(matches!(salon, Err(BuildError::CookieFromAnyOrigin { .. })));
    /// # Ok::<(), salon::auth::jwt::KeyError>(())
    /// ```
    #[must_use]
    pub fn cookie(mut self, name: impl Into<String>) -> Self {
        self.sources.cookie = Some(name.into());
        self
    }

    /// Takes the token from that parameter of the query string too.
    ///
    /// URLs are written to the logs of servers and proxies, actix-web's `Logger` among them, and to
    /// histories. Do it only for clients that can do nothing else, with tokens that expire within
    /// minutes.
    #[must_use]
    pub fn query(mut self, parameter: impl Into<String>) -> Self {
        self.sources.query = Some(parameter.into());
        self
    }

    /// How many bytes a token may have; 8 KiB by default.
    #[must_use]
    pub fn max_token_bytes(mut self, bytes: usize) -> Self {
        self.max_token_bytes = bytes;
        self
    }

    /// Whose id a token is about; its `sub` by default.
    ///
    /// A `sub` is unique for its issuer alone. If several are accepted, say here how they are told
    /// apart, or else revoking a user of one revokes its namesake of the other.
    ///
    /// ```
    /// use salon::auth::{Jwt, jwt::{Claims, Keys}};
    ///
    /// let tokens = Jwt::<Claims>::with_keys(Keys::new()).subject_of(|claims| {
    ///     Some(format!("{} {}", claims.text("iss")?, claims.text("sub")?))
    /// });
    /// ```
    #[must_use]
    pub fn subject_of(
        mut self,
        subject_of: impl Fn(&Claims) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.subject_of = Some(Arc::new(subject_of));
        self
    }

    /// The keys that are in use.
    #[must_use]
    pub fn keys(&self) -> &Keys {
        &self.keys
    }
}

impl<I: DeserializeOwned + Send + Sync + 'static> Authenticator for Jwt<I> {
    type Identity = I;

    async fn authenticate(&self, credentials: Credentials) -> Result<Authenticated<I>, Refusal> {
        self.check(&credentials).map_err(|error| {
            error.log(credentials.namespace());
            TokenError::refusal()
        })
    }

    fn reads_cookies(&self) -> bool {
        self.sources.cookie.is_some()
    }

    fn is_presented(&self, handshake: &Handshake) -> bool {
        self.sources.are_used(handshake)
    }
}

impl<I> Clone for Jwt<I> {
    fn clone(&self) -> Self {
        Self {
            keys: self.keys.clone(),
            sources: self.sources.clone(),
            issuers: self.issuers.clone(),
            audiences: self.audiences.clone(),
            leeway: self.leeway,
            max_token_bytes: self.max_token_bytes,
            subject_of: self.subject_of.clone(),
            identity: PhantomData,
        }
    }
}

impl<I> fmt::Debug for Jwt<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jwt")
            .field("keys", &self.keys)
            .field("sources", &self.sources)
            .field("issuers", &self.issuers)
            .field("audiences", &self.audiences)
            .field("leeway", &self.leeway)
            .field("max_token_bytes", &self.max_token_bytes)
            .finish_non_exhaustive()
    }
}
