//! Whether time stands on this thread.
//!
//! It must never stand longer than its lab lives.

use std::cell::Cell;

use tokio::runtime::Builder;

thread_local! {
    /// Whether the runtime of this thread was started with its clock stopped.
    static FROM_START: Cell<bool> = const { Cell::new(false) };
}

/// The clock of this thread's runtime stands while this lives.
pub(super) struct StoppedClock {
    from_start: bool,
}

impl StoppedClock {
    /// Stops the clock.
    ///
    /// # Panics
    /// On a runtime of several threads.
    pub(super) fn stop() -> Self {
        let from_start = FROM_START.get();
        if !from_start {
            tokio::time::pause();
        }
        Self { from_start }
    }
}

impl Drop for StoppedClock {
    fn drop(&mut self) {
        if !self.from_start && tokio::runtime::Handle::try_current().is_ok() {
            tokio::time::resume();
        }
    }
}

/// Lets time pass on a thread where it stood from the start.
pub(super) fn let_pass() {
    if FROM_START.replace(false) {
        tokio::time::resume();
    }
}

/// Gives back what the thread had before, also when what runs on it panics.
struct FromStart {
    before: bool,
}

impl Drop for FromStart {
    fn drop(&mut self) {
        FROM_START.set(self.before);
    }
}

/// Runs something on this thread, in an actix system whose clock stands from the start: then timers
/// are due to the millisecond.
pub(super) fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = || {
        let runtime = Builder::new_current_thread().enable_all().start_paused(true).build();
        runtime.expect("the operating system gives a runtime what it needs")
    };
    let _before = FromStart { before: FROM_START.replace(true) };
    actix::System::with_tokio_rt(runtime).block_on(future)
}
