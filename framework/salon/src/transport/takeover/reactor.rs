//! The sockets of one worker: which of them can be read or written, and which have something to
//! say.
//!
//! It must never wait for a socket: one that takes no more is left alone until it does.

use std::{
    cell::{Cell, RefCell},
    future::poll_fn,
    io,
    rc::{Rc, Weak},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Wake, Waker},
    thread::LocalKey,
    time::Duration,
};

use actix_web::rt;
use futures_util::task::AtomicWaker;
use mio::{Events, Interest, Registry, Token, event::Event, net::TcpStream};
use slab::Slab;
#[cfg(unix)]
use tokio::io::unix::AsyncFd;
use tokio::task::JoinHandle;

/// How much is read at once.
pub(super) const READ: usize = 16 * 1024;

/// Of how many sockets the kernel tells at once.
const EVENTS: usize = 1_024;

/// So many places are kept though no socket is there: the next one takes no memory.
const FEW: usize = 64;

/// One worker's sockets, and the buffers that they share.
///
/// They have a set of their own, which is itself one entry in the runtime's: so a socket takes no
/// task, and no place in the runtime, while nothing happens on it.
pub(super) struct Reactor<S> {
    registry: Registry,
    sockets: RefCell<Slab<Weak<S>>>,
    due: Arc<Due>,
    turn: Cell<u32>,
    /// Which sockets are not read before the next turn.
    put_off: RefCell<Vec<usize>>,
    /// What is read, until it is given to its connection.
    pub(super) incoming: RefCell<Vec<u8>>,
    /// What small frames are gathered in, to be one write.
    pub(super) outgoing: RefCell<Vec<u8>>,
}

/// A socket that is told what happens on it.
pub(super) trait Registered {
    /// Notes what the kernel tells.
    fn tell(&self, event: &Event);
    /// Has it read on that was put off.
    fn wake_reader(&self);
    /// Writes what there is to be written.
    fn flush(&self);
    /// Nobody tells it anything any more.
    fn lose(&self);
}

/// Which sockets are due; known to every thread that has something to say.
#[derive(Default)]
struct Due {
    numbers: Mutex<Vec<usize>>,
    reactor: AtomicWaker,
}

/// Makes one socket due.
struct Bell {
    due: Arc<Due>,
    number: usize,
}

/// A worker's reactor, once there is one, and the task that drives it.
pub(super) type Current<S> = RefCell<Option<(Rc<Reactor<S>>, JoinHandle<()>)>>;

