//! What a room's actor does with each thing that its members' sessions send it.
//!
//! It must never lose an event: each one is answered, or its sender is gone.

use actix::{ActorFutureExt, AsyncContext, Context, Handler, WrapFuture};
use futures_util::{FutureExt, future::LocalBoxFuture};
use serde::Serialize;

use super::{actor::RoomActor, concluding::AskedLater, state::Generation};
use crate::{
    auth::hold_answer,
    base::{
        contained::{Panicked, Running, discard},
        meter::Count,
        refusal::{Code, Refusal},
        turn,
    },
    event::{self, Event, On, OnLater, Waited, too_late, wait},
    room::{
        contract::{Room, RoomEvent, ToRoom},
        lookup::{Lapse, Linger, Reachable, Sent, SentForLater, SessionEnded},
        membership::LeaveReason,
    },
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
        let (result, return_path, joined) = self.handle_event(sent, R::on);
        self.answer((E::NAME, E::SENDERS), result, return_path, joined);
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
        let (started, return_path, joined) =
            self.handle_event(sent.0, |room, event, cx| Ok(room.on_later(event, cx)));
        match started {
            Ok(answer) => {
                let generation = self.generation;
                let limit = self.cx.members.broadcaster().time_limit;
                let creditor = self.cx.members.creditor(return_path.sender.number);
                creditor.into_iter().for_each(|creditor| self.cx.members.owed.owe(creditor));
                let sender = return_path.sender.clone();
                let ended = async move { sender.until_ended().await };
                let right = return_path.granted.map(|granted| {
                    let room = Some(&**self.cx.members.name());
                    return_path.sender.rest_on(granted, room, return_path.withdrawals).0
                });
                let awaited = answer.into_future().map(Ok);
                let future = hold_answer(right.clone(), awaited, self.tally());
                let asked = AskedLater { senders: E::SENDERS, generation, creditor, right };
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
                            actor.finish(E::NAME, rest, generation, ctx);
                            Err(too_late(E::NAME, limit))
                        }
                        Waited::Void => Err(Refusal::new(Code::Disconnected, "nobody waits")),
                    };
                    let result = actor.conclude(E::NAME, awaited, &asked, &return_path.sender);
                    let result = event::expected::<E, _>(result);
                    actor.answer((E::NAME, E::SENDERS), result, return_path, joined);
                    actor.settle(ctx);
                }));
            }
            Err(refusal) => {
                let refused = Err::<E::Reply, _>(refusal);
                self.answer((E::NAME, E::SENDERS), refused, return_path, joined);
            }
        }
        self.settle(ctx);
    }
}

impl<R: Room> RoomActor<R> {
    /// Lets an answer come to its end that nobody waits for.
    fn finish<T: 'static>(
        &mut self,
        name: &'static str,
        rest: LocalBoxFuture<'static, Option<Result<T, Panicked>>>,
        generation: Generation,
        ctx: &mut Context<Self>,
    ) {
        ctx.spawn(rest.into_actor(self).map(move |done, actor, ctx| match done {
            Some(Err(Panicked)) => {
                actor.future_panicked(name, generation);
                actor.settle(ctx);
            }
            done => discard(done, actor.tally()),
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
