//! A token bucket: the state behind a rate.
//!
//! It must never need a timer: what has come back is computed when somebody asks.

use std::time::Duration;

use serde_json::json;

use super::refusal::{Code, Refusal};
use super::{
    clock::{self, Instant},
    config::Rate,
};

/// How many of something one client may still have, by the generic cell rate algorithm: the state is
/// the time at which the bucket will be full again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bucket {
    full_at: Instant,
}

impl Bucket {
    /// A full bucket.
    pub(crate) fn full() -> Self {
        Self { full_at: clock::now() }
    }

    /// Takes one, or says how long to wait for it.
    pub(crate) fn take(&mut self, rate: Rate) -> Result<(), Duration> {
        let (now, interval) = (clock::now(), rate.interval());
        let filling = self.full_at.saturating_duration_since(now);
        let wait = filling.saturating_sub(interval * (rate.burst() - 1));
        if wait.is_zero() {
            self.full_at = now + filling + interval;
            Ok(())
        } else {
            Err(wait)
        }
    }
}

/// The refusal of what has to wait for so long; `what` begins its message.
pub(crate) fn rate_limited(what: &str, wait: Duration) -> Refusal {
    let wait = wait.as_millis();
    let message = format!("{what}; try again in {wait} ms");
    let data = json!({ "retry_after_ms": u64::try_from(wait).unwrap_or(u64::MAX) });
    Refusal::new(Code::RateLimited, message).with_data(data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_burst_passes_then_the_rate_holds() {
        let rate = Rate::new(5, Duration::from_secs(1), 3);
        let mut bucket = Bucket::full();
        for _ in 0..3 {
            assert_eq!(bucket.take(rate), Ok(()));
        }
        assert_eq!(bucket.take(rate), Err(Duration::from_millis(200)));
        tokio::time::advance(Duration::from_millis(200)).await;
        assert_eq!(bucket.take(rate), Ok(()));
        assert!(bucket.take(rate).is_err());
        tokio::time::advance(Duration::from_secs(3600)).await;
        for _ in 0..3 {
            assert_eq!(bucket.take(rate), Ok(()));
        }
        assert!(bucket.take(rate).is_err(), "an hour of silence saves up no more than a burst");
    }
}