impl<S: Registered + 'static> Reactor<S> {
    /// This worker's, which is kept in `workers`; started if there is none, or if the one that was
    /// there has ended with its actix system.
    ///
    /// # Errors
    /// If there are too many descriptors, or this system has no sets of sockets that can be told
    /// of in another.
    pub(super) fn current(workers: &'static LocalKey<Current<S>>) -> io::Result<Rc<Self>> {
        workers.with_borrow_mut(|current| match current {
            Some((reactor, task)) if !task.is_finished() => Ok(reactor.clone()),
            _ => {
                let poll = mio::Poll::new()?;
                let reactor = Rc::new(Self {
                    registry: poll.registry().try_clone()?,
                    sockets: RefCell::default(),
                    due: Arc::default(),
                    turn: Cell::default(),
                    put_off: RefCell::default(),
                    incoming: RefCell::new(vec![0; READ]),
                    outgoing: RefCell::default(),
                });
                let task = reactor.clone().start(poll)?;
                *current = Some((reactor.clone(), task));
                Ok(reactor)
            }
        })
    }

    /// Has a socket told of what happens on it, and flushed when it asks for that: by the waker,
    /// from any thread.
    pub(super) fn add(
        self: &Rc<Self>,
        mut stream: TcpStream,
        make: impl FnOnce(TcpStream, usize, Waker) -> S,
    ) -> io::Result<Rc<S>> {
        let mut sockets = self.sockets.borrow_mut();
        let entry = sockets.vacant_entry();
        let number = entry.key();
        let interest = Interest::READABLE | Interest::WRITABLE;
        self.registry.register(&mut stream, Token(number), interest)?;
        let waker = Waker::from(Arc::new(Bell { due: self.due.clone(), number }));
        let socket = Rc::new(make(stream, number, waker));
        entry.insert(Rc::downgrade(&socket));
        Ok(socket)
    }

    /// A socket is closed, or goes elsewhere.
    pub(super) fn remove(&self, number: usize, stream: &mut TcpStream) {
        let mut sockets = self.sockets.borrow_mut();
        sockets.try_remove(number);
        if sockets.is_empty() && sockets.capacity() > FEW {
            // The one moment at which a slab can give its memory back for sure.
            sockets.shrink_to_fit();
        }
        drop(sockets);
        if let Err(error) = self.registry.deregister(stream) {
            tracing::debug!(%error, "a socket was not in its worker's set");
        }
    }

    /// Which turn it is.
    pub(super) fn turn(&self) -> u32 {
        self.turn.get()
    }

    /// Has whoever reads a socket woken in the next turn.
    pub(super) fn put_off(&self, number: usize) {
        let mut put_off = self.put_off.borrow_mut();
        put_off.push(number);
        if put_off.len() == 1 {
            self.due.reactor.wake();
        }
    }

    fn socket(&self, number: usize) -> Option<Rc<S>> {
        self.sockets.borrow().get(number).and_then(Weak::upgrade)
    }

    #[cfg(unix)]
    #[expect(
        deprecated,
        reason = "what takes its place is unsafe, for descriptors that may change; a set's does not"
    )]
    fn start(self: Rc<Self>, poll: mio::Poll) -> io::Result<JoinHandle<()>> {
        let mut poll = AsyncFd::new(poll)?;
        let (mut events, mut due) = (Events::with_capacity(EVENTS), Vec::new());
        let running = Running(self);
        let turn = move |cx: &mut Context<'_>| {
            let Running(reactor) = &running;
            // Registered before the look, so that what is due meanwhile is not missed.
            reactor.due.reactor.register(cx.waker());
            if let Err(error) = reactor.look_at_all(&mut poll, &mut events, cx) {
                tracing::error!(%error, "a worker cannot look at its sockets");
                return Poll::Ready(());
            }
            reactor.flush(&mut due);
            reactor.begin_turn(&mut due);
            Poll::Pending
        };
        Ok(rt::spawn(poll_fn(turn)))
    }

    #[cfg(not(unix))]
    fn start(self: Rc<Self>, _: mio::Poll) -> io::Result<JoinHandle<()>> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Looks until the kernel has no more to tell, and has the task woken when it has.
    #[cfg(unix)]
    fn look_at_all(
        &self,
        poll: &mut AsyncFd<mio::Poll>,
        events: &mut Events,
        cx: &mut Context<'_>,
    ) -> io::Result<()> {
        // Whoever is put off keeps this thread busy, and the runtime from telling of others.
        if !self.put_off.borrow().is_empty() {
            self.look(poll.get_mut(), events)?;
        }
        while let Poll::Ready(ready) = poll.poll_read_ready_mut(cx) {
            let mut ready = ready?;
            if self.look(ready.get_inner_mut(), events)? < EVENTS {
                ready.clear_ready();
            }
        }
        Ok(())
    }

    /// Tells sockets what the kernel has to tell; of how many it told.
    fn look(&self, poll: &mut mio::Poll, events: &mut Events) -> io::Result<usize> {
        match poll.poll(events, Some(Duration::ZERO)) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(EVENTS),
            looked => looked?,
        }
        let mut told = 0;
        for event in &*events {
            told += 1;
            if let Some(socket) = self.socket(event.token().0) {
                socket.tell(event);
            }
        }
        Ok(told)
    }

    /// Lets those read on who were put off; `numbers` is room for them.
    fn begin_turn(&self, numbers: &mut Vec<usize>) {
        self.turn.set(self.turn.get().wrapping_add(1));
        std::mem::swap(numbers, &mut *self.put_off.borrow_mut());
        for number in numbers.drain(..) {
            if let Some(socket) = self.socket(number) {
                socket.wake_reader();
            }
        }
    }

    /// Flushes each socket that is due.
    fn flush(&self, due: &mut Vec<usize>) {
        std::mem::swap(due, &mut *self.due.numbers());
        for number in due.drain(..) {
            if let Some(socket) = self.socket(number) {
                socket.flush();
            }
        }
    }
}

/// The task that drives a reactor; without it nobody tells its sockets anything.
#[cfg(unix)]
struct Running<S: Registered + 'static>(Rc<Reactor<S>>);

#[cfg(unix)]
impl<S: Registered + 'static> Drop for Running<S> {
    fn drop(&mut self) {
        let sockets: Vec<_> = self.0.sockets.borrow().iter().map(|(number, _)| number).collect();
        for number in sockets {
            if let Some(socket) = self.0.socket(number) {
                socket.lose();
            }
        }
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
            self.due.reactor.wake();
        }
    }
}
