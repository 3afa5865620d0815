//! How often something may happen: a token bucket's parameters.
//!
//! It must not hold state; a bucket does.

use std::time::Duration;

/// At most `count` times in each `per` on average, and at most `burst` at once.
///
/// ```
/// use salon::config::Rate;
/// use std::time::Duration;
/// let rate = Rate::new(5, Duration::from_secs(1), 10);
/// assert_eq!(rate.interval(), Duration::from_millis(200));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    count: u32,
    per: Duration,
    burst: u32,
}

impl Rate {
    /// A rate of `count` in each `per`, with room for `burst` at once.
    ///
    /// # Panics
    /// If `count` or `burst` is 0; in a constant, where the derive puts it, that is a compile error.
    #[must_use]
    pub const fn new(count: u32, per: Duration, burst: u32) -> Self {
        assert!(count > 0 && burst > 0, "a rate of nothing would refuse every event");
        Self { count, per, burst }
    }

    /// The time in which the right to one more event comes back.
    #[must_use]
    pub fn interval(&self) -> Duration {
        self.per / self.count
    }

    /// The same rate, with room for `least` at once at least.
    #[doc(hidden)]
    #[must_use]
    pub fn with_room_for(self, least: usize) -> Self {
        let least = u32::try_from(least).unwrap_or(u32::MAX);
        Self { burst: self.burst.max(least), ..self }
    }

    /// How many may come in [that time](Self::per), on average.
    #[must_use]
    pub const fn count(&self) -> u32 {
        self.count
    }

    /// In what time so many may come.
    #[must_use]
    pub const fn per(&self) -> Duration {
        self.per
    }

    /// How many may come at once.
    #[must_use]
    pub const fn burst(&self) -> u32 {
        self.burst
    }
}
