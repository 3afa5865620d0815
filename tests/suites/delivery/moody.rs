//! A store that is slow, fails and forgets to say so, by chance: what it says that it keeps it does keep.
//!
//! It must never break the contract of a store: what a room makes of it is then the room's fault.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use fastrand::Rng;
use salon::store::{Batch, MemoryStore, RoomName, Store, StoreError, StoreFuture, Stored};

#[derive(Clone, Debug)]
pub(crate) struct MoodyStore {
    pub(crate) memory: MemoryStore,
    mood: Arc<Mutex<Mood>>,
}

#[derive(Debug)]
struct Mood {
    rng: Rng,
    is_good: bool,
    /// Batches are refused until the room is opened again.
    has_failed: bool,
    /// How many batches were not the next one.
    conflicts: usize,
}

impl MoodyStore {
    pub(crate) fn new(seed: u64) -> Self {
        let rng = Rng::with_seed(seed);
        let mood = Mood { rng, is_good: false, has_failed: false, conflicts: 0 };
        Self { memory: MemoryStore::new(), mood: Arc::new(Mutex::new(mood)) }
    }

    fn mood(&self) -> MutexGuard<'_, Mood> {
        self.mood.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From here on it does all at once, and does not fail; or it is as before.
    pub(crate) fn be_good(&self, is_good: bool) {
        self.mood().is_good = is_good;
    }

    pub(crate) fn conflicts(&self) -> usize {
        self.mood().conflicts
    }
}

impl Mood {
    fn takes(&mut self) -> Option<Duration> {
        let is_slow = !self.is_good && self.rng.u8(0..3) > 0;
        is_slow.then(|| Duration::from_millis(self.rng.u64(1..800)))
    }

    fn fails(&mut self, once_in: u8) -> bool {
        !self.is_good && self.rng.u8(0..once_in) == 0
    }
}

fn late<T: Send + 'static>(takes: Option<Duration>, done: StoreFuture<T>) -> StoreFuture<T> {
    Box::pin(async move {
        if let Some(takes) = takes {
            tokio::time::sleep(takes).await;
        }
        done.await
    })
}

fn failed<T: Send + 'static>() -> StoreFuture<T> {
    Box::pin(async { Err(StoreError::failed("what it was to do", "it is moody")) })
}

impl Store for MoodyStore {
    fn open(&self, room: &RoomName) -> StoreFuture<Option<Stored>> {
        let mut mood = self.mood();
        mood.has_failed = false;
        let fails = mood.fails(12);
        late(mood.takes(), if fails { failed() } else { self.memory.open(room) })
    }

    fn append(&self, room: &RoomName, batch: Batch) -> StoreFuture<()> {
        let mut mood = self.mood();
        let takes = mood.takes();
        if mood.has_failed {
            return late(takes, failed());
        }
        mood.has_failed = mood.fails(12);
        let is_kept = !mood.has_failed || mood.rng.bool();
        let kept = is_kept.then(|| self.memory.append(room, batch));
        if mood.has_failed {
            return late(takes, failed());
        }
        let kept = kept.unwrap_or_else(failed);
        drop(mood);
        let this = self.clone();
        late(
            takes,
            Box::pin(async move {
                let kept = kept.await;
                this.mood().conflicts +=
                    usize::from(kept.as_ref().is_err_and(StoreError::is_conflict));
                kept
            }),
        )
    }

    fn remove(&self, room: &RoomName) -> StoreFuture<()> {
        self.memory.remove(room)
    }

    fn close(&self) -> StoreFuture<()> {
        self.memory.close()
    }
}
