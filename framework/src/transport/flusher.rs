//! What writes the sockets of one worker: each that has something to say, once per turn.
//!
//! It must never wait for a socket: one that takes no more is left alone until it does.

use std::{
    cell::RefCell,
    future::poll_fn,
    rc::{Rc, Weak},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Poll, Wake, Waker},
};

use actix_web::rt;
use futures_util::task::AtomicWaker;
use slab::Slab;
use tokio::task::JoinHandle;

use super::taken_socket::TakenSocket;

/// How much is read at once.
const READ: usize = 64 * 1024;

/// One worker's sockets, and the buffers that they share.
pub(super) struct Flusher {
    due: Arc<Due>,
    sockets: RefCell<Slab<Weak<TakenSocket>>>,
    /// What is read, until it is given to its connection.
    pub(super) incoming: RefCell<Vec<u8>>,
    /// What small frames are gathered in, to be one write.
    pub(super) outgoing: RefCell<Vec<u8>>,
}

/// Which sockets are due; known to every thread that has something to say.
#[derive(Default)]
struct Due {
    numbers: Mutex<Vec<usize>>,
    flusher: AtomicWaker,
}

/// Makes one socket due.
struct Bell {
    due: Arc<Due>,
    number: usize,
}

thread_local! {
    /// This worker's, and the task that drives it.
    static CURRENT: RefCell<Option<(Rc<Flusher>, JoinHandle<()>)>> = RefCell::default();
}

impl Flusher {
    /// This worker's; started if there is none, or if the one that was there has ended with its
    /// actix system.
    pub(super) fn current() -> Rc<Self> {
        CURRENT.with_borrow_mut(|current| match current {
            Some((flusher, task)) if !task.is_finished() => flusher.clone(),
            _ => {
                let flusher = Rc::new(Self {
                    due: Arc::default(),
                    sockets: RefCell::default(),
                    incoming: RefCell::new(vec![0; READ]),
                    outgoing: RefCell::default(),
                });
                let task = rt::spawn(flusher.clone().run());
                *current = Some((flusher.clone(), task));
                flusher
            }
        })
    }

    /// Has a socket flushed when it asks for that; by the waker, from any thread.
    pub(super) fn add(
        self: &Rc<Self>,
        make: impl FnOnce(usize, Waker) -> TakenSocket,
    ) -> Rc<TakenSocket> {
        let mut sockets = self.sockets.borrow_mut();
        let entry = sockets.vacant_entry();
        let number = entry.key();
        let waker = Waker::from(Arc::new(Bell { due: self.due.clone(), number }));
        let socket = Rc::new(make(number, waker));
        entry.insert(Rc::downgrade(&socket));
        socket
    }

    /// A socket is closed.
    pub(super) fn remove(&self, number: usize) {
        self.sockets.borrow_mut().try_remove(number);
    }

    async fn run(self: Rc<Self>) {
        let mut due = Vec::new();
        poll_fn(|cx| {
            // Registered before the look, so that what is due meanwhile is not missed.
            self.due.flusher.register(cx.waker());
            std::mem::swap(&mut due, &mut *self.due.numbers());
            for number in due.drain(..) {
                let socket = self.sockets.borrow().get(number).and_then(Weak::upgrade);
                if let Some(socket) = socket {
                    socket.flush();
                }
            }
            Poll::<()>::Pending
        })
        .await;
    }
}

impl Due {
    fn numbers(&self) -> MutexGuard<'_, Vec<usize>> {
        self.numbers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let mut numbers = self.due.numbers();
        numbers.push(self.number);
        let first = numbers.len() == 1;
        drop(numbers);
        if first {
            self.due.flusher.wake();
        }
    }
}
