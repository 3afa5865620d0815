//! What becomes of a room between its events: what its code asked for, its members' ways out, its
//! restarts and its end.
//!
//! It must never let anything of a state that is gone reach the one that came after it.

use std::sync::Arc;

use actix::{ActorContext, ActorFutureExt, AsyncContext, Context, WrapFuture};

use super::{
    acknowledging::patience_of,
    actor::RoomActor,
    notice::Reason,
    opening::{drop_kept, open},
    state::{Generation, State},
};
use crate::{
    base::{
        clock,
        contained::{Panicked, contain, discard},
        logged::Logged,
        meter::{Count, Tally},
        number::SessionNumber,
        refusal::{Code, Refusal},
        timers::Round,
        turn,
    },
    hub::Look,
    room::{
        context::{Action, RoomContext, Step},
        contract::{Restarts, Room},
        membership::{LeaveReason, Member, Order},
    },
    session::{handle::SessionHandle, membership::Lapsed},
};

/// How often a room is opened anew in one turn.
const RESTARTS: u32 = 8;

impl<R: Room> RoomActor<R> {
    /// Runs a piece of the room's code, which the log calls `what`. After a panic in it the room is
    /// opened anew, or closed, by the next [`settle`](Self::settle).
    pub(super) fn run<T>(
        &mut self,
        what: &str,
        code: impl FnOnce(&mut R, &mut RoomContext<R>) -> T,
    ) -> Result<T, Refusal> {
        self.run_about(what, None, code)
    }

    /// As [`run`](Self::run), on behalf of a session, which the log names as well.
    pub(super) fn run_for<T>(
        &mut self,
        what: &str,
        session: &SessionHandle,
        code: impl FnOnce(&mut R, &mut RoomContext<R>) -> T,
    ) -> Result<T, Refusal> {
        self.run_about(what, Some(session), code)
    }

    fn run_about<T>(
        &mut self,
        what: &str,
        session: Option<&SessionHandle>,
        code: impl FnOnce(&mut R, &mut RoomContext<R>) -> T,
    ) -> Result<T, Refusal> {
        let room = match self.state.room() {
            Ok(room) => room,
            Err(refusal) => {
                // What it has in hand is the application's.
                discard(code, self.tally());
                return Err(refusal);
            }
        };
        let cx = &mut self.cx;
        let asked = cx.actions.len();
        contain(|| code(room, cx)).map_err(|panicked| {
            // What it asked for was to be done when it returned.
            self.cx.actions.truncate(asked);
            self.panicked(what, session);
            panicked.into()
        })
    }

    /// Where panics of the application's values count.
    pub(super) fn tally(&self) -> Tally {
        self.cx.members.broadcaster().tally
    }

    /// Code of the application panicked that does not have the room's state in hand.
    pub(super) fn report(&self, what: &str, session: Option<&str>) {
        self.cx.members.broadcaster().counters.one(Count::HandlerPanics);
        let room = Logged(self.cx.members.name());
        tracing::error!(%room, what, session, "code of the application panicked");
    }

