//! What goes by requests is numbered, so that it arrives once: the batches of a client, and those that it is
//! told where it polls.
//!
//! It must never count a batch of a client's that its connection does not have, nor drop one that the client
//! has not said to have.

use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use bytes::Bytes;

/// The numbers of one connection.
#[derive(Default)]
pub(crate) struct Numbered {
    /// Guarded by the claim of the one POST that may be under way.
    posted: AtomicU64,
    told: Mutex<Batch>,
}

/// What a client that polls was told last.
#[derive(Default)]
pub(crate) struct Batch {
    /// From 1 on; 0 is none.
    pub(crate) number: u64,
    /// Empty once the client has said that it has them.
    pub(crate) lines: Bytes,
    /// Whether the connection has ended with it.
    pub(crate) is_last: bool,
}

impl Numbered {
    /// The last batch that the client has posted.
    pub(crate) fn posted(&self) -> u64 {
        self.posted.load(Ordering::SeqCst)
    }

    /// The batch of that number is with its connection.
    pub(crate) fn set_posted(&self, number: u64) {
        self.posted.store(number, Ordering::SeqCst);
    }

    /// The last batch that the client was told. While this is held no other poll takes anything out of the
    /// outbox: what is taken there is here before another looks.
    pub(crate) fn told(&self) -> MutexGuard<'_, Batch> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Batch {
    /// The client has it.
    pub(crate) fn acknowledge(&mut self) {
        // Not cleared, which would keep the bytes that they are a part of.
        self.lines = Bytes::new();
    }

    /// Puts the next in its place; its number.
    pub(crate) fn replace(&mut self, lines: Bytes) -> u64 {
        debug_assert!(self.lines.is_empty(), "what the client may not have is kept");
        self.number += 1;
        self.lines = lines;
        self.number
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Weak};

    use super::*;

    struct Owned(Arc<[u8; 64]>);

    impl AsRef<[u8]> for Owned {
        fn as_ref(&self) -> &[u8] {
            &*self.0
        }
    }

    #[test]
    fn nothing_is_kept_of_what_was_acknowledged() {
        let bytes = Arc::new([7; 64]);
        let weak: Weak<_> = Arc::downgrade(&bytes);
        let mut batch = Batch::default();
        assert_eq!(batch.replace(Bytes::from_owner(Owned(bytes))), 1);
        assert!(weak.upgrade().is_some());
        batch.acknowledge();
        assert!(weak.upgrade().is_none() && batch.lines.is_empty());
    }
}
