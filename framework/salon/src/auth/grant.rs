//! A permission that was given, with its end.
//!
//! It must never be longer than whoever gave it said: there is no renewal by use.

use std::time::SystemTime;

/// A permission that was given: until a moment, or for as long as the session lives.
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// use salon::auth::Grant;
///
/// let soon = SystemTime::now() + Duration::from_secs(60);
/// assert_eq!(Grant::until(soon).end(), Some(soon));
/// assert_eq!(Grant::standing().end(), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a grant has an effect only where it is the answer of an authority"]
pub struct Grant {
    end: Option<SystemTime>,
}

impl Grant {
    /// A grant that ends at that moment of wall time. The moment itself is not covered: then the
    /// authority is asked anew.
    pub const fn until(end: SystemTime) -> Self {
        Self { end: Some(end) }
    }

    /// A grant that ends with the session, or when the session leaves the room that it is for.
    pub const fn standing() -> Self {
        Self { end: None }
    }

    /// The moment at which it ends; `None` if it is a standing one.
    #[must_use]
    pub const fn end(&self) -> Option<SystemTime> {
        self.end
    }

    /// Whether it holds at the moment that `now` tells, which is not asked for a standing one.
    pub(crate) fn holds(&self, now: impl FnOnce() -> SystemTime) -> bool {
        self.end.is_none_or(|end| now() < end)
    }
}

/// A grant, and the permission that it is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Granted {
    pub(crate) permission: &'static str,
    pub(crate) grant: Grant,
}
