//! What a durable room has done goes to its store, and what it has said goes out when that is kept.
//!
//! It must never hold the room up for the store: turns go on, and wait in order behind one another.

use std::{error::Error, future::ready, rc::Rc};

use actix::{ActorFutureExt, AsyncContext, Context, WrapFuture};
use tokio::sync::oneshot;

use super::{actor::RoomActor, restoring::not_kept};
use crate::{
    base::{
        clock,
        logged::Logged,
        meter::{Count, Tally},
        number::{MembershipNumber, SessionNumber},
    },
    hub,
    once::{Answered, Run, is_lasting},
    room::{
        contract::Room,
        kept::{AnswerRecord, Durable},
        lookup::ReturnPath,
    },
    store::Batch,
};

impl<R: Room> RoomActor<R> {
    /// A turn is over: what it did is given to the store, if the room is durable.
    pub(super) fn commit(&self) {
        let members = &self.cx.members;
        let Some(durable) = &members.durable else { return };
        let answers = members.broadcaster().once_in_room.answers();
        if let Some(batch) = members.order.seal(answers) {
            let link = members.link.clone();
            let commit = Commit { durable: durable.clone(), tally: self.tally() };
            commit.begin(batch, move || link.look());
        }
    }

    /// Has the room wait for its store, if too much waits for that.
    pub(super) fn wait_for_store(&mut self, ctx: &mut Context<Self>) {
        let members = &self.cx.members;
        let Some(durable) = &members.durable else { return };
        if durable.gate().under_way() < members.broadcaster().max_uncommitted {
            return;
        }
        tracing::debug!(room = %Logged(members.name()), "the room waits for its store");
        self.after_commits(ctx, Self::settle);
    }

    /// Something is done with the room when all that it did so far is in its store, or is known not to
    /// be: nothing is handled before. Another room of its key may say nothing ahead of what waits here.
    pub(super) fn after_commits(
        &mut self,
        ctx: &mut Context<Self>,
        then: impl FnOnce(&mut Self, &mut Context<Self>) + 'static,
    ) {
        let waiting = self.cx.members.durable.as_ref().filter(|it| it.gate().under_way() > 0);
        let Some(durable) = waiting else { return then(self, ctx) };
        let passed = durable.gate().passed();
        durable.gate().seal(None);
        ctx.wait(passed.into_actor(self).map(|_, actor, ctx| then(actor, ctx)));
    }

    /// Something is done when all that the room did so far is kept: at once, if it keeps nothing. It is
    /// told whether that is so.
    pub(super) fn when_kept(&self, then: impl FnOnce(bool) + 'static) {
        match &self.cx.members.durable {
            None => then(true),
            Some(durable) => {
                durable.gate().then(then);
                self.commit();
            }
        }
    }

    /// Shows what there is of the room, when all that it did so far is kept; if it is not, what there is when
    /// the room is what is kept.
    pub(super) fn show_when_kept<T: 'static>(
        &self,
        done: oneshot::Sender<T>,
        look: impl Fn(&Self) -> T + 'static,
        ctx: &mut Context<Self>,
    ) {
        let seen = look(self);
        // Whoever wants to see it may have stopped waiting.
        let waiting = self.cx.members.durable.as_ref().filter(|it| it.gate().is_in_use());
        let Some(durable) = waiting else { return drop(done.send(seen)) };
        let passed = durable.gate().passed();
        durable.gate().seal(None);
        ctx.spawn(passed.into_actor(self).map(|passed, actor, ctx| {
            if passed == Ok(true) {
                return drop(done.send(seen));
            }
            // The room hears of it, and handles nothing before it is restored.
            actor.settle(ctx);
            let later = ready(()).into_actor(actor);
            ctx.spawn(later.map(move |(), actor, _| drop(done.send(look(actor)))));
        }));
    }

    /// The handling of an event has come to that answer, which is kept with what it did.
    pub(super) fn finish_run(&self, run: Run, answered: &Answered) {
        let Some(durable) = &self.cx.members.durable else { return run.finish(answered) };
        if !run.is_keyed() {
            return;
        }
        if is_lasting(answered)
            && let Some(of) = run.of()
        {
            durable.stage_answer(&AnswerRecord::new(of, answered, clock::wall()));
        }
        let answered = answered.clone();
        durable.gate().then(move |is_kept| match is_kept {
            true => run.finish(&answered),
            false => run.fail(&not_kept()),
        });
    }

    /// A session has become a member: it is none if that cannot be kept.
    pub(super) fn enrol_when_kept(&self, session: SessionNumber, membership: MembershipNumber) {
        let Some(durable) = &self.cx.members.durable else { return };
        let refused = Rc::downgrade(durable);
        durable.gate().then(move |is_kept| {
            if let Some(durable) = refused.upgrade().filter(|_| !is_kept) {
                durable.refuse(session, membership);
            }
        });
    }

    /// Sends the answer of an event when what it did is kept; what could not be kept is refused.
    pub(super) fn answer_when_kept(
        &self,
        durable: &Rc<Durable>,
        name: &'static str,
        result: Answered,
        return_path: ReturnPath,
    ) {
        let (broadcaster, room) = (self.cx.members.broadcaster().clone(), self.cx.members.room());
        let window = self.cx.members.window().cloned();
        durable.gate().then(move |is_kept| {
            let sender = &return_path.sender;
            let result = if is_kept { result } else { result.and(Err(not_kept())) };
            let id = return_path.acknowledgement;
            if let Some(answer) = hub::answer(sender, Some(room), name, id, result) {
                match &window {
                    None => broadcaster.send_to(sender, answer),
                    Some(window) => window.send_to(&broadcaster, sender, answer),
                }
            }
            return_path.answered();
        });
    }
}

/// A batch on its way into the store.
struct Commit {
    durable: Rc<Durable>,
    tally: Tally,
}

impl Commit {
    /// Gives it to the store. When it is known whether it is kept, the room is told what it has to know: it
    /// may be gone by then, and what it said last goes out all the same.
    fn begin(self, batch: Batch, tell_room: impl Fn() + 'static) {
        let (revision, life) = (batch.revision, self.durable.life());
        let appended = self.durable.append(batch);
        actix::spawn(async move {
            let appended = appended.await;
            if self.durable.life() != life {
                // It was undone already, with one before it.
                return;
            }
            let gate = self.durable.gate();
            match appended {
                Ok(()) => self.durable.is_kept(revision),
                // The Salon ends, and nobody is told of what is not kept.
                Err(error) if error.is_closed() => gate.fail(revision),
                Err(error) => {
                    self.tally.one(Count::CommitsFailed);
                    let (room, error) = (Logged(&self.durable.name().name), &error as &dyn Error);
                    tracing::error!(%room, error, "what the room did could not be kept: it is undone");
                    gate.fail(revision);
                }
            }
            if gate.has_failed() || gate.take_want() {
                tell_room();
            }
        });
    }
}
