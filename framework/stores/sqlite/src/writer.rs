//! The thread that has the database to itself.
//!
//! It must never answer out of order what concerns one room, nor let one room's failure be another's.

use std::{
    collections::HashSet,
    mem, slice,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, RecvTimeoutError},
    },
    time::Duration,
};

use salon::store::{RoomName, StoreError, Stored};

use crate::{
    clock::Clock,
    database::{Cause, Database, Trouble},
    files::Files,
    group::{Done, Write, failed},
    opening::Opening,
    rooms::{self, Written},
};

/// What is taken into one commit at most: who waits for it waits for all of it.
const MOST_REQUESTS: usize = 1_024;
const MOST_BYTES: usize = 16 << 20;

/// Rooms that are looked at for their age in one go, and that are deleted.
const LOOKED_AT: usize = 256;
const DELETED: usize = 8;
/// Between two such goes, in milliseconds: with more to look at, and when all have been.
const SOON: i64 = 50;
const LATER: i64 = 60_000;

/// What a handle asks for.
#[derive(Debug)]
pub(crate) enum Request {
    Open(RoomName, Done<Option<Stored>>),
    Write(Write),
    /// A room has closed.
    Release(RoomName),
    Close(Done<()>),
}

/// The thread's own.
#[derive(Debug)]
pub(crate) struct Writer {
    /// `None` after an error that leaves open what the file has: it is opened again before it is used.
    database: Option<Database>,
    requests: Receiver<Request>,
    is_closed: Arc<AtomicBool>,
    /// Of whom something was not kept: until they are opened, nothing more is.
    failed: HashSet<RoomName>,
    /// The numbers of the rooms that are open in this process.
    opened: HashSet<i64>,
    /// The last room that was looked at for its age, and when the next are.
    looked_at: i64,
    due: i64,
    clock: Clock,
    opening: Opening,
    /// Let go of last.
    files: Files,
}

impl Writer {
    pub(crate) fn new(
        files: Files,
        opening: Opening,
        database: Database,
        clock: Clock,
        requests: Receiver<Request>,
        is_closed: Arc<AtomicBool>,
    ) -> Self {
        let (failed, opened) = (HashSet::new(), HashSet::new());
        // Not at once: whoever comes back to a room when the process is started again finds it.
        let (looked_at, due) = (0, clock.now() + LATER.min(age(opening.retention)));
        let database = Some(database);
        Self {
            database,
            requests,
            is_closed,
            failed,
            opened,
            looked_at,
            due,
            clock,
            opening,
            files,
        }
    }

