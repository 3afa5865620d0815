//! The only place where time is read.
//!
//! It must never be bypassed: under the harness nothing sleeps for real, because both clocks here
//! follow tokio's, which a harness pauses and advances.

use std::time::{Duration, SystemTime};

pub(crate) use tokio::time::Instant;

use super::simulation;

/// Monotonic time, in tokio's clock.
#[must_use]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// The moment that is `wait` from now; a wait beyond what the clock can count is a very long one.
pub(crate) fn after(wait: Duration) -> Instant {
    const VERY_LONG: Duration = Duration::from_secs(60 * 60 * 24 * 365);
    now() + wait.min(VERY_LONG)
}

/// Wall time.
#[must_use]
#[allow(clippy::disallowed_methods, reason = "this is where it is read")]
pub(crate) fn wall() -> SystemTime {
    simulation::wall(now()).unwrap_or_else(SystemTime::now)
}
