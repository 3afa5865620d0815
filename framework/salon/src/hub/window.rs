//! What a room has said within its window: it waits for the window's end, and then goes out as one.
//!
//! It must never let anything of the room overtake what waits, nor keep it beyond the window's end, nor more
//! of it than half an outbox holds.

use std::{
    cell::{Cell, RefCell},
    rc::{Rc, Weak},
    sync::Arc,
    time::Duration,
};

use tokio::time::sleep_until;

use super::{Broadcaster, command::Command, shard::ShardHandle, target::Target};
use crate::{
    base::clock::{self, Instant},
    message::Publication,
    session::handle::SessionHandle,
};

thread_local! {
    /// The windows of this thread in which something waits.
    static OPEN: RefCell<Vec<Weak<Window>>> = const { RefCell::new(Vec::new()) };
}

/// The window of one room, for each shard by itself. The room, its gate and the task that ends the window
/// share it, on the room's thread.
pub(crate) struct Window {
    span: Duration,
    /// How much of it may wait for one shard: what one client of that is sent at most.
    most_frames: usize,
    most_bytes: usize,
    waiting: RefCell<Vec<Waiting>>,
    /// Whether a task waits for the end.
    is_awaited: Cell<bool>,
}

/// What waits for one shard.
struct Waiting {
    shard: ShardHandle,
    until: Instant,
    commands: Vec<Command>,
    bytes: usize,
}

impl Window {
    /// The window of a room, of that length; none, if it has none.
    pub(crate) fn of(span: Duration, broadcaster: &Broadcaster) -> Option<Rc<Self>> {
        let (most_frames, most_bytes) = broadcaster.half_of_an_outbox;
        (!span.is_zero()).then(|| {
            Rc::new(Self {
                span,
                most_frames,
                most_bytes,
                waiting: RefCell::default(),
                is_awaited: Cell::new(false),
            })
        })
    }

    /// A shard is told something: at the end of the window if it is for members alone, else at once, behind
    /// what waits.
    pub(super) fn tell(self: &Rc<Self>, shard: &ShardHandle, command: Command) {
        let size = match &command {
            Command::Deliver { target: Target::Room { .. }, publication, question: None } => {
                Some((publication.size(), true))
            }
            // It begins no window: an answer behind which nothing was said waits for nothing.
            Command::One { publication, asked: None, .. } => Some((publication.size(), false)),
            _ => None,
        };
        let command = match size {
            None => Some(command),
            Some((bytes, begins)) => self.put(shard, command, bytes, begins),
        };
        if let Some(command) = command {
            self.end(shard);
            shard.send(command);
        }
    }

    /// Has something wait, if there is room for it, and something before it or it `begins` a window.
    fn put(
        self: &Rc<Self>,
        shard: &ShardHandle,
        command: Command,
        bytes: usize,
        begins: bool,
    ) -> Option<Command> {
        let mut waiting = self.waiting.borrow_mut();
        let found = waiting.iter_mut().find(|it| it.shard.number() == shard.number());
        let Some(of_shard) = found else {
            if !begins || bytes > self.most_bytes {
                return Some(command);
            }
            let until = clock::after(self.span);
            waiting.push(Waiting { shard: shard.clone(), until, commands: vec![command], bytes });
            drop(waiting);
            self.await_end();
            return None;
        };
        if of_shard.commands.len() >= self.most_frames || of_shard.bytes + bytes > self.most_bytes {
            return Some(command);
        }
        of_shard.commands.push(command);
        of_shard.bytes += bytes;
        None
    }

    /// What waits for a shard goes out.
    fn end(&self, shard: &ShardHandle) {
        self.end_where(|it| it.shard.number() == shard.number());
    }

    /// What waits for the shard of a session goes out: what is sent to it at once comes behind that.
    pub(crate) fn end_for(&self, handle: &SessionHandle) {
        self.end_where(|it| it.shard.number() == handle.shard);
    }

    fn end_where(&self, which: impl Fn(&Waiting) -> bool) {
        loop {
            let mut waiting = self.waiting.borrow_mut();
            let Some(index) = waiting.iter().position(&which) else { return };
            let Waiting { shard, commands, .. } = waiting.remove(index);
            // What is sent may run code of the application: a parser.
            drop(waiting);
            shard.send(Command::Together(commands));
        }
    }

    /// Sends to one session, behind what waits for it.
    pub(crate) fn send_to(
        self: &Rc<Self>,
        broadcaster: &Broadcaster,
        handle: &Arc<SessionHandle>,
        publication: Publication,
    ) {
        if let Some(shard) = broadcaster.shard(handle.shard) {
            let handle = handle.clone();
            self.tell(&shard, Command::One { handle, publication, asked: None });
        }
    }

    /// Has what waits go out when it is time.
    fn await_end(self: &Rc<Self>) {
        if self.is_awaited.replace(true) {
            return;
        }
        OPEN.with_borrow_mut(|open| open.push(Rc::downgrade(self)));
        let window = self.clone();
        actix::spawn(async move {
            while let Some(until) = window.next_end() {
                sleep_until(until).await;
                let now = clock::now();
                window.end_where(|it| it.until <= now);
            }
            window.is_awaited.set(false);
            OPEN.with_borrow_mut(|open| open.retain(|it| !it.ptr_eq(&Rc::downgrade(&window))));
        });
    }

    fn next_end(&self) -> Option<Instant> {
        self.waiting.borrow().iter().map(|it| it.until).min()
    }
}

/// Ends the windows of this thread's rooms: what waits goes out.
pub(super) fn end_all() {
    let open = OPEN.with_borrow(|open| open.iter().filter_map(Weak::upgrade).collect::<Vec<_>>());
    open.iter().for_each(|window| window.end_where(|_| true));
}
