//! The only place where time is read.
//!
//! It must never go back, nor leap while the process runs: rooms are deleted by their age, and the wall
//! clock of a machine may be set at any moment.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// What counts the age of rooms: the wall clock as it was at the start, or the latest time in the file if
/// that is later, and from there on what has passed.
#[derive(Debug)]
pub(crate) struct Clock {
    start: Duration,
    started: Instant,
}

impl Clock {
    /// Never before that many milliseconds since 1970.
    #[expect(clippy::disallowed_methods, reason = "this is where it is read")]
    pub(crate) fn start(not_before: i64) -> Self {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let not_before = Duration::from_millis(u64::try_from(not_before).unwrap_or(0));
        Self { start: wall.max(not_before), started: Instant::now() }
    }

    /// In milliseconds since 1970.
    pub(crate) fn now(&self) -> i64 {
        let now = self.start.saturating_add(self.started.elapsed());
        i64::try_from(now.as_millis()).unwrap_or(i64::MAX)
    }
}
