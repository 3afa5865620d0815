//! What a room's actor does for those outside, who have a handle to it.
//!
//! It must never leave one waiting: whoever asks is answered, also by a room that has closed.

use actix::Handler;

use super::{actor::RoomActor, restoring::not_kept, state::State};
use crate::{
    base::contained::Contained,
    room::{
        context::Action,
        contract::{Receive, Reply, Room},
        lookup::{Asked, Attending, Broadcast, Listed, PutOut, Shut, Told},
    },
};

impl<R: Room + Receive<M>, M: Send + 'static> Handler<Told<M>> for RoomActor<R> {
    type Result = ();

    fn handle(&mut self, Told { message, _ticket }: Told<M>, ctx: &mut Self::Context) {
        self.is_kept = true;
        // A room that has closed takes no messages; there is nobody to tell.
        let _ = self.run("receive", |room, cx| room.receive(message.into_inner(), cx));
        drop(_ticket);
        self.settle(ctx);
    }
}

impl<R: Reply<M>, M: Send + 'static> Handler<Asked<M, R::Output>> for RoomActor<R> {
    type Result = ();

    fn handle(&mut self, asked: Asked<M, R::Output>, ctx: &mut Self::Context) {
        let Asked { message, _ticket, answer } = asked;
        self.is_kept = true;
        let result = self.run("reply", |room, cx| room.reply(message.into_inner(), cx));
        drop(_ticket);
        self.settle(ctx);
        let tally = self.tally();
        let result = result.map(|output| Contained::new(output, tally));
        self.when_kept(move |is_kept| {
            // The application may have stopped waiting.
            let _ = answer.send(if is_kept { result } else { Err(not_kept()) });
        });
    }
}

impl<R: Room> Handler<Broadcast> for RoomActor<R> {
    type Result = ();

    fn handle(&mut self, broadcast: Broadcast, ctx: &mut Self::Context) {
        let Broadcast { name, payload, class, policy, _ticket, done } = broadcast;
        // A room that has closed has no members.
        if let (State::Open(_), Some(payload)) = (&self.state, payload) {
            self.cx.everyone().publish(name, class, policy, || Some(payload));
        }
        drop(_ticket);
        self.settle(ctx);
        self.when_kept(move |is_kept| {
            if is_kept {
                // The application may have stopped waiting.
                let _ = done.send(());
            }
        });
    }
}

impl<R: Room> Handler<Listed> for RoomActor<R> {
    type Result = ();

    fn handle(&mut self, Listed { _ticket, done }: Listed, ctx: &mut Self::Context) {
        drop(_ticket);
        self.show_when_kept(done, |room| room.cx.members.by_joining(), ctx);
        self.settle(ctx);
    }
}

impl<R: Room> Handler<Attending> for RoomActor<R> {
    type Result = ();

    fn handle(&mut self, Attending { _ticket, done }: Attending, ctx: &mut Self::Context) {
        drop(_ticket);
        let users = |room: &Self| {
            let presence_state = room.cx.presence_state.iter();
            presence_state.flat_map(|presence_state| presence_state.users()).collect()
        };
        self.show_when_kept(done, users, ctx);
        self.settle(ctx);
    }
}

impl<R: Room> Handler<PutOut> for RoomActor<R> {
    type Result = ();

    fn handle(&mut self, put_out: PutOut, ctx: &mut Self::Context) {
        let PutOut { session, reason, _ticket, done } = put_out;
        let found = self
            .cx
            .members
            .handles()
            .find(|handle| *handle.id == *session)
            .map(|handle| handle.number);
        if let Some(session) = found {
            self.evict(session, reason.as_ref());
        }
        drop(_ticket);
        self.settle(ctx);
        self.when_kept(move |_| {
            // The application may have stopped waiting.
            let _ = done.send(found.is_some());
        });
    }
}

impl<R: Room> Handler<Shut> for RoomActor<R> {
    type Result = ();

    fn handle(&mut self, Shut { _ticket, done }: Shut, ctx: &mut Self::Context) {
        let open = matches!(self.state, State::Open(_));
        self.cx.actions.push_back(Action::Close);
        drop(_ticket);
        self.settle(ctx);
        self.when_kept(move |_| {
            // The application may have stopped waiting.
            let _ = done.send(open);
        });
    }
}
