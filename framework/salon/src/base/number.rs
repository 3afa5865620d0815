//! What sessions, workers and the like are called inside a process.
//!
//! It must never be on the wire: a number tells how many there have been.

use std::sync::atomic::{AtomicU64, Ordering};

/// A session's number: unique in this process, never on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionNumber(u64);

impl SessionNumber {
    /// Before all others.
    pub(crate) const FIRST: Self = Self(0);

    pub(crate) fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// Which shard, and so which worker, a session is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ShardNumber(pub(crate) u32);

/// Which of the namespaces that the app has declared: all names of a pattern have one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct NamespaceNumber(pub(crate) usize);

/// Which of the memberships that a room has given out: a session that comes back has a later one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct MembershipNumber(u64);

impl MembershipNumber {
    /// The first that a room gives out.
    pub(crate) const FIRST: Self = Self(1);

    /// The one after it.
    pub(crate) fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// Which of the rights that something rests on: unique in this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RightNumber(u64);

impl RightNumber {
    pub(crate) fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// Which of the timers that rooms and sessions have asked for: unique in this process, a later one
/// has a higher number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct TimerNumber(u64);

impl TimerNumber {
    pub(crate) fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}
