//! A token bucket: the state behind an event's rate.
//!
//! It must never need a timer: what has come back is computed when somebody asks.

use std::{collections::HashMap, time::Duration};

use bytestring::ByteString;

use crate::{
    clock::{self, Instant},
    event::Rate,
};

/// How many events one session may still send, by the generic cell rate algorithm: the state is
/// the time at which the bucket will be full again.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    full_at: Instant,
}

impl Bucket {
    /// A full bucket.
    fn full() -> Self {
        Self { full_at: clock::now() }
    }

    /// Takes one, or says how long to wait for it.
    fn take(&mut self, rate: Rate) -> Result<(), Duration> {
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

/// The buckets of one connection, by namespace and event. They outlive a session: leaving a namespace
/// and coming back fills none.
#[derive(Debug, Default)]
pub(super) struct Buckets(Option<Box<Known>>);

/// Boxed: most connections never need one.
type Known = HashMap<(ByteString, &'static str), Bucket>;

impl Buckets {
    /// How many there may be before those that are full are dropped.
    const MANY: usize = 64;

    /// Takes one event out of its bucket, or says how long to wait for it.
    pub(super) fn take(
        &mut self,
        namespace: &ByteString,
        event: &'static str,
        rate: Rate,
    ) -> Result<(), Duration> {
        let known = self.0.get_or_insert_default();
        if known.len() >= Self::MANY {
            let now = clock::now();
            known.retain(|_, bucket| bucket.full_at > now);
        }
        let bucket = known.entry((namespace.clone(), event)).or_insert_with(Bucket::full);
        bucket.take(rate)
    }
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
