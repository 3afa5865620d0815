//! Why a file was not opened.
//!
//! Each names the file, and what whoever reads it can do.

use std::{
    error::Error,
    io,
    path::{Path, PathBuf},
};

/// Why [`Sqlite::open`](crate::Sqlite::open) has not opened a file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another process has it open, or this one has, or another program holds a lock on it.
    #[error(
        "{} is open already, in this process or in another: end that one, or clone its `Sqlite`",
        path.display()
    )]
    Taken {
        /// The file.
        path: PathBuf,
    },
    /// It is none of this crate's files. It has not been changed.
    #[error(
        "{} is no file of salon-sqlite, and was left as it is: name another path, or move it away",
        path.display()
    )]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// A newer version of this crate has written it. It has not been changed.
    #[error(
        "{} has version {found} of the tables, and this salon-sqlite knows version {known}: run the \
         newer one",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Which version it has.
        found: i64,
        /// The last version that is known here.
        known: i64,
    },
    /// It is damaged. What can be read of it is there still.
    #[error(
        "{} is damaged: bring back a copy of it and delete the `-mark` beside it, or move it away to \
         begin with no rooms",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The operating system or SQLite refuses to read or write it.
    #[error(
        "{doing} {} failed: see to it that the directory is there, that it can be written, and that \
         the disk has room",
        path.display()
    )]
    Io {
        /// The file.
        path: PathBuf,
        /// What was being done with it.
        doing: &'static str,
        /// Why it failed.
        source: Box<dyn Error + Send + Sync>,
    },
}

impl OpenError {
    pub(crate) fn io(path: &Path, doing: &'static str, source: io::Error) -> Self {
        Self::Io { path: path.to_owned(), doing, source: source.into() }
    }

    /// What SQLite says of the file at that path.
    pub(crate) fn sqlite(path: &Path, doing: &'static str, error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{DatabaseBusy, DatabaseCorrupt, DatabaseLocked, NotADatabase};
        let path = path.to_owned();
        match error.sqlite_error_code() {
            Some(DatabaseBusy | DatabaseLocked) => Self::Taken { path },
            Some(DatabaseCorrupt | NotADatabase) => Self::Damaged { path, source: error.into() },
            _ => Self::Io { path, doing, source: error.into() },
        }
    }
}
