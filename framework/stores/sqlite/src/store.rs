//! What an app has in hand: it asks the thread that writes.
//!
//! It must never wait for a disk where a future can, nor for one that nobody polls.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, Sender},
    },
    thread::{self, JoinHandle},
};

use salon::store::{Batch, RoomName, Store, StoreError, StoreFuture, Stored};
use tokio::sync::oneshot;

use crate::{
    clock::Clock,
    database::Database,
    error::OpenError,
    files::Files,
    group::{Done, Write},
    opening::Opening,
    writer::{Request, Writer},
};

/// Durable rooms in one SQLite file. A clone is the same store.
///
/// It is closed by [`Store::close`], or when the last clone is dropped, which waits for the disk. A process
/// that ends without either has lost nothing by it.
#[derive(Clone)]
pub struct Sqlite(Arc<Handle>);

struct Handle {
    path: PathBuf,
    /// Not bounded: a call must not block a worker, and each room bounds what it has under way.
    requests: Option<Sender<Request>>,
    is_closed: Arc<AtomicBool>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Sqlite {
    /// Opens a file, and makes it if it is not there: as [`Sqlite::at`] has it if nothing is changed.
    ///
    /// # Errors
    /// See [`Opening::open`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        Self::at(path).open()
    }

    /// A file that is to be opened, not in the way that most apps want.
    pub fn at(path: impl AsRef<Path>) -> Opening {
        Opening::new(path.as_ref().to_owned())
    }

    fn start(opening: Opening) -> Result<Self, OpenError> {
        let files = Files::take(&opening.path)?;
        let database = Database::open(&files, &opening)?;
        let path = files.database.clone();
        let time = database.time().map_err(|error| OpenError::sqlite(&path, "reading", error))?;
        let (requests, receiver) = mpsc::channel();
        let is_closed = Arc::new(AtomicBool::new(false));
        let clock = Clock::start(time);
        let writer = Writer::new(files, opening, database, clock, receiver, is_closed.clone());
        let thread = thread::Builder::new().name("salon-sqlite".to_owned());
        let thread = thread.spawn(|| writer.run());
        let thread =
            thread.map_err(|error| OpenError::io(&path, "starting a thread for", error))?;
        let thread = Mutex::new(Some(thread));
        Ok(Self(Arc::new(Handle { path, requests: Some(requests), is_closed, thread })))
    }

    /// Asks now; the answer comes by the future, or what is said of a store that is closed.
    fn ask<T: Send + 'static>(
        &self,
        request: impl FnOnce(Done<T>) -> Request,
        if_closed: fn() -> Result<T, StoreError>,
    ) -> StoreFuture<T> {
        let (done, answer) = oneshot::channel();
        if let Some(requests) = &self.0.requests {
            // If nobody takes it, `done` is dropped with it.
            let _ = requests.send(request(done));
        }
        let is_closed = self.0.is_closed.clone();
        Box::pin(async move {
            match answer.await {
                Ok(answer) => answer,
                Err(_) if is_closed.load(Ordering::Acquire) => if_closed(),
                Err(_) => Err(StoreError::failed("reaching the store", "its thread has panicked")),
            }
        })
    }
}

impl Opening {
    /// Opens it, and makes it if it is not there. It reads the end of the log, and no rooms.
    ///
    /// # Errors
    /// Another has it open, it is no file of this crate or of a newer version of it, it is damaged, or it
    /// cannot be read and written.
    pub fn open(self) -> Result<Sqlite, OpenError> {
        Sqlite::start(self)
    }
}

fn closed<T>() -> Result<T, StoreError> {
    Err(StoreError::closed())
}

impl Store for Sqlite {
    fn open(&self, room: &RoomName) -> StoreFuture<Option<Stored>> {
        let room = room.clone();
        self.ask(|done| Request::Open(room, done), closed)
    }

    fn append(&self, room: &RoomName, batch: Batch) -> StoreFuture<()> {
        let room = room.clone();
        self.ask(|done| Request::Write(Write { room, batch: Some(batch), done }), closed)
    }

    fn remove(&self, room: &RoomName) -> StoreFuture<()> {
        let room = room.clone();
        self.ask(|done| Request::Write(Write { room, batch: None, done }), closed)
    }

    fn release(&self, room: &RoomName) {
        if let Some(requests) = &self.0.requests {
            // If nobody takes it, nothing is deleted any more either.
            let _ = requests.send(Request::Release(room.clone()));
        }
    }

    fn close(&self) -> StoreFuture<()> {
        // Somebody else was first, perhaps.
        self.ask(Request::Close, || Ok(()))
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        drop(self.requests.take());
        let thread = self.thread.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // One that has panicked has said so.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Sqlite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sqlite").field("path", &self.0.path).finish()
    }
}
