//! Who may do what, and until when.
//!
//! It must never be asked where a grant still holds: what it answers is kept by the session.

use std::{any::type_name, fmt, future::ready, marker::PhantomData, sync::Arc, time::SystemTime};

use bytestring::ByteString;
use futures_util::{FutureExt, future::LocalBoxFuture};

use super::{AnyIdentity, Grant, Permissions, SameAs};
use crate::base::{clock, refusal::Refusal};

/// Decides whether an identity may do what an event's `permit` names.
///
/// It is asked on the worker of the session that sent the event, and the session's later events
/// wait for its answer: for `timeouts.middleware` at most, then the event is refused as `timeout`.
/// What it grants is kept for the session and the room, and is not asked for again before its end;
/// what it refuses is.
///
/// ```
/// use std::time::Duration;
///
/// use salon::{Refusal, auth::{Authority, Grant, Question}};
///
/// struct Player { level: u32 }
///
/// /// Who has reached level 3 may do everything, for an hour at a time.
/// struct ByLevel;
///
/// impl Authority for ByLevel {
///     type Identity = Player;
///
///     async fn decide(&self, question: Question<Player>) -> Result<Grant, Refusal> {
///         if question.identity().level < 3 {
///             let permission = question.permission();
///             return Err(Refusal::forbidden(format!("{permission:?} is for level 3 and up")));
///         }
///         Ok(Grant::until(question.now() + Duration::from_secs(3600)))
///     }
/// }
/// ```
pub trait Authority: Send + Sync + 'static {
    /// What the namespace's authenticator yields.
    type Identity: Send + Sync + 'static;

    /// Decides about one permission of one session, in one room or in none.
    ///
    /// # Errors
    /// A [`Refusal`] is the answer to the event; [`Refusal::forbidden`] says that this identity has
    /// not this permission. It is not kept.
    fn decide(
        &self,
        question: Question<Self::Identity>,
    ) -> impl Future<Output = Result<Grant, Refusal>>;
}

/// What an [`Authority`] is asked: may this identity do this, in this room?
pub struct Question<I> {
    asked: Asked,
    of: PhantomData<fn() -> I>,
}

impl<I: 'static> Question<I> {
    /// Who it is.
    #[must_use]
    pub fn identity(&self) -> &I {
        // A namespace takes an authority of its own identity alone.
        self.asked.identity.downcast_ref().expect("the identity is of the namespace's type")
    }

    /// The permission, as the event's `permit` has it.
    #[must_use]
    pub fn permission(&self) -> &'static str {
        self.asked.permission
    }

    /// What the session may do by what it presented, such as the claims of its token.
    #[must_use]
    pub fn permissions(&self) -> &Permissions {
        &self.asked.permissions
    }

    /// The name of the room, `NAME:key`, if the event goes to one.
    #[must_use]
    pub fn room(&self) -> Option<&str> {
        self.asked.room.as_deref()
    }

    /// Wall time, by the clock that the grant's end will be held against: in a test it may be
    /// another one than the system's.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        clock::wall()
    }
}

/// Without the identity, which need not be printable.
impl<I> fmt::Debug for Question<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Question")
            .field("identity", &type_name::<I>())
            .field("permission", &self.asked.permission)
            .field("room", &self.asked.room)
            .finish()
    }
}

/// A question about an identity of a type that is not known here.
pub(crate) struct Asked {
    pub(crate) identity: AnyIdentity,
    pub(crate) permissions: Permissions,
    pub(crate) permission: &'static str,
    pub(crate) room: Option<ByteString>,
}

/// An authority of a type that is not known here.
pub(crate) type AnyAuthority =
    Arc<dyn Fn(Asked) -> LocalBoxFuture<'static, Result<Grant, Refusal>> + Send + Sync>;

/// Grants what the session's [`Permissions`] have, which a [`Jwt`](super::Jwt) reads from the claims
/// of its token: `lobby:*:play` is the permission `play` in every room of the kind `lobby`.
///
/// ```
/// use salon::{Salon, auth::{Jwt, ScopesInClaims}};
///
/// let salon = Salon::builder()
///     .authenticate(Jwt::<salon::auth::jwt::Claims>::hs256([7; 32])?)
///     .authority(ScopesInClaims)
///     .build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct ScopesInClaims;

/// What can be given to a builder as an authority of clients that are `I`: an [`Authority`] with that
/// `Identity`, or [`ScopesInClaims`], which takes every identity. `M` tells the two apart, and is never
/// written. It is not for others to implement.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an authority of clients that are `{I}`",
    note = "write `impl Authority for {Self}` with that `Identity`, or use `ScopesInClaims`",
    note = "if clients are to be something else, give the namespace an authenticator that yields it, by \
            `.authenticate(…)`, before its `.authority(…)`"
)]
pub trait IntoAuthority<I, M> {
    #[doc(hidden)]
    fn into_authority(self) -> ErasedAuthority;
}

/// An authority whose type is forgotten.
#[doc(hidden)]
pub struct ErasedAuthority(pub(crate) AnyAuthority);

/// An authority of the application's own.
#[doc(hidden)]
#[derive(Debug)]
pub struct Own;

impl<I, A: Authority<Identity: SameAs<I>>> IntoAuthority<I, Own> for A {
    fn into_authority(self) -> ErasedAuthority {
        ErasedAuthority(any_authority(self))
    }
}

impl<I> IntoAuthority<I, ScopesInClaims> for ScopesInClaims {
    fn into_authority(self) -> ErasedAuthority {
        let decide = |Asked { permissions, permission, room, .. }: Asked| {
            let has = permissions.allows(permission, room.as_deref());
            let decision = if has {
                // It ends with what the permissions came with.
                Ok(Grant::standing())
            } else {
                Err(Refusal::forbidden(format!("the permission {permission:?} is not among yours")))
            };
            ready(decision).boxed_local()
        };
        ErasedAuthority(Arc::new(decide))
    }
}

/// Forgets an authority's type.
fn any_authority<A: Authority>(authority: A) -> AnyAuthority {
    let authority = Arc::new(authority);
    Arc::new(move |asked| {
        let authority = authority.clone();
        let question = Question { asked, of: PhantomData };
        async move { authority.decide(question).await }.boxed_local()
    })
}
