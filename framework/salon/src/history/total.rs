//! How much all rooms of one Salon keep.
//!
//! It must never refuse anything: a room that finds too much kept gives up its own oldest.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// The bytes of all histories, shared by all of them.
#[derive(Clone, Debug)]
pub(crate) struct HistoryTotal {
    bytes: Arc<AtomicUsize>,
    most: usize,
}

impl HistoryTotal {
    /// Nothing is kept yet; `most` is the limit.
    pub(crate) fn new(most: usize) -> Self {
        Self { bytes: Arc::default(), most }
    }

    // It guards no other memory: relaxed.
    pub(super) fn add(&self, bytes: usize) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(super) fn subtract(&self, bytes: usize) {
        let before = self.bytes.fetch_sub(bytes, Ordering::Relaxed);
        debug_assert!(before >= bytes, "what is given up was kept");
    }

    /// Whether more is kept than may be.
    pub(super) fn is_exceeded(&self) -> bool {
        self.bytes.load(Ordering::Relaxed) > self.most
    }
}
