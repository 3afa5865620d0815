//! The events of one connection that are in flight: begun, and neither answered nor done with.
//!
//! It must never let a connection have more of them than its limit.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    task::{Context, Poll},
};

use futures_util::task::AtomicWaker;

/// What one connection counts. Only its actor begins events; they end wherever they are handled.
#[derive(Clone, Debug)]
pub(crate) struct InFlight(Arc<Count>);

/// One event that is in flight, until this is dropped.
#[derive(Debug)]
pub(crate) struct Permit(Arc<Count>);

#[derive(Debug)]
struct Count {
    events: AtomicU32,
    limit: u32,
    connection: AtomicWaker,
}

impl InFlight {
    /// None yet, and as many at once as `limit` allows.
    pub(crate) fn new(limit: usize) -> Self {
        Self(Arc::new(Count {
            events: AtomicU32::new(0),
            limit: u32::try_from(limit).unwrap_or(u32::MAX),
            connection: AtomicWaker::new(),
        }))
    }

    /// The right to begin one more, unless the limit is reached.
    pub(crate) fn begin(&self) -> Option<Permit> {
        if self.0.events.load(Ordering::Acquire) >= self.0.limit {
            return None;
        }
        self.0.events.fetch_add(1, Ordering::Relaxed);
        Some(Permit(self.0.clone()))
    }

    /// Waits until one more may begin.
    pub(crate) fn poll_below_limit(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.0.connection.register(cx.waker());
        // Looked at after the waker is there, so that an end in between is not missed.
        match self.0.events.load(Ordering::SeqCst) < self.0.limit {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if self.0.events.fetch_sub(1, Ordering::SeqCst) == self.0.limit {
            self.0.connection.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{future::poll_fn, pin::pin, task::Waker};

    use futures_util::future::FutureExt as _;

    use super::*;

    #[test]
    fn whoever_waits_at_the_limit_goes_on_when_one_ends() {
        let in_flight = InFlight::new(2);
        let first = in_flight.begin().expect("none is in flight");
        let second = in_flight.begin().expect("one is in flight");
        assert!(in_flight.begin().is_none(), "as many as the limit allows are in flight");
        let mut below = pin!(poll_fn(|cx| in_flight.poll_below_limit(cx)));
        assert!(below.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        drop(first);
        assert_eq!(below.now_or_never(), Some(()));
        assert!(in_flight.begin().is_some());
        drop(second);
    }
}
