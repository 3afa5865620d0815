//! What an event's derive says about its traffic.
//!
//! It must hold only what is known when the struct is compiled.

use crate::rate::Rate;

/// What the derive states about an event beside its name and its route.
///
/// ```
/// use salon::expanded::{Policy, Rate};
/// const POLICY: Policy = Policy::new().volatile().rate(Rate::new(5, std::time::Duration::from_secs(1), 5));
/// assert!(POLICY.volatile);
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Policy {
    /// A client whose transport is not writable at this moment does not get the event.
    pub volatile: bool,
    /// How often one session may send it.
    pub rate: Option<Rate>,
    /// Whether its sender must have an identity, one that an authenticator has yielded.
    pub auth: bool,
    /// What the namespace's authority is asked for.
    pub permission: Option<&'static str>,
    /// The codes of the application's own with which its handler refuses it, if it names them.
    pub refuses: Option<&'static [&'static str]>,
    /// The field with the key by which it is known if it is sent again, so that it is handled once.
    pub once: Option<&'static str>,
}

impl Policy {
    /// Delivered in full, not limited in rate, and nobody's in particular to send.
    #[must_use]
    pub const fn new() -> Self {
        let (volatile, auth) = (false, false);
        Self { volatile, rate: None, auth, permission: None, refuses: None, once: None }
    }

    /// Dropped for a client that is not writable.
    #[must_use]
    pub const fn volatile(mut self) -> Self {
        self.volatile = true;
        self
    }

    /// Limited for each session that sends it.
    #[must_use]
    pub const fn rate(mut self, rate: Rate) -> Self {
        self.rate = Some(rate);
        self
    }

    /// For senders with an identity.
    #[must_use]
    pub const fn auth(mut self) -> Self {
        self.auth = true;
        self
    }

    /// For senders to whom the authority grants that permission; they have an identity, too.
    #[must_use]
    pub const fn permission(mut self, permission: &'static str) -> Self {
        self.permission = Some(permission);
        self
    }

    /// Refused by its handler with these codes of the application's own, and no others.
    #[must_use]
    pub const fn refuses(mut self, codes: &'static [&'static str]) -> Self {
        self.refuses = Some(codes);
        self
    }

    /// Handled once for each key in that field.
    #[must_use]
    pub const fn once(mut self, field: &'static str) -> Self {
        self.once = Some(field);
        self
    }

    /// Whether its sender must have an identity, be it for a permission.
    #[must_use]
    pub const fn wants_identity(&self) -> bool {
        self.auth || self.permission.is_some()
    }
}
