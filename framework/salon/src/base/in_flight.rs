//! Events that are in flight: begun, and neither answered nor done with.
//!
//! It must never let there be more of them at a time than the limit, nor let whoever waits at it miss that
//! one has ended.

use std::{fmt, pin::pin, sync::Arc};

use tokio::sync::Notify;

use super::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// How many events each connection of one Salon may have in flight, and whether any begin still.
#[derive(Debug)]
pub(crate) struct InFlightLimit {
    max: u32,
    /// Whether no event begins any more.
    stopping: AtomicBool,
    /// Told while stopping, when the last event of a connection ends.
    idle: Notify,
}

impl InFlightLimit {
    pub(crate) fn new(max: usize) -> Self {
        let (stopping, idle) = (AtomicBool::new(false), Notify::new());
        Self { max: max.try_into().unwrap_or(COUNT).min(COUNT), stopping, idle }
    }

    /// No new work is taken any more on any of the connections; what is in flight goes on.
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
    }

    /// Whether no new work is taken any more. To be asked with a guard in hand: it counts already, so
    /// that whoever stops all sees it, or this sees that all stops.
    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }
}

/// The bit that says that an event was refused its beginning; those below it count.
const REFUSED: u32 = 1 << 31;

const COUNT: u32 = REFUSED - 1;

/// How many events of one connection are in flight. Its actor alone begins them; they end wherever they
/// are handled. One word: every idle connection has it.
#[derive(Debug, Default)]
pub(crate) struct InFlight(AtomicU32);

impl InFlight {
    /// Counts one more, if it [may](Self::may_begin) be; whether it did. What is new work
    /// [is not taken](InFlightLimit::is_stopping) once all stops; what is begun already goes on.
    pub(crate) fn begin(&self, limit: &InFlightLimit) -> bool {
        let may_begin = self.may_begin(limit);
        if may_begin {
            let before = self.0.fetch_add(1, Ordering::SeqCst) & COUNT;
            debug_assert!(before < limit.max, "one thread alone begins events of a connection");
        }
        may_begin
    }

    /// Whether one more event may begin; if not, its end is told by [`InFlight::end`] once one may.
    pub(crate) fn may_begin(&self, limit: &InFlightLimit) -> bool {
        self.count() < limit.max || {
            // An end in between is seen by this, and a later one sees the bit: they change one word, so
            // that of the two one comes second.
            let before = self.0.fetch_or(REFUSED, Ordering::SeqCst);
            before & COUNT < limit.max
        }
    }

    /// One is in flight no more. Whether another may begin now that was refused before.
    pub(crate) fn end(&self, limit: &InFlightLimit) -> bool {
        let word = self.0.fetch_sub(1, Ordering::SeqCst);
        let before = word & COUNT;
        debug_assert!(before > 0, "what ends has begun");
        // The count is down before the look: whoever stops all and then counts misses neither.
        if before == 1 && limit.is_stopping() {
            limit.idle.notify_waiters();
        }
        // Whoever takes the bit away tells: once, though several may end at once.
        before == limit.max
            && word & REFUSED != 0
            && self.0.fetch_and(!REFUSED, Ordering::SeqCst) & REFUSED != 0
    }

    fn count(&self) -> u32 {
        self.0.load(Ordering::SeqCst) & COUNT
    }

    /// Waits until none is in flight. To be called once none begins any more.
    pub(crate) async fn until_idle(&self, limit: &InFlightLimit) {
        loop {
            let mut idle = pin!(limit.idle.notified());
            // From here on an end is noticed; it may have come before.
            idle.as_mut().enable();
            if self.count() == 0 {
                return;
            }
            idle.await;
        }
    }
}

/// Whoever counts the events that are in flight.
pub(crate) trait CountsInFlight: Send + Sync {
    /// One of them has ended.
    fn ended(&self);
}

/// One event that is in flight, until this is dropped.
pub(crate) struct InFlightGuard(Arc<dyn CountsInFlight>);

impl InFlightGuard {
    /// Of one that has begun.
    pub(crate) fn new(counted: Arc<dyn CountsInFlight>) -> Self {
        Self(counted)
    }
}

impl Drop for InFlightGuard {
    fn drop(&mut self) {
        self.0.ended();
    }
}

impl fmt::Debug for InFlightGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InFlightGuard").finish_non_exhaustive()
    }
}

#[cfg(all(test, salon_loom))]
mod models;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_at_the_limit_is_told_when_one_ends() {
        let (limit, in_flight) = (InFlightLimit::new(2), InFlight::default());
        assert!(in_flight.begin(&limit) && in_flight.begin(&limit));
        assert!(!in_flight.begin(&limit), "as many as the limit allows are in flight");
        assert!(in_flight.end(&limit), "one was refused, and may begin now");
        assert!(in_flight.begin(&limit));
        assert!(!in_flight.end(&limit), "nobody was refused since");
    }
}
