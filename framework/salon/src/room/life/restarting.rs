//! What becomes of a room whose code has panicked, and of its order.
//!
//! It must never let anything of a state that is gone reach the one that came after it.

use super::{
    acknowledging::patience_of,
    actor::RoomActor,
    opening::{drop_kept, open},
    state::{Generation, State},
};

use crate::{
    base::{
        contained::{Panicked, contain},
        logged::Logged,
        meter::Count,
    },
    room::{context::Action, contract::Room, membership::Order},
    session::handle::SessionHandle,
};

impl<R: Room> RoomActor<R> {
    /// The room's code has panicked: its state is not to be trusted any more.
    pub(super) fn panicked(&mut self, what: &str, session: Option<&SessionHandle>) {
        self.cx.members.broadcaster().counters.one(Count::HandlerPanics);
        let session = session.map(|session| &*session.id);
        let room = Logged(self.cx.members.name());
        tracing::error!(%room, what, session, "code of the room panicked");
        if matches!(self.state, State::Open(_)) {
            self.cx.members.order.discard_turn();
            self.change(State::Panicked);
        }
    }

    /// As [`panicked`](Self::panicked), for a future of the state that the room had then.
    pub(super) fn future_panicked(&mut self, what: &str, generation: Generation) {
        if generation == self.generation {
            self.panicked(what, None);
        } else {
            self.cx.members.broadcaster().counters.one(Count::HandlerPanics);
            let room = Logged(self.cx.members.name());
            tracing::error!(%room, what, "a future of a former state panicked");
        }
    }

    /// Drops the state that the room has. Who was to leave still leaves; the messages that the
    /// state has on the way to itself are void.
    pub(super) fn change(&mut self, state: State<R>) {
        self.generation = self.generation.next();
        // Only a state that panicked is followed by one with the same members.
        let is_kept = matches!(state, State::Panicked);
        let old = std::mem::replace(&mut self.state, state);
        let actions = std::mem::take(&mut self.cx.actions);
        let timers = std::mem::take(&mut self.cx.timers);
        self.cx.line = None;
        self.cx.newest.clear();
        let kept = actions.into_iter().filter(|action| {
            matches!(action, Action::Leave(_) | Action::Evict(..) | Action::Close)
        });
        self.cx.actions = kept.collect();
        drop(timers);
        let store = self.cx.store.clone();
        store.iter().for_each(|store| store.set_keeping(is_kept));
        if contain(|| drop(old)).is_err() {
            self.report("the drop of its state", None);
        }
        if let Some(store) = store {
            store.set_keeping(false);
            if !is_kept {
                drop_kept(&store, &self.cx);
            }
        }
    }

    /// Opens a room that panicked anew, or closes it if it did so too often.
    pub(super) fn restart(&mut self) {
        let name = self.cx.members.name().to_owned();
        if !self.restarts.allow(R::RESTART) {
            tracing::warn!(room = %Logged(&name), policy = ?R::RESTART, "the room has failed too often: it is closed");
            return self.change(State::closed(Panicked));
        }
        if self.is_undone {
            self.is_undone = false;
            self.state = State::Restoring;
            return;
        }
        if self.cx.members.durable.is_none() {
            self.renew_order();
        }
        self.open_anew();
        self.note_restart();
    }

    /// Opens the room with the members that it has.
    pub(super) fn open_anew(&mut self) {
        if let Some(presence_state) = &mut self.cx.presence_state {
            presence_state.forget_those_away();
            let members =
                self.cx.members.handles().map(|handle| Action::UpdatePresence(handle.number));
            self.cx.actions.extend(members);
        }
        // Ahead of whatever `open` sends: what comes after it is of the new state.
        self.tell_restarted();
        self.cx.members.durable.iter().for_each(|durable| durable.offer_state());
        self.state = open(&mut self.cx);
    }

    /// What it publishes from here on is in an order of its own, for the members that it has too.
    pub(super) fn renew_order(&mut self) {
        let former = self.begin_order();
        self.cx.members.enter_order(&former);
    }

    /// What it publishes from here on is in an order of its own. The former one.
    pub(super) fn begin_order(&mut self) -> Order {
        let members = &mut self.cx.members;
        let broadcaster = members.broadcaster();
        let (total, patience) = (&broadcaster.history, patience_of::<R>(broadcaster));
        let order =
            Order::begin(R::SEQUENCED, R::HISTORY, total, patience, members.durable.clone());
        std::mem::replace(&mut members.order, order)
    }

    /// Counts a restart, if the room is there.
    pub(super) fn note_restart(&self) {
        if matches!(self.state, State::Open(_)) {
            self.cx.members.broadcaster().counters.one(Count::RoomsRestarted);
            tracing::debug!(room = %Logged(self.cx.members.name()), "restarted");
        }
    }
}
