//! What an authenticator yields: who a client is, and for how long.
//!
//! It must never show what it carries in a log: ids of users and of tokens are personal.

use std::{
    any::{Any, TypeId},
    fmt,
    sync::{Arc, LazyLock},
    time::SystemTime,
};

use bytestring::ByteString;

#[cfg(any(feature = "jwt", feature = "jwt-aws-lc"))]
use super::Lease;
use super::{Credential, Permissions};
use crate::base::{contained::Contained, meter::Tally};

/// An identity, with what the framework has to know of it.
///
/// An authenticator that has nothing to say but the identity returns `Ok(identity.into())`: such a
/// client has no subject, holds no permission, and its identity does not lapse.
///
/// ```
/// use std::time::{Duration, UNIX_EPOCH};
///
/// use salon::auth::Authenticated;
///
/// struct Player { name: String }
///
/// let until = UNIX_EPOCH + Duration::from_secs(4_102_444_800);
/// let ada = Authenticated::new(Player { name: "Ada".to_owned() })
///     .subject("user-7")
///     .until(until)
///     .permissions("lobby:*:play".parse()?);
/// assert_eq!(ada.identity().name, "Ada");
/// assert_eq!(ada.get_subject(), Some("user-7"));
/// assert_eq!(ada.expires(), Some(until));
/// # Ok::<(), salon::auth::PermissionsError>(())
/// ```
#[derive(Clone)]
pub struct Authenticated<I> {
    identity: I,
    credential: Credential,
}

impl<I> Authenticated<I> {
    /// An identity without subject, token, end or permissions.
    #[must_use]
    pub fn new(identity: I) -> Self {
        Self { identity, credential: Credential::default() }
    }

    /// Who it is, over all connections: the id of a user, for instance. Revoking a user reaches
    /// every session with this subject.
    #[must_use]
    pub fn subject(mut self, subject: impl Into<ByteString>) -> Self {
        self.credential.subject = Some(subject.into());
        self
    }

    /// The id of the token that was presented, `jti` in a JWT.
    #[must_use]
    pub fn token_id(mut self, token_id: impl Into<ByteString>) -> Self {
        self.credential.token_id = Some(token_id.into());
        self
    }

    /// When what was presented was issued: whoever is [revoked](crate::Salon::revoke) after that
    /// comes back with something newer only. If the issuer's clock may be ahead of this server's, the
    /// earliest moment that it may have been.
    #[must_use]
    pub fn issued(mut self, issued: SystemTime) -> Self {
        self.credential.issued = Some(issued);
        self
    }

    /// When the identity lapses; never if this is not called.
    #[must_use]
    pub fn until(mut self, expires: SystemTime) -> Self {
        self.credential.until = Some(expires);
        self
    }

    /// What it may do; nothing that wants a permission if this is not called.
    #[must_use]
    pub fn permissions(mut self, permissions: Permissions) -> Self {
        self.credential.permissions = permissions;
        self
    }

    /// What the identity stands on, beside its own end.
    #[cfg(any(feature = "jwt", feature = "jwt-aws-lc"))]
    #[must_use]
    pub(crate) fn lease(mut self, lease: Lease) -> Self {
        self.credential.lease = lease;
        self
    }

    /// The identity.
    #[must_use]
    pub fn identity(&self) -> &I {
        &self.identity
    }

    /// The identity, without the rest.
    #[must_use]
    pub fn into_identity(self) -> I {
        self.identity
    }

    /// Who it is, over all connections.
    #[must_use]
    pub fn get_subject(&self) -> Option<&str> {
        self.credential.subject.as_deref()
    }

    /// The id of the token that was presented.
    #[must_use]
    pub fn get_token_id(&self) -> Option<&str> {
        self.credential.token_id.as_deref()
    }

    /// When the identity lapses, as far as is known now: the end of a key that is being
    /// [rotated](super::jwt::Keys::rotate) counts.
    #[must_use]
    pub fn expires(&self) -> Option<SystemTime> {
        self.credential.expires()
    }

    /// What it may do.
    #[must_use]
    pub fn get_permissions(&self) -> &Permissions {
        &self.credential.permissions
    }
}

/// Everybody who is nobody in particular is so as one.
static NOBODY: LazyLock<AnyIdentity> =
    LazyLock::new(|| AnyIdentity(Arc::new(Contained::new((), Tally::NONE))));

/// An identity of a type that is not known here. Cloning it counts a reference; whoever drops the last
/// one takes no harm.
#[derive(Clone)]
pub(crate) struct AnyIdentity(Arc<dyn Identity>);

/// An identity, contained.
trait Identity: Any + Send + Sync {
    /// Drops it, as that of a session.
    fn release(&mut self, session: &str);
}

impl<I: Send + Sync + 'static> Identity for Contained<I> {
    fn release(&mut self, session: &str) {
        Self::release(self, session);
    }
}

impl AnyIdentity {
    fn new<I: Send + Sync + 'static>(identity: I, tally: Tally) -> Self {
        if TypeId::of::<I>() == TypeId::of::<()>() {
            NOBODY.clone()
        } else {
            Self(Arc::new(Contained::new(identity, tally)))
        }
    }

    /// The identity, if it is an `I`.
    pub(crate) fn downcast_ref<I: 'static>(&self) -> Option<&I> {
        let identity: &dyn Any = &*self.0;
        identity.downcast_ref::<Contained<I>>().map(|identity| &**identity)
    }

    /// A session needs it no more. If nobody else does it is dropped here, where it is known whose it
    /// was.
    pub(crate) fn release(&mut self, session: &str) {
        if let Some(identity) = Arc::get_mut(&mut self.0) {
            identity.release(session);
        }
    }
}

impl fmt::Debug for AnyIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnyIdentity").finish_non_exhaustive()
    }
}

impl<I: Send + Sync + 'static> Authenticated<I> {
    /// Forgets the identity's type.
    pub(crate) fn erase(self, tally: Tally) -> Authenticated<AnyIdentity> {
        let identity = AnyIdentity::new(self.identity, tally);
        Authenticated { identity, credential: self.credential }
    }
}

impl Authenticated<AnyIdentity> {
    pub(crate) fn into_parts(self) -> (AnyIdentity, Credential) {
        (self.identity, self.credential)
    }
}

impl<I> From<I> for Authenticated<I> {
    fn from(identity: I) -> Self {
        Self::new(identity)
    }
}

/// Without the identity, which is the application's, and may be anything.
impl<I> fmt::Debug for Authenticated<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authenticated")
            .field("credential", &self.credential)
            .finish_non_exhaustive()
    }
}
