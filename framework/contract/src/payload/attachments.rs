//! Where [`Binary`](super::Binary) values leave their bytes while JSON is written, and find them
//! while it is read.
//!
//! serde carries no context, so the attachments of the arguments at hand are kept per thread for the
//! time of one call. They must never outlive that call: a guard puts back what was there before,
//! also when a user's serde code panics.

use std::{
    cell::{Cell, RefCell},
    mem,
};

use bytes::Bytes;

thread_local! {
    static COLLECTED: Cell<Option<Vec<Bytes>>> = const { Cell::new(None) };
    static AVAILABLE: RefCell<Vec<Bytes>> = const { RefCell::new(Vec::new()) };
}

/// Runs `write` and returns what it made with the attachments that it left.
pub(super) fn collect<T>(write: impl FnOnce() -> T) -> (T, Vec<Bytes>) {
    let mut guard = CollectGuard { before: Some(COLLECTED.replace(Some(Vec::new()))) };
    let made = write();
    let before = guard.before.take().flatten();
    (made, COLLECTED.replace(before).unwrap_or_default())
}

/// Leaves an attachment and returns its number, or nothing outside of [`collect`].
pub(super) fn push(bytes: &Bytes) -> Option<usize> {
    let mut collected = COLLECTED.take()?;
    collected.push(bytes.clone());
    let number = collected.len() - 1;
    COLLECTED.set(Some(collected));
    Some(number)
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
    /// What is to be put back, until it is.
    before: Option<Option<Vec<Bytes>>>,
}

impl Drop for CollectGuard {
    fn drop(&mut self) {
        if let Some(before) = self.before.take() {
            COLLECTED.set(before);
        }
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
