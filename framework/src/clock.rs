//! The only place where time is read.
//!
//! It must never be bypassed: under the harness nothing sleeps for real, because both clocks here
//! follow tokio's, which a test can pause and advance.

use std::time::SystemTime;

pub(crate) use tokio::time::Instant;

/// Monotonic time, in tokio's clock.
#[must_use]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Wall time.
#[must_use]
#[allow(clippy::disallowed_methods, reason = "this is where it is read")]
pub(crate) fn wall() -> SystemTime {
    SystemTime::now()
}
