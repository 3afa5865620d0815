//! Messages at a fixed rate, whatever the server does: each has its time, and its latency counts from
//! then.
//!
//! It must never send later because an answer is late, and never sleep: an epoll set waits by
//! milliseconds, which is longer than what is measured.

use std::time::{Duration, Instant};

use crate::measure::now;

/// The times at which messages are due.
#[derive(Debug)]
pub(crate) struct Pace {
    began: Instant,
    per_second: u32,
    said: u64,
}

impl Pace {
    /// From now on, so many a second.
    pub(crate) fn new(per_second: u32) -> Self {
        Self { began: now(), per_second, said: 0 }
    }

    /// The number and the time of the next message, if it is due.
    pub(crate) fn due(&mut self, now: Instant) -> Option<(u64, Instant)> {
        let (number, at) = (self.said, self.at(self.said));
        (at <= now).then(|| {
            self.said += 1;
            (number, at)
        })
    }

    /// When a message was due.
    pub(crate) fn at(&self, number: u64) -> Instant {
        let nanoseconds = u128::from(number) * 1_000_000_000 / u128::from(self.per_second);
        self.began + Duration::from_nanos(nanoseconds as u64)
    }

    /// How many messages have been due.
    pub(crate) fn said(&self) -> u64 {
        self.said
    }
}
