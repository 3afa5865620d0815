//! The acknowledgements that rooms await of what they keep, by the ids with which it is sent.
//!
//! It must never have an id of something that nobody has any more.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use super::Reader;
use crate::base::room_id::RoomId;

/// Who takes down what was acknowledged.
pub(crate) trait Ledger: Send + Sync {
    /// What has that number is acknowledged by one who has got it.
    fn acknowledged(&self, by: &Reader, seq: u64);
}

/// What is awaited of all rooms of one Salon.
#[derive(Default)]
pub(crate) struct AwaitedIds(Mutex<HashMap<u64, Place>>);

/// Of what something is the acknowledgement.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) room: RoomId,
    pub(crate) seq: u64,
    pub(crate) ledger: Weak<dyn Ledger>,
}

/// An id under which something is awaited, for as long as this is there.
pub(crate) struct AwaitedId {
    of: Arc<AwaitedIds>,
    pub(crate) id: u64,
    /// In how long.
    pub(crate) span: Duration,
}

impl AwaitedIds {
    /// From here on the acknowledgement of that id is that of something.
    pub(crate) fn expect(
        self: &Arc<Self>,
        id: u64,
        place: Place,
        span: Duration,
    ) -> Arc<AwaitedId> {
        self.lock().insert(id, place);
        Arc::new(AwaitedId { of: self.clone(), id, span })
    }

    /// Of what an acknowledgement is.
    pub(crate) fn find(&self, id: u64) -> Option<Place> {
        self.lock().get(&id).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Place>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for AwaitedId {
    fn drop(&mut self) {
        self.of.lock().remove(&self.id);
    }
}

impl fmt::Debug for AwaitedId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AwaitedId").field(&self.id).finish()
    }
}
