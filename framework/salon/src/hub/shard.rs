//! One actor per worker, and how it is reached from any thread.
//!
//! It turns one delivery into local enqueues, so that a broadcast costs one message per worker. It
//! must never wait, and never run code of the application but for a parser, by which what is published is
//! written for the first who gets it.

use std::{
    cell::RefCell,
    collections::HashMap,
    fmt,
    rc::Rc,
    sync::{
        Arc, Weak,
        atomic::{AtomicU32, Ordering},
    },
};

use actix::{Actor, Addr, Context, Handler, Message};

use super::{command::Command, inbox::Inbox, local::Local};
use crate::{
    base::{
        clock::{self, Instant},
        contained::contain,
        deadlines::Deadlines,
        meter::{Count, Tally},
        number::ShardNumber,
        simulation,
        timers::Alarm,
        turn::{self, TakesTurns},
    },
    outbox::End,
    session::membership::RoomLink,
};

/// Runs something on the shard's worker, such as the start of an actor.
pub(crate) struct Run(pub(crate) Box<dyn FnOnce() + Send>);

impl Message for Run {
    type Result = ();
}

/// Has a shard die, as nothing is to have it.
#[cfg(test)]
struct Die;

#[cfg(test)]
impl Message for Die {
    type Result = ();
}

#[cfg(test)]
impl Handler<Die> for Shard {
    type Result = ();

    fn handle(&mut self, _: Die, _: &mut Self::Context) {
        panic!("a shard dies");
    }
}

/// An empty room of the shard's worker, which is to be looked at then.
pub(crate) struct Look {
    pub(crate) at: Instant,
    pub(crate) room: Weak<dyn RoomLink>,
}

impl Message for Look {
    type Result = ();
}

/// Something is in the inbox.
struct Told;

impl Message for Told {
    type Result = ();
}

thread_local! {
    /// The shards of this thread. A delivery to the one of the running worker is a call: it needs
    /// no message, and it is there before anything that the caller emits next.
    static LOCAL: RefCell<HashMap<ShardNumber, OfThread>> = RefCell::default();
}

/// A shard of this thread.
#[derive(Clone)]
struct OfThread {
    worker: u32,
    state: Rc<RefCell<Local>>,
    tally: Tally,
}

impl OfThread {
    fn is_here(&self) -> bool {
        self.worker == simulation::worker()
    }
}

/// The actor; its state is also reached by call from its own thread.
pub(crate) struct Shard {
    number: ShardNumber,
    state: Rc<RefCell<Local>>,
    inbox: Arc<Inbox>,
    /// Its empty rooms, by the moment when each is looked at, to be closed if it is empty still.
    lingering: Deadlines<Weak<dyn RoomLink>>,
    alarm: Alarm,
    tally: Tally,
}

/// How a shard is reached from any thread.
#[derive(Clone)]
pub(crate) struct ShardHandle {
    number: ShardNumber,
    inbox: Arc<Inbox>,
    /// Shared, since a copy of an address is two allocations.
    address: Arc<Addr<Shard>>,
}

