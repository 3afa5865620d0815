//! Where durable rooms are kept: a log, a state, what was answered, beyond the life of a room and of its
//! process.
//!
//! A [`Store`] knows neither rooms nor events: it takes [batches](Batch) of bytes, all of one or none,
//! and gives back what it has. What the bytes mean is the rooms' own. Nothing here may know a room, a
//! session or a wire.

mod batch;
#[cfg(feature = "testing")]
pub mod conformance;
mod contract;
mod memory;

pub use self::{
    batch::{Batch, Floors, Kind, Record, RoomName, Stored},
    contract::{Store, StoreError, StoreFuture},
    memory::MemoryStore,
};
