//! What a room's actor does with each thing that its members' sessions send it.
//!
//! It must never lose an event: each one is answered, or its sender is gone.

use std::{mem::take, sync::Arc};

use actix::{ActorFutureExt, AsyncContext, Context, Handler, WrapFuture};
use futures_util::{FutureExt, future::LocalBoxFuture};
use serde::Serialize;

use super::{
    actor::RoomActor,
    concluding::Concluded,
    handled::{Handled, Outcome},
    state::Generation,
};
use crate::{
    auth::hold_answer,
    base::{
        contained::{Panicked, Running, discard},
        meter::Count,
        refusal::{Code, Refusal},
        turn,
    },
    event::{self, Awaited, Event, On, OnLater, Waited, too_late, wait},
    once::Run,
    outbox,
    room::{
        contract::{Room, RoomEvent, ToRoom},
        lookup::{Lapse, Leave, Linger, Reachable, Sent, SentForLater, SessionEnded},
        membership::LeaveReason,
    },
    session::handle::SessionHandle,
};

impl<R, E> Handler<Sent<E>> for RoomActor<R>
where
    R: Room + On<E>,
    E: RoomEvent<Room = R> + Event<Route = ToRoom<R>> + Send + 'static,
    E::Reply: Serialize,
{
    type Result = ();

    fn handle(&mut self, sent: Sent<E>, ctx: &mut Self::Context) {
        turn::is_given();
        let Handled { outcome, return_path, joined } = self.handle_event(sent, R::on);
        let event = (E::NAME, E::SENDERS);
        match outcome {
            Outcome::Ran(result, run) => {
                let answered = self.encoded(E::NAME, result, &return_path.sender);
                self.finish_run(run, &answered);
                self.answer(event, answered, return_path, joined);
            }
            Outcome::Unhandled(unhandled) => {
                self.answer_unhandled(event, unhandled, return_path, joined, ctx);
            }
        }
        self.settle(ctx);
    }
}

impl<R, E> Handler<SentForLater<E>> for RoomActor<R>
where
    R: Room + OnLater<E>,
    E: RoomEvent<Room = R> + Event<Route = ToRoom<R>> + Send + 'static,
    E::Reply: Serialize,
{
    type Result = ();

    fn handle(&mut self, sent: SentForLater<E>, ctx: &mut Self::Context) {
        turn::is_given();
        let Handled { outcome, return_path, joined } =
            self.handle_event(sent.0, |room, event, cx| Ok(room.on_later(event, cx)));
        let event = (E::NAME, E::SENDERS);
        match outcome {
            Outcome::Ran(Ok(answer), mut run) => {
                let generation = self.generation;
                let limit = self.cx.members.broadcaster().time_limit;
                let asked = self.owe(E::SENDERS, &return_path);
                let sender = return_path.sender.clone();
                let ended = async move { sender.until_ended().await };
                let awaited = answer.into_future().map(Ok);
                let future = hold_answer(asked.right.clone(), awaited, self.tally());
                let guarded = Running::new(future, self.tally()).boxed_local();
                let waiting = wait(guarded, limit, ended).into_actor(self);
                ctx.spawn(waiting.map(move |waited, actor, ctx| {
                    let awaited = match waited {
                        Waited::Done(Ok(awaited)) => awaited,
                        Waited::Done(Err(panicked)) => {
                            actor.future_panicked(E::NAME, generation);
                            Err(panicked.into())
                        }
                        Waited::Late(rest) => {
                            actor.cx.members.broadcaster().counters.one(Count::LateAnswers);
                            // It goes on, and so does the wait of those that came after it.
                            let sender = return_path.sender.clone();
                            actor.finish(event.0, rest, (take(&mut run), sender), generation, ctx);
                            Err(too_late(E::NAME, limit))
                        }
                        Waited::Void => Err(Refusal::new(Code::Disconnected, "nobody waits")),
                    };
                    let awaited = actor.if_not_undone(joined, &asked, awaited);
                    let concluded = actor.conclude(E::NAME, awaited, &asked, &return_path.sender);
                    let answered = match concluded {
                        Concluded::Answered { result, lapsed } => {
                            let result = event::expected::<E, _>(result);
                            let answered = actor.encoded(E::NAME, result, &return_path.sender);
                            actor.finish_run(run, &answered);
                            if lapsed { answered.and(Err(outbox::lapsed())) } else { answered }
                        }
                        Concluded::Refused(refusal) => {
                            run.fail(&refusal);
                            Err(refusal)
                        }
                    };
                    actor.answer(event, answered, return_path, joined);
                    actor.settle(ctx);
                }));
            }
            Outcome::Ran(Err(refusal), run) => {
                let answered = Err(refusal);
                self.finish_run(run, &answered);
                self.answer(event, answered, return_path, joined);
            }
            Outcome::Unhandled(unhandled) => {
                self.answer_unhandled(event, unhandled, return_path, joined, ctx);
            }
        }
        self.settle(ctx);
    }
}

/// The rest of an answer that is late.
type Rest<T> = LocalBoxFuture<'static, Option<Result<Result<Awaited<T>, Refusal>, Panicked>>>;

impl<R: Room> RoomActor<R> {
    /// Lets an answer come to its end that its sender does not wait for any more. If it is one then, it
    /// is kept for who sends the event again.
    fn finish<T: Serialize + 'static>(
        &mut self,
        name: &'static str,
        rest: Rest<T>,
        (run, sender): (Run, Arc<SessionHandle>),
        generation: Generation,
        ctx: &mut Context<Self>,
    ) {
        ctx.spawn(rest.into_actor(self).map(move |done, actor, ctx| match (done, run) {
            (Some(Err(Panicked)), run) => {
                run.fail(&Panicked.into());
                actor.future_panicked(name, generation);
                actor.settle(ctx);
            }
            (Some(Ok(Ok(Awaited::Reply(result)))), run) if run.is_keyed() => {
                actor.finish_run(run, &actor.encoded(name, result, &sender));
                actor.settle(ctx);
            }
            (done, _) => discard(done, actor.tally()),
        }));
    }
}

impl<R: Room> Reachable for RoomActor<R> {}

impl<R: Room> Handler<SessionEnded> for RoomActor<R> {
    type Result = ();

    fn handle(&mut self, ended: SessionEnded, ctx: &mut Self::Context) {
        turn::is_given();
        self.remove(ended.session, LeaveReason::Disconnected(ended.reason));
        self.settle(ctx);
    }
}

impl<R: Room> Handler<Leave> for RoomActor<R> {
    type Result = ();

    fn handle(&mut self, Leave { session, done }: Leave, ctx: &mut Self::Context) {
        turn::is_given();
        self.remove(session, LeaveReason::Left);
        self.settle(ctx);
        // Behind what the others are told of it. Whoever asked may be gone.
        self.when_kept(move |_| {
            let _ = done.send(());
        });
    }
}

impl<R: Room> Handler<Lapse> for RoomActor<R> {
    type Result = ();

    fn handle(&mut self, Lapse(lapsed): Lapse, ctx: &mut Self::Context) {
        self.lapse(lapsed);
        self.settle(ctx);
    }
}

impl<R: Room> Handler<Linger> for RoomActor<R> {
    type Result = ();

    fn handle(&mut self, _: Linger, ctx: &mut Self::Context) {
        turn::is_given();
        self.close_if_empty_for_long(ctx);
    }
}
