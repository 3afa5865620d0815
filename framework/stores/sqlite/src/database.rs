//! The database and its mark, which must agree.
//!
//! It must never say that a commit is kept before the mark counts it, nor begin to take commits before
//! what was lost is written down.

use std::{error::Error, io, sync::Arc};

use rusqlite::{Connection, ErrorCode, params};

use crate::{
    durability::Durability,
    error::OpenError,
    files::Files,
    mark::{Mark, MarkFile},
    opening::Opening,
    schema,
};

/// The log goes into the database when it has so many frames, of a page each: 64 MiB. A page that was
/// written often meanwhile goes there once.
const LONG_LOG: u64 = 16_000;

/// Why something went wrong, for all whom it concerns.
pub(crate) type Cause = Arc<dyn Error + Send + Sync>;

/// Why the database or its mark could not be brought to the disk.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SettleError {
    #[error("the database could not be written")]
    Database(#[from] rusqlite::Error),
    #[error("the mark could not be written")]
    Mark(#[from] io::Error),
}

/// What has become of a commit that went wrong.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// Nothing of it is there, and the next one can be tried.
    Undone(Cause, Option<ErrorCode>),
    /// It may be there. The database is to be opened again, so that what is read is what the file has.
    Unknown(Cause),
}

/// A database that is open.
#[derive(Debug)]
pub(crate) struct Database {
    connection: Connection,
    file: MarkFile,
    mark: Mark,
}

impl Database {
    /// Opens it, and finds out what was lost.
    pub(crate) fn open(files: &Files, opening: &Opening) -> Result<Self, OpenError> {
        let path = &files.database;
        let sqlite = |error| OpenError::sqlite(path, "opening", error);
        let io = |error| OpenError::io(&files.mark, "writing", error);
        let was = Mark::read(&files.mark)
            .map_err(|error| OpenError::io(&files.mark, "reading", error))?;
        let connection = schema::connect(path, opening)?;
        let now = Mark {
            database: number(&connection, "database").map_err(sqlite)?,
            commits: number(&connection, "commits").map_err(sqlite)?,
            frames: frames(&connection).map_err(sqlite)?,
            durability: opening.durability,
            is_clean: false,
            boot: opening.boot,
        };
        let vouched =
            was.as_ref().map_or(Err("the mark is missing or broken"), |was| was.vouches(&now));
        let mut this =
            Self { file: MarkFile::open(&files.mark).map_err(io)?, connection, mark: now };
        let (rooms, bytes) = this.size().map_err(sqlite)?;
        if let Err(why) = vouched {
            this.give_up(was.as_ref(), rooms > 0).map_err(sqlite)?;
            if rooms > 0 {
                tracing::warn!(path = %path.display(), rooms, why, "rooms may have lost what was kept: \
                    each begins an order of its own");
            }
        }
        // What was recovered is on the disk before anything is built on it: the next commits may
        // promise more than those before.
        this.settle(false).map_err(|error| match error {
            SettleError::Database(error) => sqlite(error),
            SettleError::Mark(error) => io(error),
        })?;
        files.sync_directory().map_err(|error| OpenError::io(path, "keeping", error))?;
        schema::wait_for_disk(&this.connection, opening.durability).map_err(sqlite)?;
        let durability = opening.durability;
        tracing::info!(path = %path.display(), rooms, bytes, ?durability, "the store is open");
        Ok(this)
    }

    /// How many rooms there are, and of how many bytes the database is.
    fn size(&self) -> rusqlite::Result<(u64, u64)> {
        let size = "SELECT (SELECT count(*) FROM rooms), page_count * page_size
            FROM pragma_page_count, pragma_page_size";
        self.connection.query_row(size, [], |row| {
            let (rooms, bytes): (i64, i64) = (row.get(0)?, row.get(1)?);
            Ok((rooms.cast_unsigned(), bytes.cast_unsigned()))
        })
    }

    /// Writes down that no room is whole. The count goes on behind what the mark has, so that none is
    /// given twice.
    fn give_up(&mut self, was: Option<&Mark>, has_rooms: bool) -> rusqlite::Result<()> {
        if has_rooms {
            // A checkpoint that was interrupted is made good by the log; without its end, pages of one
            // commit may lie beside pages of another.
            let check = "PRAGMA quick_check(1)";
            let found: String = self.connection.query_row(check, [], |row| row.get(0))?;
            if found != "ok" {
                let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
                return Err(rusqlite::Error::SqliteFailure(code, Some(found)));
            }
        }
        let commits = was.map_or(0, |was| was.commits).max(self.mark.commits) + 1;
        self.connection.execute_batch("BEGIN IMMEDIATE")?;
        self.connection.execute("UPDATE rooms SET is_whole = 0", [])?;
        let count = "UPDATE meta SET value = ?1 WHERE key = 'commits'";
        self.connection.execute(count, [commits.cast_signed()])?;
        self.connection.execute_batch("COMMIT")?;
        self.mark.commits = commits;
        Ok(())
    }

