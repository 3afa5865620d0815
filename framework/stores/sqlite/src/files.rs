//! The files of one store: the database, and what lies beside it.
//!
//! It must never change a file that is not ours, nor open the database while another store has it:
//! closing it would let go of the locks that SQLite holds.

use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read},
    path::{Path, PathBuf},
};

use crate::{error::OpenError, schema};

/// The paths, and the lock that makes them ours: for as long as this lives, or the process.
#[derive(Debug)]
pub(crate) struct Files {
    pub(crate) database: PathBuf,
    pub(crate) mark: PathBuf,
    /// Held by the operating system, so that it ends however the process ends.
    lock: File,
}

impl Files {
    /// Makes them ours.
    pub(crate) fn take(path: &Path) -> Result<Self, OpenError> {
        // One file has one lock, whatever path leads to it.
        let database = whole(path).map_err(|error| OpenError::io(path, "finding", error))?;
        let (mark, lock) = (beside(&database, "-mark"), beside(&database, "-lock"));
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&lock);
        let file = file.map_err(|error| OpenError::io(&lock, "making", error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(OpenError::Taken { path: database }),
            Err(TryLockError::Error(error)) => return Err(OpenError::io(&lock, "locking", error)),
        }
        let files = Self { database, mark, lock: file };
        if !files.is_ours()? {
            return Err(OpenError::Foreign { path: files.database.clone() });
        }
        Ok(files)
    }

    /// Whether the database is ours, or nothing yet.
    fn is_ours(&self) -> Result<bool, OpenError> {
        let mut header = Vec::with_capacity(100);
        let read = File::open(&self.database).and_then(|file| {
            let head = file.take(100).read_to_end(&mut header);
            head.map(|_| ())
        });
        match read {
            Ok(()) => Ok(header.is_empty() || schema::is_header(&header)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
            Err(error) => Err(OpenError::io(&self.database, "reading", error)),
        }
    }

    /// Makes it last that the files are there.
    pub(crate) fn sync_directory(&self) -> io::Result<()> {
        // Elsewhere a directory cannot be opened, and needs no such call.
        #[cfg(unix)]
        if let Some(directory) = self.database.parent() {
            File::open(directory)?.sync_all()?;
        }
        Ok(())
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        // To close it is not enough: a process that is being started at this moment has it open too. If
        // this fails, the lock ends with the last of them.
        let _ = self.lock.unlock();
    }
}

/// The path to a file that may be there, from the root and without links.
fn whole(path: &Path) -> io::Result<PathBuf> {
    if let Ok(whole) = fs::canonicalize(path) {
        return Ok(whole);
    }
    let path = std::path::absolute(path)?;
    match (path.parent(), path.file_name()) {
        (Some(directory), Some(name)) => Ok(fs::canonicalize(directory)?.join(name)),
        _ => Err(io::ErrorKind::InvalidFilename.into()),
    }
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut path = OsString::from(path);
    path.push(ending);
    path.into()
}
