//! A store in the memory of the process: rooms outlive their closing there, and nothing outlives the
//! process.
//!
//! It must keep to every word of the contract: it is what others are compared with.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    future::ready,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;

use super::{
    batch::{Batch, Kind, Record, RoomName, Stored},
    contract::{Store, StoreError, StoreFuture},
};

/// A [`Store`] that lasts as long as the process: for tests, and for rooms that are to be found again when
/// they have been empty for a while. A clone is the same store; a test that stops its Salon, which closes
/// the store, gives the next one what is [kept](Self::reopened) there.
///
/// It has no limit of its own: each room that ever was durable has its history there.
#[derive(Clone, Default)]
pub struct MemoryStore(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    rooms: HashMap<RoomName, Kept>,
    is_closed: bool,
}

#[derive(Clone, Default)]
struct Kept {
    revision: u64,
    head: Bytes,
    state: Option<Bytes>,
    records: BTreeMap<(Kind, u64), Bytes>,
}

impl MemoryStore {
    /// In which nothing is kept yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// One with the same rooms, as they are now: as if another process had opened the same file.
    #[must_use]
    pub fn reopened(&self) -> Self {
        let rooms = self.state().rooms.clone();
        Self(Arc::new(Mutex::new(State { rooms, is_closed: false })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing that runs under the lock leaves the state half-changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn append(&mut self, room: &RoomName, batch: Batch) -> Result<(), StoreError> {
        let kept = self.rooms.get(room).map_or(0, |kept| kept.revision);
        if batch.revision != kept.wrapping_add(1) {
            return Err(StoreError::conflict(batch.revision, kept));
        }
        let kept = self.rooms.entry(room.clone()).or_default();
        if batch.replaces {
            *kept = Kept::default();
        }
        kept.revision = batch.revision;
        kept.head = batch.head;
        if batch.state.is_some() {
            kept.state = batch.state;
        }
        for Record { kind, number, bytes } in batch.records {
            kept.records.insert((kind, number), bytes);
        }
        kept.records.retain(|(kind, number), _| *number >= batch.floors.of(*kind));
        Ok(())
    }
}

impl Store for MemoryStore {
    fn open(&self, room: &RoomName) -> StoreFuture<Option<Stored>> {
        let state = self.state();
        let stored = state.rooms.get(room).map(|kept| {
            let records = kept.records.iter().map(|((kind, number), bytes)| Record {
                kind: *kind,
                number: *number,
                bytes: bytes.clone(),
            });
            Stored::new(kept.revision, kept.head.clone(), kept.state.clone(), records.collect())
        });
        Box::pin(ready(if state.is_closed { Err(StoreError::closed()) } else { Ok(stored) }))
    }

    fn append(&self, room: &RoomName, batch: Batch) -> StoreFuture<()> {
        let mut state = self.state();
        let appended =
            if state.is_closed { Err(StoreError::closed()) } else { state.append(room, batch) };
        Box::pin(ready(appended))
    }

    fn remove(&self, room: &RoomName) -> StoreFuture<()> {
        let mut state = self.state();
        let removed = if state.is_closed {
            Err(StoreError::closed())
        } else {
            state.rooms.remove(room);
            Ok(())
        };
        Box::pin(ready(removed))
    }

    fn close(&self) -> StoreFuture<()> {
        self.state().is_closed = true;
        Box::pin(ready(Ok(())))
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").field("rooms", &self.state().rooms.len()).finish()
    }
}
