//! Where [`Binary`](super::Binary) values leave their bytes while JSON is written, and find them
//! while it is read.
//!
//! serde carries no context, so the attachments of the arguments at hand are kept per thread for the
//! time of one call. They must never outlive that call: a guard puts back what was there before,
//! also when a user's serde code panics.

use std::{cell::RefCell, mem};

use bytes::Bytes;

thread_local! {
    static COLLECTED: RefCell<Option<Vec<Bytes>>> = const { RefCell::new(None) };
    static AVAILABLE: RefCell<Vec<Bytes>> = const { RefCell::new(Vec::new()) };
}

/// Runs `write` and returns what it made with the attachments that it left.
pub(super) fn collect<T>(write: impl FnOnce() -> T) -> (T, Vec<Bytes>) {
    let _guard = CollectGuard { before: COLLECTED.replace(Some(Vec::new())) };
    let made = write();
    (made, COLLECTED.take().unwrap_or_default())
}

/// Leaves an attachment and returns its number, or nothing outside of [`collect`].
pub(super) fn push(bytes: &Bytes) -> Option<usize> {
    COLLECTED.with_borrow_mut(|collected| {
        let collected = collected.as_mut()?;
        collected.push(bytes.clone());
        Some(collected.len() - 1)
    })
}

/// Runs `read` with `attachments` at hand.
pub(super) fn provide<T>(attachments: &[Bytes], read: impl FnOnce() -> T) -> T {
    if attachments.is_empty() && !any() {
        return read();
    }
    let _guard = ProvideGuard { before: AVAILABLE.replace(attachments.to_vec()) };
    read()
}

/// Whether there are attachments at hand, so that an object may stand for one.
pub(super) fn any() -> bool {
    AVAILABLE.with_borrow(|available| !available.is_empty())
}

/// The attachment of this number, if it is at hand.
pub(super) fn get(number: u64) -> Option<Bytes> {
    let index = usize::try_from(number).ok()?;
    AVAILABLE.with_borrow(|available| available.get(index).cloned())
}

struct CollectGuard {
    before: Option<Vec<Bytes>>,
}

impl Drop for CollectGuard {
    fn drop(&mut self) {
        COLLECTED.set(self.before.take());
    }
}

struct ProvideGuard {
    before: Vec<Bytes>,
}

impl Drop for ProvideGuard {
    fn drop(&mut self) {
        AVAILABLE.set(mem::take(&mut self.before));
    }
}
