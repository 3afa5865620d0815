//! What becomes of a room between its events: what its code asked for, and its members' ways out.
//!
//! It must never do anything in a state for one that came before it.

use actix::{ActorContext, ActorFutureExt, AsyncContext, Context, WrapFuture};

use super::{
    actor::RoomActor,
    notice::Reason,
    state::{Generation, State},
};
use crate::{
    base::{
        contained::{Panicked, contain, discard},
        logged::Logged,
        meter::{Count, Tally},
        number::SessionNumber,
        refusal::Refusal,
        timers::Round,
        turn,
    },
    room::{
        context::{Action, RoomContext, Step},
        contract::Room,
        membership::{LeaveReason, Member},
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

    /// Does what the room's code asked for, opens the room anew if it panicked, and closes it if
    /// it is time.
    pub(in crate::room) fn settle(&mut self, ctx: &mut Context<Self>) {
        turn::spend(ctx);
        if self.awaits_acknowledgements() {
            self.send_unacknowledged();
        }
        let mut restarts = 0;
        loop {
            if matches!(self.state, State::Open(_))
                && self.cx.members.durable.as_ref().is_some_and(|it| it.is_not_restored())
            {
                self.begin_anew();
            }
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
                continue;
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
}
