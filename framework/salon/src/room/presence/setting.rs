//! Whether the members of a room are told who is there, and how.
//!
//! It must never keep who that is.

use std::{fmt, sync::Arc, time::Duration};

use serde_json::Value;

use crate::{payload::PayloadError, room::context::RoomContext, session::handle::SessionHandle};

/// Whether a room tells its members who is there, and how: a value of [`Room::PRESENCE`](crate::Room::PRESENCE).
pub struct Presence<R> {
    pub(super) of: Option<Hooks<R>>,
    pub(super) grace: Duration,
    pub(super) after_lapse: bool,
    pub(super) most: usize,
    #[cfg(feature = "contract")]
    pub(crate) schema: Option<salon_contract::schema::Make>,
}

/// The room's side of it, where `R` is not known to be [`Present`](super::Present).
pub(super) struct Hooks<R> {
    pub(super) meta: fn(&R, &Arc<SessionHandle>) -> Result<Value, PayloadError>,
    pub(super) absent: fn(&mut R, &str, &mut RoomContext<R>),
}

impl<R> Presence<R> {
    /// Nobody is told, and nothing is kept.
    pub const OFF: Self = Self {
        of: None,
        grace: Duration::ZERO,
        after_lapse: false,
        most: 0,
        #[cfg(feature = "contract")]
        schema: None,
    };

    /// Whether anybody is told.
    #[cfg(feature = "contract")]
    pub(crate) const fn is_on(&self) -> bool {
        self.of.is_some()
    }

    /// How long a user whose last connection was lost is still taken to be there, so that who comes
    /// back in time has not been away. One who leaves, is put out or loses its right is gone at
    /// once (see [`after_lapse`](Self::after_lapse)), and so is one without a subject, who cannot be
    /// known again.
    #[must_use]
    pub const fn grace(self, grace: Duration) -> Self {
        Self { grace, ..self }
    }

    /// Gives the grace also to those whose right to be there ended, so that one whose token ran out
    /// keeps the seat while fetching another. A [revocation](crate::Salon::revoke) ends a right like
    /// any other: whoever is to be gone by it at once is to be put out of the room as well.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use salon::{Presence, Present};
    ///
    /// const fn of_a_lobby<R: Present>() -> Presence<R> {
    ///     Presence::on().grace(Duration::from_secs(30)).after_lapse()
    /// }
    /// ```
    #[must_use]
    pub const fn after_lapse(self) -> Self {
        Self { after_lapse: true, ..self }
    }

    /// With more users than this the members are told how many there are, once a second at most,
    /// and not who: `salon:presence { room, count }`. When a quarter less is left they are given the
    /// list again.
    #[must_use]
    pub const fn count_above(self, users: usize) -> Self {
        Self { most: users, ..self }
    }
}

impl<R> fmt::Debug for Presence<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { of, grace, after_lapse, most, .. } = self;
        f.debug_struct("Presence")
            .field("on", &of.is_some())
            .field("grace", grace)
            .field("after_lapse", after_lapse)
            .field("count_above", most)
            .finish()
    }
}
