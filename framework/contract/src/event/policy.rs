//! What an event's derive says about its traffic.
//!
//! It must hold only what is known when the struct is compiled.

use std::time::Duration;

use super::{
    loss::{Dropped, Loss},
    overflow::Overflow,
};
use crate::rate::Rate;

/// What the derive states about an event beside its name and its route.
///
/// ```
/// use salon::{event::Loss, expanded::{Policy, Rate}};
/// const POLICY: Policy = Policy::new().volatile().rate(Rate::new(5, std::time::Duration::from_secs(1), 5));
/// assert_eq!(POLICY.loss, Loss::Volatile);
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Policy {
    /// What a client that is slow may miss of it.
    pub loss: Loss,
    /// In how long a room sends one of each key at most.
    pub throttle: Option<Duration>,
    /// What becomes of a client whose outbox has no place for it.
    pub overflow: Overflow,
    /// In how long a client acknowledges it, or is sent it once more.
    pub acked: Option<Duration>,
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
        Self {
            loss: Loss::None,
            throttle: None,
            overflow: Overflow::Lag,
            acked: None,
            rate: None,
            auth: false,
            permission: None,
            refuses: None,
            once: None,
        }
    }

    /// Dropped for a client that is not writable.
    #[must_use]
    pub const fn volatile(mut self) -> Self {
        self.loss = Loss::Volatile;
        self
    }

    /// Of each key a client that is slow gets the newest alone.
    #[must_use]
    pub const fn latest(mut self) -> Self {
        self.loss = Loss::Latest;
        self
    }

    /// Of what waits for one client at most `queue` are kept, the newest.
    #[must_use]
    pub const fn drop_oldest(mut self, queue: u16) -> Self {
        self.loss = Loss::Drop { which: Dropped::Oldest, queue };
        self
    }

    /// Of what waits for one client at most `queue` are kept, the oldest.
    #[must_use]
    pub const fn drop_newest(mut self, queue: u16) -> Self {
        self.loss = Loss::Drop { which: Dropped::Newest, queue };
        self
    }

    /// Sent by a room once for each key and interval at most.
    #[must_use]
    pub const fn throttle(mut self, interval: Duration) -> Self {
        self.throttle = Some(interval);
        self
    }

    /// A client that has no place for it is cut off, also where it might read it later.
    #[must_use]
    pub const fn overflow_closes(mut self) -> Self {
        self.overflow = Overflow::Close;
        self
    }

    /// Sent once more by its room to whom has not acknowledged it in that time.
    #[must_use]
    pub const fn acked(mut self, within: Duration) -> Self {
        self.acked = Some(within);
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
