//! What a durable room has said, and what of that is on its way: nothing goes out before what the room did
//! is kept.
//!
//! It must never let anything overtake what was said before it, nor say anything of a turn that came to
//! nothing.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    rc::Rc,
};

use tokio::sync::oneshot;

use super::{command::Command, shard::ShardHandle, window::Window};

/// Where a durable room's words wait for the commit of what it did. The room and the tasks that wait for
/// its store share it, on the room's thread: it may outlive the room.
#[derive(Default)]
pub(crate) struct Gate {
    state: RefCell<State>,
    failure: Cell<Failure>,
    /// Whether the room is to be told as soon as nothing waits here.
    is_wanted: Cell<bool>,
}

/// Whether a commit has failed, and the room is not yet what is kept.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Failure {
    #[default]
    None,
    /// The room has not heard of it.
    Unheard,
    /// It has, and is about to be restored.
    Heard,
}

#[derive(Default)]
struct State {
    /// Of the turn that is under way.
    turn: Vec<Held>,
    /// Of those before: what waits for each batch.
    sealed: VecDeque<Sealed>,
}

struct Sealed {
    batch: Sealing,
    held: Vec<Held>,
}

/// A batch that a turn has come to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sealing {
    pub(crate) revision: u64,
    /// The number of the last event in it, or before it.
    pub(crate) seq: u64,
}

/// What waits.
enum Held {
    /// What a shard is told, at the end of the room's window if it has one.
    Tell(ShardHandle, Command, Option<Rc<Window>>),
    /// What is to be done when it is known whether what the room did is kept.
    Then(Box<dyn FnOnce(bool)>),
}

impl Held {
    /// Whether the room's code, or its order, has a part in it.
    fn is_of_the_turn(&self) -> bool {
        match self {
            Self::Then(_) => false,
            Self::Tell(_, command, _) => match command {
                Command::Deliver { publication, .. } | Command::One { publication, .. } => {
                    publication.room().is_some()
                }
                Command::Replay { .. }
                | Command::Again { .. }
                | Command::Unacknowledged { .. }
                | Command::Newest { .. } => true,
                // Who is a member does not depend on what was kept. (What goes out together is put together
                // behind this.)
                Command::Together(_)
                | Command::Register(_)
                | Command::Unregister(_)
                | Command::Enter { .. }
                | Command::Leave { .. }
                | Command::CloseRoom { .. }
                | Command::EndOrder { .. }
                | Command::JoinNamed { .. }
                | Command::LeaveNamed { .. }
                | Command::JoinAll { .. }
                | Command::LeaveAll { .. }
                | Command::EndAll { .. }
                | Command::Fetch { .. } => false,
            },
        }
    }

    /// It is known that what the room did is not kept, though not yet whether what it did before is.
    fn void(self) -> Self {
        match self {
            Self::Tell(..) => self,
            Self::Then(then) => Self::Then(Box::new(move |_| then(false))),
        }
    }

    fn go(self, is_kept: bool) {
        match self {
            Self::Tell(shard, command, None) => shard.send(command),
            Self::Tell(shard, command, Some(window)) => window.tell(&shard, command),
            Self::Then(then) => then(is_kept),
        }
    }
}

impl Gate {
    /// Something waits, behind what waits already.
    fn hold(&self, held: Held) {
        self.state.borrow_mut().turn.push(held);
    }

    /// A shard is told something, when its time comes.
    pub(super) fn tell(&self, shard: &ShardHandle, command: Command, window: Option<&Rc<Window>>) {
        self.hold(Held::Tell(shard.clone(), command, window.cloned()));
    }

    /// Something is done when it is known whether all that the room did before is kept.
    pub(crate) fn then(&self, then: impl FnOnce(bool) + 'static) {
        self.hold(Held::Then(Box::new(then)));
    }

    /// Whether all that the room did before is kept: known when that is.
    pub(crate) fn passed(&self) -> oneshot::Receiver<bool> {
        let (pass, passed) = oneshot::channel();
        self.then(move |is_kept| {
            // Whoever waits may have stopped waiting.
            let _ = pass.send(is_kept);
        });
        passed
    }