    /// The latest time at which something was written.
    pub(crate) fn time(&self) -> rusqlite::Result<i64> {
        number(&self.connection, "time").map(u64::cast_signed)
    }

    /// For what only reads.
    pub(crate) const fn connection(&self) -> &Connection {
        &self.connection
    }

    /// One commit: all of it is kept when this returns, or none of it.
    pub(crate) fn write<T>(
        &mut self,
        time: i64,
        stage: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, Trouble> {
        let commits = self.mark.commits + 1;
        let staged = self.connection.execute_batch("BEGIN IMMEDIATE").and_then(|()| {
            let staged = stage(&self.connection)?;
            let count = "UPDATE meta SET value = CASE key WHEN 'commits' THEN ?1 ELSE ?2 END
                WHERE key IN ('commits', 'time')";
            let mut count = self.connection.prepare_cached(count)?;
            count.execute(params![commits.cast_signed(), time])?;
            Ok(staged)
        });
        let staged = staged.map_err(|error| self.undo(error))?;
        let unknown = |error: rusqlite::Error| Trouble::Unknown(Arc::new(error));
        self.connection.execute_batch("COMMIT").map_err(unknown)?;
        let frames = frames(&self.connection).map_err(unknown)?;
        (self.mark.commits, self.mark.frames) = (commits, frames);
        self.file.write(&self.mark).map_err(|error| Trouble::Unknown(Arc::new(error)))?;
        Ok(staged)
    }

    /// Takes back what was staged, after that error.
    fn undo(&self, error: rusqlite::Error) -> Trouble {
        let code = error.sqlite_error_code();
        // SQLite may have taken it back itself.
        let is_undone =
            self.connection.is_autocommit() || self.connection.execute_batch("ROLLBACK").is_ok();
        if is_undone && code != Some(ErrorCode::SystemIoFailure) {
            Trouble::Undone(Arc::new(error), code)
        } else {
            Trouble::Unknown(Arc::new(error))
        }
    }

    /// Writes the log into the database if it has become long. It is none of a commit's: whoever waited
    /// for one has been answered.
    pub(crate) fn tidy(&self) {
        if self.mark.frames >= LONG_LOG
            && let Err(error) = self.checkpoint("PASSIVE")
        {
            // Nothing is lost by it; the log grows until one succeeds.
            tracing::error!(%error, "the log could not be written into the database");
        }
    }

    /// Writes the log into the database.
    fn checkpoint(&self, how: &str) -> rusqlite::Result<()> {
        let sql = format!("PRAGMA wal_checkpoint({how})");
        let is_busy: bool = self.connection.query_row(&sql, [], |row| row.get(0))?;
        if is_busy {
            let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY);
            return Err(rusqlite::Error::SqliteFailure(code, None));
        }
        Ok(())
    }

    /// Has all of it on the disk, and no log; says so in the mark.
    fn settle(&mut self, is_clean: bool) -> Result<(), SettleError> {
        schema::wait_for_disk(&self.connection, Durability::Disk)?;
        self.checkpoint("FULL")?;
        // The log is not needed any more. If it is cut off, and the process with it, none is missed.
        self.mark.frames = 0;
        self.file.write(&self.mark)?;
        self.checkpoint("TRUNCATE")?;
        self.mark.is_clean = is_clean;
        self.file.write_through(&self.mark)?;
        Ok(())
    }

    /// Ends it, with all of it on the disk.
    pub(crate) fn close(mut self) -> Result<(), SettleError> {
        self.settle(true)
    }
}

/// A number that the database keeps of itself.
fn number(connection: &Connection, key: &str) -> rusqlite::Result<u64> {
    let number = "SELECT value FROM meta WHERE key = ?1";
    connection.query_row(number, [key], |row| row.get(0)).map(i64::cast_unsigned)
}

/// How many frames of the log there are.
fn frames(connection: &Connection) -> rusqlite::Result<u64> {
    let mut frames = connection.prepare_cached("PRAGMA wal_checkpoint(NOOP)")?;
    frames.query_row([], |row| row.get(1)).map(i64::cast_unsigned)
}