    /// Until it is closed, or nobody has a handle any more.
    pub(crate) fn run(mut self) {
        let done = loop {
            let wait = u64::try_from(self.due - self.clock.now()).unwrap_or(0);
            match self.requests.recv_timeout(Duration::from_millis(wait)) {
                Ok(request) => {
                    if let Some(done) = self.take(request) {
                        break Some(done);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break None,
            }
            if self.clock.now() >= self.due {
                self.expire();
            }
        };
        let closed = self.close();
        // The lock as well: whoever waits for it may open the file again.
        drop(self);
        if let Some(done) = done {
            let _ = done.send(closed);
        }
    }

    fn close(&mut self) -> Result<(), StoreError> {
        let closed = match self.database.take() {
            Some(database) => database.close().map_err(|error| Arc::new(error) as Cause),
            None => Err(Arc::from(Box::from("it had to be opened again, and was not"))),
        };
        self.is_closed.store(true, Ordering::Release);
        closed.map_err(|error| {
            let path = self.files.database.display();
            tracing::error!(%path, %error, "the store was not closed in order");
            failed("closing the file", &error)
        })
    }

    /// A request, and those that have come since: one commit, if no room is opened between two writes of
    /// its own. Says who waits for the end, if it is to end.
    fn take(&mut self, first: Request) -> Option<Done<()>> {
        let (mut writes, mut bytes, mut taken) = (Vec::<Write>::new(), 0, 0);
        let mut next = Some(first);
        while let Some(request) = next {
            match request {
                Request::Write(write) => {
                    bytes += write.size();
                    writes.push(write);
                }
                Request::Open(room, done) => {
                    if writes.iter().any(|write| write.room == room) {
                        self.write(mem::take(&mut writes));
                    }
                    let _ = done.send(self.open(&room));
                }
                Request::Release(room) => {
                    self.write(mem::take(&mut writes));
                    self.release(&room);
                }
                Request::Close(done) => {
                    self.write(writes);
                    return Some(done);
                }
            }
            taken += 1;
            let is_full = taken == MOST_REQUESTS || bytes >= MOST_BYTES;
            next = if is_full { None } else { self.requests.try_recv().ok() };
        }
        self.write(writes);
        None
    }

    fn open(&mut self, room: &RoomName) -> Result<Option<Stored>, StoreError> {
        let database = self.database().map_err(|trouble| match trouble {
            Trouble::Undone(cause, _) | Trouble::Unknown(cause) => {
                failed("opening the file again", &cause)
            }
        })?;
        let read = rooms::read(database.connection(), room);
        let read = read.map_err(|error| {
            let doing = match error.sqlite_error_code() {
                Some(rusqlite::ErrorCode::DatabaseCorrupt) => "reading a room from a damaged file",
                _ => "reading a room",
            };
            tracing::error!(namespace = %room.namespace, room = %room.name, %error, "{doing} failed");
            StoreError::failed(doing, error)
        })?;
        self.failed.remove(room);
        Ok(read.map(|(id, stored)| {
            self.opened.insert(id);
            stored
        }))
    }

    /// A room is not open any more. That it cannot be found now keeps it until the next process.
    fn release(&mut self, room: &RoomName) {
        let Some(database) = &self.database else { return };
        if let Ok(Some(id)) = rooms::number(database.connection(), room) {
            self.opened.remove(&id);
        }
    }

    /// The database, opened again if need be.
    fn database(&mut self) -> Result<&mut Database, Trouble> {
        if self.database.is_none() {
            let again = Database::open(&self.files, &self.opening);
            self.database = Some(again.map_err(|error| Trouble::Unknown(Arc::new(error)))?);
        }
        let gone = || Trouble::Unknown(Arc::from(Box::from("the database is gone")));
        self.database.as_mut().ok_or_else(gone)
    }

    /// Writes all of these, and answers them.
    fn write(&mut self, writes: Vec<Write>) {
        let writes = self.without_failed(writes);
        if writes.is_empty() {
            return;
        }
        match self.commit(&writes, false) {
            Ok(written) => self.answer(writes, written),
            Err(Trouble::Undone(..)) => {
                // One of them is to blame, or all of them are too much: each by itself, then.
                for write in writes {
                    let Some(write) = self.without_failed(vec![write]).pop() else { continue };
                    match self.commit(slice::from_ref(&write), true) {
                        Ok(written) => self.answer(vec![write], written),
                        Err(trouble) => self.fail(vec![write], &trouble),
                    }
                }
            }
            Err(trouble) => self.fail(writes, &trouble),
        }
        if let Some(database) = &self.database {
            database.tidy();
        }
    }

    /// One commit of all of these. It deletes what is not needed if it is to save room.
    fn commit(&mut self, writes: &[Write], saves: bool) -> Result<Vec<Written>, Trouble> {
        let now = self.clock.now();
        let written = self.database()?.write(now, |connection| {
            writes.iter().map(|write| write.stage(connection, now, saves)).collect()
        });
        if let Err(Trouble::Unknown(_)) = &written {
            self.database = None;
        }
        written
    }

    fn answer(&mut self, writes: Vec<Write>, written: Vec<Written>) {
        for (write, written) in writes.into_iter().zip(written) {
            match written {
                Written::To(id) => {
                    self.opened.insert(id);
                }
                Written::Removed(Some(id)) => {
                    self.opened.remove(&id);
                }
                Written::Removed(None) | Written::Conflict(_) => {}
            }
            write.answer(written);
        }
    }

    fn fail(&mut self, writes: Vec<Write>, trouble: &Trouble) {
        let (Trouble::Undone(error, _) | Trouble::Unknown(error)) = trouble;
        let (path, batches) = (self.files.database.display(), writes.len());
        tracing::error!(%path, batches, %error, "a commit failed");
        for write in writes {
            self.failed.insert(write.room.clone());
            write.fail(trouble);
        }
    }

    /// Refuses those of rooms that are to be opened first.
    fn without_failed(&self, mut writes: Vec<Write>) -> Vec<Write> {
        if !self.failed.is_empty() {
            // A room that is removed needs nothing of what was before.
            let is_behind =
                |write: &mut Write| write.batch.is_some() && self.failed.contains(&write.room);
            writes.extract_if(.., is_behind).for_each(Write::refuse);
        }
        writes
    }

    /// Looks at some rooms, and deletes a few that were not written for long.
    fn expire(&mut self) {
        let now = self.clock.now();
        let retention = age(self.opening.retention);
        let (before, behind) = (now.saturating_sub(retention), self.looked_at);
        self.due = now + LATER.min(retention.max(SOON));
        let Some(database) = self.database.as_mut().filter(|_| before > 0) else { return };
        let found = match rooms::behind(database.connection(), behind, LOOKED_AT) {
            Ok(found) => found,
            Err(error) => return tracing::error!(%error, "old rooms could not be looked for"),
        };
        let is_old = |room: &(i64, i64)| room.1 < before && !self.opened.contains(&room.0);
        let old = found.iter().filter(|room| is_old(room)).map(|room| room.0);
        let old: Vec<i64> = old.take(DELETED).collect();
        // Goes on behind the last that was deleted, or behind all of these.
        let last = if old.len() == DELETED { old.last() } else { found.last().map(|room| &room.0) };
        self.looked_at = last.copied().unwrap_or(0);
        if found.len() == LOOKED_AT || old.len() == DELETED {
            self.due = now + SOON;
        }
        if old.is_empty() {
            return;
        }
        let deleted = database.write(now, |connection| {
            old.iter().try_for_each(|room| rooms::delete(connection, *room))
        });
        match deleted {
            Ok(()) => tracing::debug!(rooms = old.len(), "deleted rooms not written for long"),
            Err(trouble) => {
                let (Trouble::Undone(error, _) | Trouble::Unknown(error)) = &trouble;
                tracing::error!(%error, "old rooms could not be deleted");
                if matches!(trouble, Trouble::Unknown(_)) {
                    self.database = None;
                }
            }
        }
    }
}

/// In milliseconds.
fn age(age: Duration) -> i64 {
    i64::try_from(age.as_millis()).unwrap_or(i64::MAX)
}