impl ShardHandle {
    /// Starts a shard on the current worker.
    pub(crate) fn start(tally: Tally) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let number = ShardNumber(NEXT.fetch_add(1, Ordering::Relaxed));
        let state = Rc::<RefCell<Local>>::default();
        let local = OfThread { worker: simulation::worker(), state: state.clone(), tally };
        LOCAL.with_borrow_mut(|shards| shards.insert(number, local));
        let (lingering, alarm) = (Deadlines::default(), Alarm::default());
        let inbox = Arc::<Inbox>::default();
        let shard = Shard { number, state, inbox: inbox.clone(), lingering, alarm, tally };
        let address = turn::start(Context::new(), shard);
        Self { number, inbox, address: Arc::new(address) }
    }

    pub(crate) fn number(&self) -> ShardNumber {
        self.number
    }

    /// Runs something on this shard's worker, never before this returns.
    pub(crate) fn run(&self, run: impl FnOnce() + Send + 'static) {
        self.address.do_send(Run(Box::new(run)));
    }

    /// Looks at an empty room of this shard's worker when it is time.
    pub(crate) fn look_later(&self, look: Look) {
        self.address.do_send(look);
    }

    /// Whether its worker is still there.
    pub(crate) fn is_alive(&self) -> bool {
        self.address.connected()
    }

    /// Has it die.
    #[cfg(test)]
    pub(crate) fn lose(&self) {
        self.address.do_send(Die);
    }

    /// Has a command carried out, behind those that the shard was given before, by whichever thread: at
    /// once on the shard's own.
    pub(crate) fn send(&self, command: Command) {
        let local = self.local();
        if let Some(local) = &local
            && self.inbox.is_empty()
            // It is borrowed only while a command runs code of the application: a parser, or a drop.
            && let Ok(mut state) = local.state.try_borrow_mut()
        {
            return carry_out(&mut state, command, local.tally);
        }
        if local.is_none() {
            let delivery = matches!(
                command,
                Command::Deliver { .. } | Command::One { .. } | Command::Together(_)
            );
            tracing::trace!(delivery, "a message to a shard");
        }
        self.queue(command);
        self.flush();
    }

    /// As [`send`](Self::send), but for a [`flush`](Self::flush) that has to follow: for several shards
    /// which are to be given what they are given in one order.
    pub(crate) fn queue(&self, command: Command) {
        self.inbox.push(command);
    }

    /// Has what was queued carried out: at once on the shard's own thread, else by a message.
    pub(crate) fn flush(&self) {
        if let Some(local) = self.local()
            && let Ok(mut state) = local.state.try_borrow_mut()
        {
            for command in self.inbox.take() {
                carry_out(&mut state, command, local.tally);
            }
        } else if self.inbox.is_news() {
            self.address.do_send(Told);
        }
    }

    /// What its own thread has of it.
    fn local(&self) -> Option<OfThread> {
        LOCAL
            .with_borrow(|shards| shards.get(&self.number).filter(|local| local.is_here()).cloned())
    }
}

/// Does what a shard was told.
fn carry_out(state: &mut Local, command: Command, tally: Tally) {
    survive(tally, || state.apply(command));
}

/// Does something without which the others' messages go on: a panic in it is a fault, and all clients of
/// the worker would pay for it.
fn survive(tally: Tally, code: impl FnOnce()) {
    if contain(code).is_err() {
        tally.one(Count::HandlerPanics);
        tracing::error!("something panicked that the shard of a worker was told to do");
    }
}

impl Actor for Shard {
    type Context = Context<Self>;

    fn stopped(&mut self, _: &mut Self::Context) {
        // At the thread's end its thread-locals may be gone before its actors.
        let _ = LOCAL.try_with(|local| local.borrow_mut().remove(&self.number));
    }
}

impl TakesTurns for Shard {
    fn is_greedy(&self, turns: u32) {
        self.tally.one(Count::GreedyTurns);
        tracing::warn!(turns, "rooms keep their worker busy with opening others");
    }
}

impl Drop for Shard {
    fn drop(&mut self) {
        self.inbox.close();
        if !turn::is_lost() {
            return;
        }
        self.tally.one(Count::ActorsLost);
        let handles = self.state.try_borrow().map(|state| state.handles()).unwrap_or_default();
        let sessions = handles.len();
        tracing::error!(sessions, "the shard of a worker is lost: its clients are cut off");
        // What is sent to them does not reach them any more. The next client that comes to this
        // worker has another shard started.
        handles.iter().for_each(|handle| handle.request_end(End::HangUp));
    }
}

impl Handler<Told> for Shard {
    type Result = ();

    fn handle(&mut self, _: Told, _: &mut Self::Context) {
        for command in self.inbox.take() {
            carry_out(&mut self.state.borrow_mut(), command, self.tally);
        }
    }
}

impl fmt::Debug for ShardHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ShardHandle").field(&self.number).finish()
    }
}

impl Shard {
    /// Looks at the rooms that are due, and again when the next one is.
    fn look(&mut self, ctx: &mut Context<Self>) {
        while let Some(room) = self.lingering.take(clock::now()) {
            if let Some(room) = room.upgrade() {
                room.look();
            }
        }
        self.alarm.set(self.lingering.next(), ctx, |shard, ctx| {
            shard.alarm.rung();
            survive(shard.tally, || shard.look(ctx));
        });
    }
}

impl Handler<Look> for Shard {
    type Result = ();

    fn handle(&mut self, Look { at, room }: Look, ctx: &mut Self::Context) {
        // Rooms may have closed otherwise, long before their time.
        self.lingering.add(at, room, |room| room.strong_count() > 0);
        survive(self.tally, || self.look(ctx));
    }
}

impl Handler<Run> for Shard {
    type Result = ();

    fn handle(&mut self, Run(run): Run, ctx: &mut Self::Context) {
        survive(self.tally, run);
        // A room that opens may have others opened, and those still others.
        turn::spend(ctx);
    }
}
