//! Whom an Engine.IO session id belongs to.
//!
//! It must never be sent to a client: it is what stops one client from using the id of another.

use std::sync::Arc;

/// Whom a session id is bound to: every later request that presents the id must come from the
/// same principal.
///
/// ```
/// use salon::auth::Principal;
/// assert_eq!(Principal::named("user-7"), Principal::named("user-7"));
/// assert_ne!(Principal::named("user-7"), Principal::anonymous());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Principal(Option<Arc<str>>);

impl Principal {
    /// Nobody in particular: the session id alone is the proof.
    #[must_use]
    pub fn anonymous() -> Self {
        Self(None)
    }

    /// Somebody, by a name that the application can tell from a request, for instance a user id
    /// out of a cookie.
    #[must_use]
    pub fn named(name: impl Into<Arc<str>>) -> Self {
        Self(Some(name.into()))
    }
}
