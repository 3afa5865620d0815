//! What is written in one commit, and who waits for it.
//!
//! It must never answer anybody before the commit is kept.

use bytes::Bytes;
use rusqlite::{Connection, ErrorCode};
use salon::store::{Batch, RoomName, StoreError};
use tokio::sync::oneshot;

use crate::{
    database::{Cause, Trouble},
    rooms::{self, Written},
};

/// To whoever has made a call; it may have stopped waiting.
pub(crate) type Done<T> = oneshot::Sender<Result<T, StoreError>>;

/// Something that a room wants written.
#[derive(Debug)]
pub(crate) struct Write {
    pub(crate) room: RoomName,
    /// A batch; without one the room is to be removed.
    pub(crate) batch: Option<Batch>,
    pub(crate) done: Done<()>,
}

impl Write {
    /// How much it adds to a commit, roughly.
    pub(crate) fn size(&self) -> usize {
        self.batch.as_ref().map_or(0, |batch| {
            let records: usize = batch.records.iter().map(|record| record.bytes.len()).sum();
            batch.head.len() + batch.state.as_ref().map_or(0, Bytes::len) + records
        })
    }

    /// Writes it into the transaction that has begun.
    pub(crate) fn stage(
        &self,
        connection: &Connection,
        now: i64,
        saves: bool,
    ) -> rusqlite::Result<Written> {
        match &self.batch {
            Some(batch) => rooms::append(connection, &self.room, batch, now, saves),
            None => rooms::remove(connection, &self.room),
        }
    }

    /// What it was to do is done, or was refused as it was.
    pub(crate) fn answer(self, written: Written) {
        let answer = match (written, &self.batch) {
            (Written::Conflict(kept), Some(batch)) => {
                Err(StoreError::conflict(batch.revision, kept))
            }
            _ => Ok(()),
        };
        // Whoever does not wait has what it asked for all the same.
        let _ = self.done.send(answer);
    }

    /// It is not done, or nobody knows.
    pub(crate) fn fail(self, trouble: &Trouble) {
        let (doing, cause) = match trouble {
            Trouble::Undone(cause, Some(ErrorCode::DiskFull)) => {
                ("writing a room to a file, or a disk, that is full", cause)
            }
            Trouble::Undone(cause, Some(ErrorCode::DatabaseCorrupt)) => {
                ("writing a room to a file that is damaged", cause)
            }
            Trouble::Undone(cause, _) => ("writing a room", cause),
            Trouble::Unknown(cause) => ("writing a room, as far as is known,", cause),
        };
        let _ = self.done.send(Err(failed(doing, cause)));
    }

    /// One before it has failed, and the room was not opened since.
    pub(crate) fn refuse(self) {
        let why = "the room is to be opened again";
        let _ =
            self.done.send(Err(StoreError::failed("keeping a batch behind one that is not", why)));
    }
}

/// A failure with a cause that others are told as well.
pub(crate) fn failed(doing: &str, cause: &Cause) -> StoreError {
    StoreError::failed(doing, Box::new(cause.clone()) as Box<dyn std::error::Error + Send + Sync>)
}
