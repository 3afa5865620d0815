//! The events of one connection that are in flight: begun, and neither answered nor done with.
//!
//! It must never let a connection have more of them than its limit: each may yet put an answer into
//! its outbox, which is why they are counted there.

use std::{
    pin::pin,
    sync::{Arc, atomic::Ordering},
};

use super::queue::Outbox;

/// One event that is in flight, until this is dropped. Its actor alone begins events; they end
/// wherever they are handled.
#[derive(Debug)]
pub(crate) struct InFlightGuard(Arc<Outbox>);

impl Outbox {
    /// The right to begin one more event, if it [may](Self::may_begin). What is new work
    /// [is not taken](Self::is_stopping) once all stops; what is begun already goes on by it.
    pub(crate) fn begin(self: &Arc<Self>) -> Option<InFlightGuard> {
        if !self.may_begin() {
            return None;
        }
        self.in_flight.fetch_add(1, Ordering::SeqCst);
        Some(InFlightGuard(self.clone()))
    }

    /// Whether no new work is taken any more. To be asked with a guard in hand: it counts already,
    /// so that whoever stops all sees it, or this sees that all stops.
    pub(crate) fn is_stopping(&self) -> bool {
        self.terms.is_stopping()
    }

    /// Waits until no event is in flight. To be called once none begins any more.
    pub(crate) async fn until_idle(&self) {
        loop {
            let mut idle = pin!(self.terms.idle.notified());
            // From here on an end is noticed; it may have come before.
            idle.as_mut().enable();
            if self.in_flight.load(Ordering::SeqCst) == 0 {
                return;
            }
            idle.await;
        }
    }

    /// Whether one more event may begin; if not, its owner is told once one may.
    pub(crate) fn may_begin(&self) -> bool {
        let is_below = || self.in_flight.load(Ordering::SeqCst) < self.terms.max_in_flight;
        is_below() || {
            self.is_refused.store(true, Ordering::SeqCst);
            // Looked at once more, so that an end in between is not missed.
            is_below()
        }
    }
}

impl Drop for InFlightGuard {
    fn drop(&mut self) {
        let Self(outbox) = self;
        let before = outbox.in_flight.fetch_sub(1, Ordering::SeqCst);
        if before == 1 && outbox.terms.is_stopping() {
            outbox.terms.idle.notify_waiters();
        }
        if before == outbox.terms.max_in_flight
            && outbox.is_refused.swap(false, Ordering::SeqCst)
            && let Some(owner) = outbox.owner.upgrade()
        {
            owner.below_limit();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Weak, atomic::AtomicUsize};

    use super::*;
    use crate::{
        base::{config::Limits, disconnect::DisconnectReason, number::SessionNumber},
        outbox::{End, Owner, Terms, TransportKind},
        protocol::SocketIoCodec,
        wire::socket_io::JsonParser,
    };

    /// Counts how often it is told that it is below its limit.
    #[derive(Default)]
    struct Told(AtomicUsize);

    impl Owner for Told {
        fn ended(&self, _: DisconnectReason) {}

        fn end_session(&self, _: SessionNumber, _: End) {}

        fn below_limit(&self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn whoever_is_at_the_limit_is_told_when_one_ends() {
        let limits = Limits { max_events_in_flight: 2, ..Limits::default() };
        let terms = Arc::new(Terms::new(
            &limits,
            Arc::new(SocketIoCodec::new(Arc::new(JsonParser))),
            Arc::default(),
        ));
        let told = Arc::<Told>::default();
        let owner: Weak<Told> = Arc::downgrade(&told);
        let outbox = Arc::new(Outbox::new(terms, TransportKind::WebSocket, owner));
        let first = outbox.begin().expect("none is in flight");
        let second = outbox.begin().expect("one is in flight");
        assert!(outbox.begin().is_none(), "as many as the limit allows are in flight");
        drop(first);
        assert_eq!(told.0.load(Ordering::Relaxed), 1);
        let third = outbox.begin().expect("one has ended");
        drop((second, third));
        assert_eq!(told.0.load(Ordering::Relaxed), 1, "nobody was refused since");
    }
}
