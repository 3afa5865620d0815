//! How often a room that panics is opened anew before it is given up.
//!
//! It must never count beyond its period, nor keep more than it needs to count.

use std::{collections::VecDeque, time::Duration};

use crate::base::clock::{self, Instant};

/// What becomes of a room whose code panics, as a constant of each kind of room:
/// [`Room::RESTART`](crate::room::contract::room::Room::RESTART).
///
/// ```
/// use std::time::Duration;
///
/// use salon::prelude::*;
///
/// struct Auction;
///
/// impl Room for Auction {
///     const NAME: &'static str = "auction";
///     /// Bids are kept nowhere else: an auction that starts again without them is none.
///     const RESTART: Restart = Restart::Never;
///     type Key = u32;
///     type Identity = ();
///     type Events = ();
///     type Sends = ();
///
///     fn open(_: &u32, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
///         Ok(Self)
///     }
/// }
///
/// let often = Restart::Within { restarts: 10, period: Duration::from_secs(1) };
/// assert_ne!(often, Restart::DEFAULT);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Restart {
    /// The room closes at its first panic: its members are out.
    Never,
    /// The room is opened anew, with the members it has. At the panic after so many restarts
    /// within the period it closes.
    Within {
        /// How many restarts there may be.
        restarts: u32,
        /// In which span, that ends with the newest.
        period: Duration,
    },
}

impl Restart {
    /// Three restarts within a minute. A bug that one odd event sets off is survived; one that
    /// each event sets off, or a state that `open` makes wrong again, ends the room within four
    /// events, so that its clients learn of it and the log is not filled.
    pub const DEFAULT: Self = Self::Within { restarts: 3, period: Duration::from_secs(60) };
}

impl Default for Restart {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// The restarts that one room has had, as far as they still count; most rooms have none, and hold
/// nothing for it.
#[derive(Debug, Default)]
#[allow(
    clippy::box_collection,
    reason = "three words in each of many rooms are worth a box in few"
)]
pub(in crate::room) struct Restarts(Option<Box<VecDeque<Instant>>>);

impl Restarts {
    /// Notes a restart if there may be one more.
    pub(in crate::room) fn allow(&mut self, policy: Restart) -> bool {
        let Restart::Within { restarts, period } = policy else { return false };
        let now = clock::now();
        let counted = self.0.get_or_insert_default();
        while counted.front().is_some_and(|restart| now.duration_since(*restart) >= period) {
            counted.pop_front();
        }
        let allowed = counted.len() < usize::try_from(restarts).unwrap_or(usize::MAX);
        if allowed {
            counted.push_back(now);
        }
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWICE: Restart = Restart::Within { restarts: 2, period: Duration::from_secs(10) };

    #[tokio::test(start_paused = true)]
    async fn no_more_restarts_than_allowed_happen_within_any_period() {
        let mut restarts = Restarts::default();
        assert!(restarts.allow(TWICE));
        tokio::time::advance(Duration::from_secs(6)).await;
        assert!(restarts.allow(TWICE));
        tokio::time::advance(Duration::from_millis(3_999)).await;
        assert!(!restarts.allow(TWICE), "the first was less than a period ago");
        tokio::time::advance(Duration::from_millis(1)).await;
        assert!(restarts.allow(TWICE));
        assert!(!restarts.allow(TWICE));
    }

    #[tokio::test(start_paused = true)]
    async fn never_and_zero_allow_none() {
        let mut restarts = Restarts::default();
        assert!(!restarts.allow(Restart::Never));
        let none = Restart::Within { restarts: 0, period: Duration::from_secs(10) };
        assert!(!restarts.allow(none));
    }
}