    /// The turn has come to nothing: what the room said in it is not said.
    pub(crate) fn discard_turn(&self) {
        self.state.borrow_mut().turn.retain(|held| !held.is_of_the_turn());
    }

    /// The turn is over. What it said waits for that batch; if it has none, for those before.
    pub(crate) fn seal(&self, batch: Option<Sealing>) {
        let mut state = self.state.borrow_mut();
        let held = std::mem::take(&mut state.turn);
        if self.has_failed() {
            // It was a turn of what is not kept.
            drop(state);
            return self.void(held);
        }
        match (batch, state.sealed.back_mut()) {
            (Some(batch), _) => state.sealed.push_back(Sealed { batch, held }),
            (None, Some(last)) => last.held.extend(held),
            (None, None) => {
                drop(state);
                held.into_iter().for_each(|held| held.go(true));
            }
        }
    }

    /// All batches up to that one are kept: what waited for them goes out. The last that something waited
    /// for.
    pub(crate) fn release(&self, revision: u64) -> Option<Sealing> {
        let mut last = None;
        while let Some(sealed) = self.take_up_to(revision) {
            last = Some(sealed.batch);
            sealed.held.into_iter().for_each(|held| held.go(true));
        }
        last
    }

    fn take_up_to(&self, revision: u64) -> Option<Sealed> {
        self.state.borrow_mut().sealed.pop_front_if(|sealed| sealed.batch.revision <= revision)
    }

    /// A batch is not kept, nor is any behind it: what the room has said with them is not said. Those before
    /// it may be kept.
    pub(crate) fn fail(&self, revision: u64) {
        if !self.has_failed() {
            self.failure.set(Failure::Unheard);
        }
        let mut state = self.state.borrow_mut();
        let before = state.sealed.partition_point(|sealed| sealed.batch.revision < revision);
        let sealed = state.sealed.split_off(before);
        let turn = std::mem::take(&mut state.turn);
        drop(state);
        self.void(sealed.into_iter().flat_map(|sealed| sealed.held).chain(turn));
    }

    /// What was held is not said. What goes out all the same keeps its place.
    fn void(&self, held: impl IntoIterator<Item = Held>) {
        let held = held.into_iter().filter(|held| !held.is_of_the_turn()).map(Held::void);
        let held: Vec<Held> = held.collect();
        let mut state = self.state.borrow_mut();
        match state.sealed.back_mut() {
            Some(last) => last.held.extend(held),
            None => {
                drop(state);
                held.into_iter().for_each(|held| held.go(false));
            }
        }
    }

    fn void_all(&self) {
        let State { turn, sealed } = self.state.take();
        self.void(sealed.into_iter().flat_map(|sealed| sealed.held).chain(turn));
    }

    /// Whether a commit has failed. The room hears of it once.
    pub(crate) fn take_failure(&self) -> bool {
        let is_news = self.failure.get() == Failure::Unheard;
        if is_news {
            self.failure.set(Failure::Heard);
        }
        is_news
    }

    /// Whether a commit has failed, and the room is not yet what is kept: nothing that it does is.
    pub(crate) fn has_failed(&self) -> bool {
        self.failure.get() != Failure::None
    }

    /// The room is about to be what is kept, up to that batch. The last that something waited for.
    pub(crate) fn restore(&self, revision: u64) -> Option<Sealing> {
        let last = self.release(revision);
        self.void_all();
        self.failure.set(Failure::None);
        last
    }

    /// How many batches are under way.
    pub(crate) fn under_way(&self) -> usize {
        self.state.borrow().sealed.len()
    }

    /// Whether something that is said now is not said at once: it would wait, or come to nothing.
    pub(crate) fn is_in_use(&self) -> bool {
        self.has_failed() || self.under_way() > 0
    }

    /// The room is to be told as soon as nothing waits here; false if nothing does.
    pub(crate) fn want(&self) -> bool {
        let waits = self.under_way() > 0;
        self.is_wanted.set(waits);
        waits
    }

    /// Whether the room is to be told that nothing waits here any more.
    pub(crate) fn take_want(&self) -> bool {
        self.under_way() == 0 && self.is_wanted.take()
    }
}

impl Drop for Gate {
    /// Its worker ends: nobody will hear whether it was kept, and none of it is said.
    fn drop(&mut self) {
        self.void_all();
    }
}
