//! The heartbeat of one connection: what is awaited of its client, and until when.
//!
//! It must never compare the times of two threads: a pong counts because a ping is awaited, and a ping
//! is awaited from before a link can write it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::base::{
    clock::{self, Instant},
    config::Heartbeat,
};

/// Which part of its time a client may be kept waiting for by a server that is busy: if it was longer,
/// the client has its whole time from then.
const LATE: u32 = 8;

/// What is awaited of a client, under a lock: a pong that comes while its ping is being queued waits
/// until it is.
#[derive(Debug)]
pub(super) struct Beat(Mutex<State>);

#[derive(Clone, Copy, Debug)]
enum State {
    /// Nothing: since its last pong, or since its beginning.
    Quiet { since: Instant },
    /// A pong, until then.
    Awaited { until: Instant },
}

/// What comes of a look at a heartbeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// The next is then.
    At(Instant),
    /// The client did not answer in time.
    Over,
}

impl Beat {
    /// Of a client that comes now.
    pub(super) fn new() -> Self {
        Self(Mutex::new(State::Quiet { since: clock::now() }))
    }

    /// Does what is due, and says when to look again; a ping is queued by `ping`.
    pub(super) fn look(&self, heartbeat: &Heartbeat, ping: impl FnOnce()) -> Look {
        let mut state = self.lock();
        let now = clock::now();
        match *state {
            State::Quiet { since } => {
                let due = since + heartbeat.ping_interval;
                if now < due {
                    return Look::At(due);
                }
                // From when it was due: what rounding adds is not the client's.
                let began = if is_late(now, due, heartbeat) { now } else { due };
                let until = began + heartbeat.ping_timeout;
                *state = State::Awaited { until };
                ping();
                Look::At(next(now, until, heartbeat))
            }
            State::Awaited { until } if now < until => Look::At(next(now, until, heartbeat)),
            // The worker stood still: the pong may wait to be read, which is to have its turn.
            State::Awaited { until } if is_late(now, until, heartbeat) => {
                let until = now + heartbeat.ping_timeout / LATE;
                *state = State::Awaited { until };
                Look::At(until)
            }
            State::Awaited { .. } => Look::Over,
        }
    }

    /// When the first look is due.
    pub(super) fn first(&self, heartbeat: &Heartbeat) -> Instant {
        match *self.lock() {
            State::Quiet { since } => since + heartbeat.ping_interval,
            State::Awaited { until } => until,
        }
    }

    /// A pong came; whether it is an answer. It is none if none is awaited, nor while the ping waits to be
    /// sent, and no sign then that the client reads.
    pub(super) fn pong(&self, is_unsent: impl FnOnce() -> bool) -> bool {
        let mut state = self.lock();
        let is_answer = matches!(*state, State::Awaited { .. }) && !is_unsent();
        if is_answer {
            *state = State::Quiet { since: clock::now() };
        }
        is_answer
    }

    /// It is there, whatever is awaited of it.
    pub(super) fn shown(&self) {
        *self.lock() = State::Quiet { since: clock::now() };
    }

