//! Locks and atomics of what threads share, where models look at it: std's, but for the models,
//! which go through every order in which threads may come to them (`tests/models.sh`).
//!
//! It must never be more than names: what differs between the two is not used.

#[cfg(not(all(test, salon_loom)))]
pub(crate) use std::sync::{Mutex, MutexGuard, RwLock, atomic};

#[cfg(all(test, salon_loom))]
pub(crate) use loom::sync::{Mutex, MutexGuard, RwLock, atomic};
