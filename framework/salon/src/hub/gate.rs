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
    /// Whether a commit has failed that the room has not heard of.
    has_failed: Cell<bool>,
    /// Whether the room is to be told as soon as nothing waits here.
    is_wanted: Cell<bool>,
}

#[derive(Default)]
struct State {
    /// Of the turn that is under way.
    turn: Vec<Held>,
    /// Of those before: what waits for each batch.
    sealed: VecDeque<Sealed>,
}

struct Sealed {
    revision: u64,
    held: Vec<Held>,
}

/// What waits.
pub(crate) enum Held {
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
                    publication.room().is_some() && !publication.is_answer()
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
    pub(crate) fn hold(&self, held: Held) {
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
    pub(crate) fn seal(&self, revision: Option<u64>) {
        if self.has_failed() {
            // It was a turn of what is not kept.
            return self.void();
        }
        let mut state = self.state.borrow_mut();
        let held = std::mem::take(&mut state.turn);
        match (revision, state.sealed.back_mut()) {
            (Some(revision), _) => state.sealed.push_back(Sealed { revision, held }),
            (None, Some(last)) => last.held.extend(held),
            (None, None) => {
                drop(state);
                held.into_iter().for_each(|held| held.go(true));
            }
        }
    }

    /// All batches up to that one are kept: what waited for them goes out.
    pub(crate) fn release(&self, revision: u64) {
        while let Some(sealed) = self.take_up_to(revision) {
            sealed.held.into_iter().for_each(|held| held.go(true));
        }
    }

    fn take_up_to(&self, revision: u64) -> Option<Sealed> {
        self.state.borrow_mut().sealed.pop_front_if(|sealed| sealed.revision <= revision)
    }

    /// A batch is not kept, nor is any behind it: what the room has said with it is not said.
    pub(crate) fn fail(&self) {
        self.has_failed.set(true);
        self.void();
    }

    fn void(&self) {
        let State { turn, sealed } = self.state.take();
        let held = sealed.into_iter().flat_map(|sealed| sealed.held).chain(turn);
        let held = held.filter(|held| !held.is_of_the_turn());
        held.for_each(|held| held.go(false));
    }

    /// Whether a commit has failed. The room hears of it once.
    pub(crate) fn take_failure(&self) -> bool {
        self.has_failed.take()
    }

    /// Whether a commit has failed that the room has not heard of.
    pub(crate) fn has_failed(&self) -> bool {
        self.has_failed.get()
    }

    /// How many batches are under way.
    pub(crate) fn under_way(&self) -> usize {
        self.state.borrow().sealed.len()
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
        self.void();
    }
}
