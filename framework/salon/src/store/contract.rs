//! What keeps durable rooms: a file, a database, a process' memory.
//!
//! It must never say that something is kept before it is.

use std::{error::Error, fmt, pin::Pin};

use super::batch::{Batch, RoomName, Stored};

/// What a store answers, when it is done.
pub type StoreFuture<T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send>>;

/// What keeps [durable](crate::History::durable) rooms.
///
/// Each call counts when it is made, and not when its future is first polled: calls that concern one room
/// take effect in the order in which they are made. A future that is dropped takes nothing back.
///
/// ```
/// use salon::store::{MemoryStore, Store};
///
/// # async fn example() -> Result<(), salon::store::StoreError> {
/// use salon::store::{Batch, RoomName};
///
/// let store = MemoryStore::new();
/// let room = RoomName { namespace: "/".into(), name: "chat:lounge".into() };
/// let mut first = Batch::default();
/// first.revision = 1;
/// first.head = "a head".into();
/// store.append(&room, first).await?;
/// assert_eq!(store.open(&room).await?.map(|stored| stored.revision), Some(1));
/// # Ok(())
/// # }
/// ```
pub trait Store: fmt::Debug + Send + Sync + 'static {
    /// What there is of a room; `None` if there is nothing.
    ///
    /// # Errors
    /// What there is cannot be read: the room is not opened.
    fn open(&self, room: &RoomName) -> StoreFuture<Option<Stored>>;

    /// Keeps a batch: all of it, or nothing. When the future is done it is kept for as long as the store
    /// promises. Batches of several rooms that come together may be kept in one step.
    ///
    /// # Errors
    /// It is not kept, or it is not known whether it is; nor is any that comes after it, until the room is
    /// [opened](Self::open) again. One that is not the next of its room is refused as
    /// [`StoreError::conflict`], and changes nothing: the next one is taken.
    fn append(&self, room: &RoomName, batch: Batch) -> StoreFuture<()>;

    /// Forgets a room: its next batch is the first.
    ///
    /// # Errors
    /// It may be there still.
    fn remove(&self, room: &RoomName) -> StoreFuture<()>;

    /// A room has closed, and is [opened](Self::open) before it is appended to again. A store that keeps
    /// rooms for a time only may count that from now on.
    fn release(&self, room: &RoomName) {
        let _ = room;
    }

    /// Ends it: what was appended before is kept, and what comes after is refused.
    ///
    /// # Errors
    /// Not all of it is kept.
    fn close(&self) -> StoreFuture<()>;
}

/// Why a store has not done what it was to do.
#[derive(Debug)]
pub struct StoreError {
    reason: Reason,
    source: Option<Box<dyn Error + Send + Sync>>,
}

#[derive(Debug)]
enum Reason {
    Conflict { revision: u64, kept: u64 },
    Closed,
    Panicked,
    Failed(String),
}

impl StoreError {
    /// A batch is not the next one: another process may have the room.
    #[must_use]
    pub const fn conflict(revision: u64, kept: u64) -> Self {
        Self { reason: Reason::Conflict { revision, kept }, source: None }
    }

    /// The store has been closed.
    #[must_use]
    pub const fn closed() -> Self {
        Self { reason: Reason::Closed, source: None }
    }

    /// Its own code has panicked.
    pub(crate) const fn panicked() -> Self {
        Self { reason: Reason::Panicked, source: None }
    }

    /// What it was doing has failed, for that reason.
    pub fn failed(
        doing: impl Into<String>,
        source: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self { reason: Reason::Failed(doing.into()), source: Some(source.into()) }
    }

    /// Whether the store has been closed.
    #[must_use]
    pub const fn is_closed(&self) -> bool {
        matches!(self.reason, Reason::Closed)
    }

    /// Whether a batch was not the next one.
    #[must_use]
    pub const fn is_conflict(&self) -> bool {
        matches!(self.reason, Reason::Conflict { .. })
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reason {
            Reason::Conflict { revision, kept } => write!(
                f,
                "batch {revision} does not follow batch {kept}, the last that is kept: has another \
                 process the same store?"
            ),
            Reason::Closed => f.write_str("the store is closed"),
            Reason::Panicked => f.write_str("the store panicked"),
            Reason::Failed(doing) => write!(f, "{doing} failed"),
        }
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn Error + 'static))
    }
}
