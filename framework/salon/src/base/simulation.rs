//! What the harness may change for its own thread: chance, wall time, which worker code runs on,
//! and panics on order.
//!
//! It must never do anything without the feature `testing`, nor on a thread without a harness: then
//! every answer is a constant.

#[cfg(feature = "testing")]
pub(crate) use super::simulation::simulated::{Simulation, enter_worker};

#[cfg(feature = "testing")]
pub(crate) use super::simulation::simulated::{
    before_handler, fill_random, is_alone, turn, wall, worker,
};

/// Which of the workers on this thread the running code belongs to: outside of the harness a
/// thread is one worker.
#[cfg(not(feature = "testing"))]
pub(crate) const fn worker() -> u32 {
    0
}

/// The wall time that is simulated on this thread, if it is.
#[cfg(not(feature = "testing"))]
pub(crate) const fn wall(_: tokio::time::Instant) -> Option<std::time::SystemTime> {
    None
}

/// Whether a harness has this thread: then no other one takes part, and nothing is under way that has
/// not come.
#[cfg(not(feature = "testing"))]
pub(crate) const fn is_alone() -> bool {
    false
}

/// Lets something run that has something to do, for one who waits for it and is not driven by the
/// harness; false if nothing has, or there is no harness.
#[cfg(not(feature = "testing"))]
pub(crate) const fn turn() -> bool {
    false
}

/// Fills `bytes` from the harness's seed; false if there is no harness.
#[cfg(not(feature = "testing"))]
pub(crate) const fn fill_random(_: &mut [u8]) -> bool {
    false
}

/// Panics if a test has ordered a panic in the next handler of this event.
#[cfg(not(feature = "testing"))]
pub(crate) const fn before_handler(_: &str) {}

#[cfg(feature = "testing")]
mod simulated {
    use std::{
        cell::{Cell, RefCell},
        rc::Rc,
        time::SystemTime,
    };

    use tokio::time::Instant;

    /// What is simulated on a thread while this lives.
    #[derive(Debug)]
    pub(crate) struct Simulation(());

    struct State {
        started: Instant,
        wall: SystemTime,
        random: fastrand::Rng,
        panics: Vec<String>,
        turn: Option<Turn>,
    }

    /// Runs one part of what is simulated; false if none has anything to do.
    type Turn = Rc<dyn Fn() -> bool>;

    thread_local! {
        static STATE: RefCell<Option<State>> = const { RefCell::new(None) };
        static WORKER: Cell<u32> = const { Cell::new(0) };
    }

    impl Simulation {
        /// Starts to simulate on this thread; `None` if something is simulated on it already.
        pub(crate) fn start(now: Instant, wall: SystemTime, random: fastrand::Rng) -> Option<Self> {
            STATE.with_borrow_mut(|state| {
                if state.is_some() {
                    return None;
                }
                *state = Some(State { started: now, wall, random, panics: Vec::new(), turn: None });
                Some(Self(()))
            })
        }

        /// Moves the wall clock alone.
        pub(crate) fn set_wall(&self, wall: SystemTime, now: Instant) {
            with(|state| (state.wall, state.started) = (wall, now));
        }

        /// From here on [`turn`] runs something by this.
        pub(crate) fn set_turn(&self, turn: impl Fn() -> bool + 'static) {
            with(|state| state.turn = Some(Rc::new(turn)));
        }

        /// Makes the next handler of this event panic, once.
        pub(crate) fn order_panic(&self, event: &str) {
            with(|state| state.panics.push(event.to_owned()));
        }

        /// The events whose handlers were to panic, and did not.
        pub(crate) fn unspent_panics(&self) -> Vec<String> {
            with(|state| std::mem::take(&mut state.panics)).unwrap_or_default()
        }
    }

    impl Drop for Simulation {
        fn drop(&mut self) {
            STATE.with_borrow_mut(Option::take);
        }
    }

    /// Runs code as that of a worker, and gives the worker back that it was before.
    pub(crate) fn enter_worker<T>(worker: u32, code: impl FnOnce() -> T) -> T {
        let _before = Before(WORKER.replace(worker));
        code()
    }

    /// The worker to give back, also when code panics.
    struct Before(u32);

    impl Drop for Before {
        fn drop(&mut self) {
            WORKER.set(self.0);
        }
    }

    /// Which of the workers on this thread the running code belongs to.
    pub(crate) fn worker() -> u32 {
        // As in `with`.
        WORKER.try_with(Cell::get).unwrap_or_default()
    }

    /// Looks at what is simulated on this thread, if something is. At the thread's end actors may
    /// outlive thread-locals; nothing is simulated then.
    fn with<T>(look: impl FnOnce(&mut State) -> T) -> Option<T> {
        STATE.try_with(|state| state.borrow_mut().as_mut().map(look)).ok().flatten()
    }

    /// The wall time that is simulated on this thread, if it is.
    pub(crate) fn wall(now: Instant) -> Option<SystemTime> {
        with(|state| state.wall + now.saturating_duration_since(state.started))
    }

    /// Whether a harness has this thread: then no other one takes part, and nothing is under way that
    /// has not come.
    pub(crate) fn is_alone() -> bool {
        with(|_| ()).is_some()
    }

    /// Lets something run that has something to do, for one who waits for it and is not driven by the
    /// harness; false if nothing has, or there is no harness.
    pub(crate) fn turn() -> bool {
        let turn = with(|state| state.turn.clone()).flatten();
        turn.is_some_and(|turn| turn())
    }

    /// Fills `bytes` from the harness's seed; false if there is no harness.
    pub(crate) fn fill_random(bytes: &mut [u8]) -> bool {
        with(|state| state.random.fill(bytes)).is_some()
    }

    /// Panics if a test has ordered a panic in the next handler of this event.
    pub(crate) fn before_handler(event: &str) {
        let ordered = with(|state| {
            let index = state.panics.iter().position(|ordered| ordered == event);
            index.map(|index| state.panics.swap_remove(index))
        });
        assert!(
            ordered.flatten().is_none(),
            "a panic that the test ordered in the handler of {event:?}"
        );
    }
}
