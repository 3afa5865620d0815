//! The end of a room: it has been empty for long enough, or its code has closed it.
//!
//! It must never let a room go that something is on its way to, nor before all that it did is kept.

use std::sync::Arc;

use actix::{ActorContext, Context};

use super::{actor::RoomActor, notice::Reason, state::State};

use crate::{
    base::{
        clock,
        meter::Count,
        refusal::{Code, Refusal},
    },
    hub::Look,
    room::{
        context::RoomContext,
        contract::{Restarts, Room},
        membership::{LeaveReason, Member},
    },
};

impl<R: Room> RoomActor<R> {
    /// Closes the room a while from now, if nobody comes meanwhile.
    pub(super) fn linger(&mut self) {
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

    /// Closes the room in an orderly way: its code is told, then each of its members leaves.
    pub(super) fn shut(&mut self, message: &'static str) {
        let refusal = Refusal::new(Code::Closed, message);
        // If this panics the room is closed all the same, and its code hears no more of it.
        let _ = self.run("closing", Room::closing);
        self.cx.send_held_back();
        // What it keeps now is kept, whatever becomes of its members' ways out.
        self.commit();
        while let Some(session) = self.cx.members.first() {
            let Some(handle) = self.cx.members.remove(session) else { break };
            self.tell_evicted(&handle, &Reason::Code(refusal.code().as_str()));
            self.depart(&Member::new(handle), LeaveReason::Closed);
        }
        self.change(State::closed(refusal));
    }

    /// Closes a room without members, unless something is on its way to it. The room stays in the
    /// directory until its code has closed it, so that no other of its key is opened beside it.
    pub(super) fn close_if_idle(&mut self, ctx: &mut Context<Self>) {
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
        self.cx.members.durable.iter().for_each(|durable| {
            durable.end();
            // If what it did last could not be kept: it is about to be what is.
            durable.gate().take_failure();
        });
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

    /// Puts every member out of a room that has closed without its code's doing.
    pub(super) fn empty(&mut self, code: &str) {
        while let Some(handle) =
            self.cx.members.first().and_then(|session| self.cx.members.remove(session))
        {
            self.tell_evicted(&handle, &Reason::Code(code));
        }
    }
}
