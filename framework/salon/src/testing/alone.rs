//! That there is one lab on a thread: it has one clock, one chance and one set of panics to come.
//!
//! It must never be asked after anything was changed on the thread.

use std::cell::Cell;

thread_local! {
    static TAKEN: Cell<bool> = const { Cell::new(false) };
}

/// The place of the one lab of this thread, until it is dropped.
pub(super) struct Alone(());

impl Alone {
    /// Takes the place.
    ///
    /// # Panics
    /// When a lab has it.
    pub(super) fn take() -> Self {
        assert!(!TAKEN.get(), "there is a lab on this thread already; drop it first");
        TAKEN.set(true);
        Self(())
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        // At the thread's end nobody asks any more.
        let _ = TAKEN.try_with(|taken| taken.set(false));
    }
}
