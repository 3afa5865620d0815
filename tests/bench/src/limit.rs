//! A limit on what waits without one: a server that says nothing, or one that never stops talking.
//!
//! It must never touch what ends in time.

use std::{
    process::exit,
    sync::mpsc::{RecvTimeoutError, Sender, channel},
    thread,
    time::Duration,
};

/// Runs out after a time, unless it is dropped before.
#[derive(Debug)]
pub(crate) struct Limit {
    /// The other end notices that it is dropped.
    _over: Sender<()>,
}

impl Limit {
    /// Does `overdue` after `time`.
    pub(crate) fn new(time: Duration, overdue: impl FnOnce() + Send + 'static) -> Self {
        let (over, end) = channel();
        thread::spawn(move || {
            if end.recv_timeout(time) == Err(RecvTimeoutError::Timeout) {
                overdue();
            }
        });
        Self { _over: over }
    }

    /// Ends this process after `time`, and says that `what` was not over: for what runs within it,
    /// and cannot be taken back.
    pub(crate) fn of_process(what: &'static str, time: Duration) -> Self {
        Self::new(time, move || {
            eprintln!("{what}: not over after {} s, something hangs", time.as_secs());
            exit(1);
        })
    }
}