    /// Whether the time for an answer is over, though nobody may have looked yet: not if that look
    /// would give the client more of it.
    pub(super) fn is_over(&self, heartbeat: &Heartbeat) -> bool {
        let State::Awaited { until } = *self.lock() else { return false };
        let now = clock::now();
        until <= now && !is_late(now, until, heartbeat)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the look is so much later than it was due that it was not the client who was slow.
fn is_late(now: Instant, due: Instant, heartbeat: &Heartbeat) -> bool {
    now.saturating_duration_since(due) > heartbeat.ping_timeout / LATE
}

/// Looks before the timeout find the pong of a client that is on time, so that the next ping is on time
/// as well when the timeout is the longer of the two.
fn next(now: Instant, until: Instant, heartbeat: &Heartbeat) -> Instant {
    (now + heartbeat.ping_interval).min(until)
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, thread, time::Duration};

    use tokio::time::advance;

    use super::*;

    const MILLISECOND: Duration = Duration::from_millis(1);

    fn heartbeat(interval: u32, timeout: u32) -> Heartbeat {
        Heartbeat { ping_interval: interval * MILLISECOND, ping_timeout: timeout * MILLISECOND }
    }

    #[tokio::test(start_paused = true)]
    async fn a_pong_that_is_read_while_its_ping_is_being_queued_counts() {
        let (beat, heartbeat) = (Arc::new(Beat::new()), heartbeat(300, 200));
        advance(300 * MILLISECOND).await;
        let (link, mut answered) = (beat.clone(), None);
        beat.look(&heartbeat, || {
            // A link on another worker has written it at once, and its client has answered.
            let link = link.clone();
            let link = thread::spawn(move || link.pong(|| false));
            while !link.is_finished() && beat.0.try_lock().is_ok() {
                thread::yield_now();
            }
            answered = Some(link);
        });
        answered.expect("a ping is due").join().expect("no panic in it");
        advance(200 * MILLISECOND).await;
        assert!(matches!(beat.look(&heartbeat, || ()), Look::At(_)));
        assert!(!beat.is_over(&heartbeat));
    }

    #[tokio::test(start_paused = true)]
    async fn the_time_for_an_answer_counts_from_when_the_ping_was_due() {
        let (beat, heartbeat, began) = (Beat::new(), heartbeat(300, 200), clock::now());
        advance(302 * MILLISECOND).await;
        assert_eq!(beat.look(&heartbeat, || ()), Look::At(began + 500 * MILLISECOND));
        advance(197 * MILLISECOND).await;
        assert!(!beat.is_over(&heartbeat), "499 ms");
        advance(MILLISECOND).await;
        assert!(beat.is_over(&heartbeat), "500 ms, whoever has looked");
        assert_eq!(beat.look(&heartbeat, || ()), Look::Over);
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_stood_still_gives_its_clients_their_time() {
        let (beat, heartbeat, began) = (Beat::new(), heartbeat(300, 200), clock::now());
        advance(1_000 * MILLISECOND).await;
        assert_eq!(beat.look(&heartbeat, || ()), Look::At(began + 1_200 * MILLISECOND));
        // It stands still again, and the pong is read after the look.
        advance(1_000 * MILLISECOND).await;
        assert!(!beat.is_over(&heartbeat), "the pong may be in what has just come");
        assert_eq!(beat.look(&heartbeat, || ()), Look::At(began + 2_025 * MILLISECOND));
        beat.pong(|| false);
        assert_eq!(beat.look(&heartbeat, || ()), Look::At(began + 2_300 * MILLISECOND));
    }

    #[tokio::test(start_paused = true)]
    async fn a_look_that_is_later_by_an_eighth_of_the_timeout_at_most_is_no_excuse() {
        for (late, is_over) in [(0, true), (25, true), (26, false)] {
            let (beat, heartbeat) = (Beat::new(), heartbeat(300, 200));
            advance(300 * MILLISECOND).await;
            beat.look(&heartbeat, || ());
            advance((200 + late) * MILLISECOND).await;
            assert_eq!(beat.look(&heartbeat, || ()) == Look::Over, is_over, "{late} ms");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_ping_is_due_an_interval_after_the_pong_whatever_comes_unasked() {
        for (interval, timeout) in [(300, 200), (200, 300), (70, 1_000), (7, 5)] {
            let (beat, heartbeat) = (Beat::new(), heartbeat(interval, timeout));
            for _ in 0..5 {
                beat.pong(|| false);
                advance((interval - 1) * MILLISECOND).await;
                beat.look(&heartbeat, || panic!("a ping before it is due"));
                advance(MILLISECOND).await;
                let mut pinged = false;
                beat.look(&heartbeat, || pinged = true);
                assert!(pinged, "{interval} ms after the pong");
                beat.pong(|| true);
                advance(2 * MILLISECOND).await;
                assert!(matches!(*beat.lock(), State::Awaited { .. }), "it was not sent");
                beat.pong(|| false);
            }
        }
    }
}
