//! Events that end on one thread while another wants to begin more, in every order.

use std::sync::Arc;

use loom::{future::block_on, model, thread};
use tokio::sync::Notify;

use super::{CountsInFlight, InFlight, InFlightGuard, InFlightLimit};
use crate::base::sync::atomic::{AtomicBool, Ordering};

/// A connection that waits until one more may begin.
struct Connection {
    limit: InFlightLimit,
    in_flight: InFlight,
    below: Notify,
}

impl CountsInFlight for Connection {
    fn ended(&self) {
        if self.in_flight.end(&self.limit) {
            self.below.notify_one();
        }
    }
}

/// Runs a model of a connection that may have so many in flight.
fn explore(limit: usize, run: impl Fn(Arc<Connection>) + Send + Sync + 'static) {
    model(move || {
        let (limit, in_flight) = (InFlightLimit::new(limit), InFlight::default());
        run(Arc::new(Connection { limit, in_flight, below: Notify::new() }));
    });
}

impl Connection {
    fn try_begin(self: &Arc<Self>) -> Option<InFlightGuard> {
        self.in_flight.begin(&self.limit).then(|| InFlightGuard::new(self.clone()))
    }

    /// Begins one more event, when it may.
    fn begin(self: &Arc<Self>) -> InFlightGuard {
        loop {
            if let Some(guard) = self.try_begin() {
                assert!(self.in_flight.count() <= self.limit.max);
                return guard;
            }
            block_on(self.below.notified());
        }
    }
}

#[test]
fn whoever_waits_at_the_limit_is_told_of_the_one_that_ends() {
    explore(1, |connection| {
        let first = connection.begin();
        let handling = thread::spawn(move || drop(first));
        drop(connection.begin());
        handling.join().unwrap();
    });
}

#[test]
fn of_two_that_end_at_once_neither_is_missed_and_there_are_never_more_than_the_limit() {
    explore(2, |connection| {
        let handling = [(); 2].map(|()| {
            let guard = connection.begin();
            thread::spawn(move || drop(guard))
        });
        let guards = [(); 2].map(|()| connection.begin());
        handling.into_iter().for_each(|handling| handling.join().unwrap());
        assert!(connection.try_begin().is_none());
        drop(guards);
        assert_eq!(connection.in_flight.count(), 0);
    });
}

#[test]
fn whoever_stops_all_waits_for_what_has_begun_and_nothing_begins_after_it() {
    explore(2, |connection| {
        // To loom the value that an atomic is made with is not written by `SeqCst`, and may be read for
        // longer than it can be: so each is written once as the code does.
        connection.limit.stopping.store(false, Ordering::SeqCst);
        drop(connection.begin());
        let is_stopped = Arc::new(AtomicBool::new(false));
        let (other, stopped) = (connection.clone(), is_stopped.clone());
        let handling = thread::spawn(move || {
            let _guard = other.begin();
            if !other.limit.is_stopping() {
                assert!(!stopped.load(Ordering::SeqCst), "it has not stopped without this");
            }
        });
        connection.limit.stop();
        block_on(connection.in_flight.until_idle(&connection.limit));
        is_stopped.store(true, Ordering::SeqCst);
        handling.join().unwrap();
    });
}