    /// The room's code has panicked: its state is not to be trusted any more.
    fn panicked(&mut self, what: &str, session: Option<&SessionHandle>) {
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
    fn restart(&mut self) {
        let name = self.cx.members.name().to_owned();
        if !self.restarts.allow(R::RESTART) {
            tracing::warn!(room = %Logged(&name), policy = ?R::RESTART, "the room has failed too often: it is closed");
            return self.change(State::closed(Panicked));
        }
        if self.is_lost {
            self.is_lost = false;
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
    fn begin_order(&mut self) -> Order {
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

    /// Does what the room's code asked for, opens the room anew if it panicked, and closes it if
    /// it is time.
    pub(in crate::room) fn settle(&mut self, ctx: &mut Context<Self>) {
        turn::spend(ctx);
        if self.awaits_acknowledgements() {
            self.send_unacknowledged();
        }
        let mut restarts = 0;
        loop {
            self.commit();
            if self.cx.members.durable.as_ref().is_some_and(|it| it.gate().take_failure()) {
                self.undo_what_is_not_kept();
            }
            if matches!(self.state, State::Panicked) {
                if restarts == RESTARTS {
                    // Its code may panic each time, and its policy allow it. It goes on after others.
                    return turn::end(ctx);
                }
                restarts += 1;
                self.restart();
            }
            if matches!(self.state, State::Restoring) {
                return self.restore(restarts > 0, ctx);
            }
            if matches!(self.state, State::Loading) {
                return self.load(restarts > 0, ctx);
            }
            if matches!(self.state, State::Closed(_)) {
                break;
            }
            if self.cx.members.durable.as_ref().is_some_and(|it| it.is_not_restored()) {
                self.begin_anew();
            }
            let Some(action) = self.cx.actions.pop_front() else { break };
            self.perform(action, ctx);
        }
        self.commit();
        if let State::Closed(refusal) = &self.state {
            let code = refusal.code().as_str().to_owned();
            self.cx.actions.clear();
            self.empty(&code);
            self.commit();
            self.after_commits(ctx, |actor, ctx| {
                actor.directory.close(&*actor.cx.members.link);
                if actor.cx.members.link.is_quiet() {
                    ctx.stop();
                }
            });
        } else if self.cx.is_empty() && !self.is_kept {
            self.close_if_idle(ctx);
        } else if self.cx.is_empty() {
            self.linger();
        } else {
            self.empty_until = None;
        }
        self.wait_for_store(ctx);
        self.cx.wake_for_held();
        let mut next = self.cx.timers.next();
        if self.awaits_acknowledgements()
            && let Some(at) = self.next_unacknowledged()
        {
            next = Some(next.map_or(at, |timer| timer.min(at)));
        }
        self.alarm.set(next, ctx, Self::ring);
    }

    /// Gives the room what its timers are due to bring.
    fn ring(&mut self, ctx: &mut Context<Self>) {
        self.alarm.rung();
        let round = Round::now();
        // What one of them asks for is done, and a restart voids the rest, before the next.
        while !turn::is_spent()
            && let Some(due) = self.cx.timers.take(round)
        {
            // Whether it panicked is seen to by `settle`.
            let _ = self.run("a timer", due);
            self.settle(ctx);
        }
        self.settle(ctx);
    }

    /// Closes the room a while from now, if nobody comes meanwhile.
    fn linger(&mut self) {
        let until = *self.empty_until.get_or_insert_with(|| clock::after(R::LINGER));
        if self.is_looked_after {
            return;
        }
        let shards = self.cx.members.broadcaster().shards();
        if let Some(shard) = shards.iter().find(|shard| shard.number() == self.shard) {
            shard.look_later(Look { at: until, room: Arc::downgrade(&self.cx.members.link) });
            self.is_looked_after = true;
        }
    }

    /// Closes the room if nobody has come for as long as it is kept.
    pub(super) fn close_if_empty_for_long(&mut self, ctx: &mut Context<Self>) {
        self.is_looked_after = false;
        if self.empty_until.take_if(|until| *until <= clock::now()).is_some() {
            self.close_if_idle(ctx);
        }
        // It may not have been empty all the time, or not be kept at all.
        self.settle(ctx);
    }

    fn perform(&mut self, action: Action<R>, ctx: &mut Context<Self>) {
        let generation = self.generation;
        match action {
            Action::Load(future) => self.refuse_to_load(future),
            Action::Spawn(future) => {
                ctx.spawn(future.into_actor(self).map(move |done, actor, ctx| match done {
                    Ok(step) => actor.step(generation, step, ctx),
                    Err(Panicked) => {
                        actor.future_panicked("a future", generation);
                        actor.settle(ctx);
                    }
                }));
            }
            Action::Leave(session) => self.remove(session, LeaveReason::Left),
            Action::Evict(session, reason) => self.evict(session, reason.as_deref()),
            Action::UpdatePresence(session) => self.update_presence(session),
            Action::Close => self.shut("the room is closed"),
        }
    }

    /// Asks what is seen of a member now, and tells the others.
    fn update_presence(&mut self, session: SessionNumber) {
        let Some(handle) = self.cx.members.handle(session).cloned() else { return };
        // Whether it panicked is seen to by `settle`.
        let _ = self.run("meta", |room, cx| {
            let seen = RoomContext::meta(room, &handle);
            cx.change(session, seen);
        });
    }

    fn step(&mut self, generation: Generation, step: Step<R>, ctx: &mut Context<Self>) {
        if generation != self.generation {
            // Its message is dropped, and that is the application's code.
            discard(step, self.tally());
            return;
        }
        // Whether it panicked is seen to below.
        let _ = self.run("what a future brought", step);
        self.settle(ctx);
    }

    /// Lets a member go that has lost its membership, unless it has a newer one.
    pub(super) fn lapse(&mut self, lapsed: Lapsed) {
        let Lapsed { session, membership, code, done } = lapsed;
        if self.cx.members.is_member_by(session, membership)
            && let Some(handle) = self.cx.members.remove(session)
        {
            tracing::debug!(room = %Logged(self.cx.members.name()), session = %handle.id, code = %Logged(&code), "lapsed");
            self.tell_evicted(&handle, &Reason::Code(code.as_str()));
            self.depart(&Member::new(handle), LeaveReason::Lapsed);
        }
        // Whoever took it away may have stopped waiting.
        let _ = done.send(());
    }

    /// Closes the room in an orderly way: its code is told, then each of its members leaves.
    fn shut(&mut self, message: &'static str) {
        let refusal = Refusal::new(Code::Closed, message);
        // If this panics the room is closed all the same, and its code hears no more of it.
        let _ = self.run("closing", Room::closing);
        self.cx.send_held_back();
        while let Some(session) = self.cx.members.first() {
            let Some(handle) = self.cx.members.remove(session) else { break };
            self.tell_evicted(&handle, &Reason::Code(refusal.code().as_str()));
            self.depart(&Member::new(handle), LeaveReason::Closed);
        }
        self.change(State::closed(refusal));
    }

    /// Closes a room without members, unless something is on its way to it. The room stays in the
    /// directory until its code has closed it, so that no other of its key is opened beside it.
    fn close_if_idle(&mut self, ctx: &mut Context<Self>) {
        if !self.cx.members.link.is_quiet() {
            // It comes, and is seen to then.
            return self.look_when_kept();
        }
        self.shut("the room was empty and is closed");
        self.commit();
        self.after_commits(ctx, |actor, ctx| {
            if actor.directory.close_if_idle(&*actor.cx.members.link) {
                ctx.stop();
            } else {
                actor.reopen(ctx);
            }
        });
    }

    /// What holds the room up may be an answer that waits for the store.
    fn look_when_kept(&self) {
        self.cx.members.durable.iter().for_each(|durable| {
            durable.gate().want();
        });
    }

    /// Opens the room anew, as another would be: something came for it while it closed.
    fn reopen(&mut self, ctx: &mut Context<Self>) {
        // What its code asked for while it closed was to be done by a room that is gone.
        self.cx.actions.clear();
        drop(self.begin_order());
        self.cx.members.durable.iter().for_each(|durable| durable.end());
        self.cx.presence_state = RoomContext::<R>::new_presence();
        self.cx.store = None;
        self.once = None;
        self.restarts = Restarts::default();
        self.is_kept = false;
        self.empty_until = None;
        self.begin();
        self.cx.members.broadcaster().counters.one(Count::RoomsClosed);
        self.cx.members.broadcaster().counters.one(Count::RoomsOpened);
        self.settle(ctx);
    }

    /// Lets a member go, and tells the room's code.
    pub(in crate::room) fn remove(&mut self, session: SessionNumber, why: LeaveReason) {
        let Some(handle) = self.cx.members.remove(session) else { return };
        // It was a member, though its answer may not have come: a refusal of that is `Left` here.
        self.is_kept |= !matches!(why, LeaveReason::Left);
        tracing::debug!(room = %Logged(self.cx.members.name()), session = %handle.id, ?why, "left");
        self.depart(&Member::new(handle), why);
    }

    /// Puts a member out and tells it so, with the reason if there is one.
    pub(super) fn evict(&mut self, session: SessionNumber, reason: Option<&Refusal>) {
        let Some(handle) = self.cx.members.remove(session) else { return };
        let shown = reason.map(ToString::to_string).unwrap_or_default();
        let room = Logged(self.cx.members.name());
        tracing::debug!(%room, session = %handle.id, reason = %Logged(shown), "evicted");
        self.tell_evicted(&handle, &reason.map_or(Reason::Code("evicted"), Reason::Stated));
        self.depart(&Member::new(handle), LeaveReason::Evicted);
    }

    pub(super) fn depart(&mut self, member: &Member<R::Identity>, why: LeaveReason) {
        let handle = member.handle();
        let gone = self.cx.disappear(handle, &why);
        // From here on its values are not shown; the room's code still finds them by it.
        self.cx.store.iter().for_each(|store| store.set_member(handle.number, false));
        // A room that has closed needs no telling.
        let _ = self.run_for("left", handle, |room, cx| room.left(member, why, cx));
        if let Some(user) = gone {
            let _ = self.run_for("absent", handle, |room, cx| RoomContext::absent(room, &user, cx));
        }
        self.cx.store.iter().for_each(|store| store.leave(handle.number));
    }

    /// Puts every member out of a room that has closed without its code's doing.
    fn empty(&mut self, code: &str) {
        while let Some(handle) =
            self.cx.members.first().and_then(|session| self.cx.members.remove(session))
        {
            self.tell_evicted(&handle, &Reason::Code(code));
        }
    }
}
