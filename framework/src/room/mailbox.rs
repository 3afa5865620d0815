//! What a room's actor does with each thing that it is sent.
//!
//! It must never lose an event: each one is answered, or its sender is gone.

use std::panic::AssertUnwindSafe;

use actix::{ActorFutureExt, AsyncContext, Handler, WrapFuture};
use futures_util::FutureExt;
use serde::Serialize;

use super::{
    Receive, Room, RoomEvent, ToRoom,
    actor::RoomActor,
    member::Departure,
    sent::{Broadcast, Sent, SentForLater, SessionEnded, Told},
    state::Panicked,
};
use crate::event::{Event, On, OnLater};

impl<R, E> Handler<Sent<E>> for RoomActor<R>
where
    R: Room + On<E>,
    E: RoomEvent<Room = R> + Event<Route = ToRoom<R>> + Send + 'static,
    E::Reply: Serialize,
{
    type Result = ();

    fn handle(&mut self, sent: Sent<E>, ctx: &mut Self::Context) {
        let (result, origin, joined) = self.handle_event(sent, ctx, R::on);
        self.answer(E::NAME, result, origin, joined);
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
        let (started, origin, joined) =
            self.handle_event(sent.0, ctx, |room, event, cx| Ok(room.on_later(event, cx)));
        match started {
            Ok(future) => {
                let generation = self.generation;
                let guarded = AssertUnwindSafe(future).catch_unwind().into_actor(self);
                ctx.spawn(guarded.map(move |done, actor, ctx| {
                    let result = done.unwrap_or_else(|_| {
                        actor.future_panicked(generation);
                        Err(Panicked.into())
                    });
                    actor.answer(E::NAME, result, origin, joined);
                    actor.settle(ctx);
                }));
            }
            Err(refusal) => self.answer::<E::Reply>(E::NAME, Err(refusal), origin, joined),
        }
        self.settle(ctx);
    }
}

impl<R: Receive<M>, M: Send + 'static> Handler<Told<M>> for RoomActor<R> {
    type Result = ();

    fn handle(&mut self, Told { message, _ticket }: Told<M>, ctx: &mut Self::Context) {
        // A room that has closed takes no messages; there is nobody to tell.
        let _ = self.run(|room, cx| room.receive(message, cx));
        drop(_ticket);
        self.settle(ctx);
    }
}

impl<R: Room, E: Event + Serialize + Send + 'static> Handler<Broadcast<E>> for RoomActor<R> {
    type Result = ();

    fn handle(&mut self, broadcast: Broadcast<E>, ctx: &mut Self::Context) {
        let Broadcast { event, _ticket, done } = broadcast;
        // A room that has closed has no members.
        let _ = self.run(|_, cx| cx.broadcast(&event));
        // The application may have stopped waiting.
        let _ = done.send(());
        drop(_ticket);
        self.settle(ctx);
    }
}

impl<R: Room> Handler<SessionEnded> for RoomActor<R> {
    type Result = ();

    fn handle(&mut self, ended: SessionEnded, ctx: &mut Self::Context) {
        self.remove(ended.session, Departure::Disconnected(ended.reason));
        self.settle(ctx);
    }
}
