//! A durable room finds what it was: before anything is handled in it, and after a commit that failed.
//!
//! It must never let anybody believe that it goes on where it does not: an order of which something is
//! missing is followed by another.

use std::{error::Error, rc::Rc, sync::atomic::Ordering};

use actix::{ActorFutureExt, AsyncContext, Context, WrapFuture};
use tokio::time::{error::Elapsed, timeout_at};

use super::{acknowledging::spans_of, actor::RoomActor, opening::open, state::State};
use crate::{
    base::{
        clock,
        logged::Logged,
        refusal::{Code, Refusal},
    },
    once::{Of, Who},
    room::{
        contract::Room,
        kept::{Durable, Found, KeptAnswer, KeptOrder, Recovered},
        membership::{LeaveReason, Order},
    },
};

impl<R: Room> RoomActor<R> {
    /// Opens the room, or has the store asked first, if there is one for it.
    pub(super) fn begin(&mut self) {
        self.state = match &self.cx.members.durable {
            Some(_) => State::Restoring,
            None => open(&mut self.cx),
        };
    }

    /// Has the store asked what there is of the room, unless it is already. Whether it is opened `anew`, with
    /// members, is to be counted when it is there. Nothing is handled meanwhile, as while a room loads.
    pub(super) fn restore(&mut self, anew: bool, ctx: &mut Context<Self>) {
        let Some(durable) = self.cx.members.durable.clone() else { return };
        if std::mem::replace(&mut self.is_asking, true) {
            return;
        }
        let until = clock::after(self.cx.members.broadcaster().loading);
        let asked = timeout_at(until, durable.find());
        ctx.wait(asked.into_actor(self).map(move |found, actor, ctx| {
            actor.is_asking = false;
            match actor.recovered(found) {
                Ok(recovered) => actor.be_restored(&durable, recovered, anew),
                Err(refusal) => actor.state = State::closed(refusal),
            }
            if matches!(actor.state, State::Loading) {
                return actor.load(anew, ctx);
            }
            if anew {
                actor.note_restart();
            }
            actor.settle(ctx);
        }));
    }

    fn recovered(&self, found: Result<Found, Elapsed>) -> Result<Recovered, Refusal> {
        let room = Logged(self.cx.members.name());
        let stored = found.map_err(|_| self.too_slow())?.map_err(|error| {
            let is_ours = self.cx.members.broadcaster().closes_store.load(Ordering::Relaxed);
            if error.is_closed() && is_ours {
                return Refusal::new(Code::Closed, "the server ends");
            }
            if error.is_closed() {
                tracing::error!(
                    %room,
                    "the store was closed before this Salon had it, by the shutdown of another: open it anew for each \
                     (of a `MemoryStore` give the next Salon what is `reopened()`)"
                );
                return Refusal::logged_already();
            }
            let error = &error as &dyn Error;
            tracing::error!(%room, error, "the store does not give the room: it is closed");
            Refusal::logged_already()
        })?;
        let recovered = stored.map(Recovered::of).unwrap_or_default();
        if recovered.is_damaged {
            let has_state = recovered.state.is_some();
            tracing::error!(
                %room,
                has_state,
                "the store has not all of the room that was kept: the room goes on in a new order"
            );
        }
        Ok(recovered)
    }

    /// The room is what the store has of it.
    fn be_restored(&mut self, durable: &Rc<Durable>, recovered: Recovered, anew: bool) {
        let Recovered { revision, order, state, .. } = recovered;
        durable.is_found(revision);
        self.remove_refused(durable);
        self.once.iter().for_each(|once| once.forget_answered());
        let order = order.filter(|order| !anew || self.goes_on(durable, order));
        match order {
            Some(mut order) => {
                let answers = std::mem::take(&mut order.answers);
                let (seq, last) = (order.seq, order.last);
                self.restore_order(durable, order, anew);
                durable.begin(revision, seq, last, state);
                self.restore_answers(answers);
            }
            None => {
                durable.begin_behind(revision, state);
                self.renew_order();
            }
        }
        if anew {
            self.open_anew();
        } else {
            durable.offer_state();
            self.state = open(&mut self.cx);
        }
    }

    /// Whether a room that has members is in that order still, and they have heard of no more.
    fn goes_on(&self, durable: &Durable, order: &KeptOrder) -> bool {
        self.cx.members.order.goes_on(order.epoch, durable.heard(), order.seq)
    }

    /// The order is the one that was kept. Members that were there meanwhile get what they missed of it.
    fn restore_order(&mut self, durable: &Durable, order: KeptOrder, anew: bool) {
        if !anew {
            self.renew_order();
        }
        let members = &mut self.cx.members;
        let (room, name) = (members.room(), members.name().clone());
        let namespace = members.namespace().clone();
        let (broadcaster, spans) = (members.broadcaster().clone(), spans_of::<R>());
        let expect = |order: &Order, event: &str, seq| {
            let (ids, span) = (&broadcaster.awaited, *spans.get(event)?);
            order.expect(ids, broadcaster.next_acknowledgement(), (room, seq), span)
        };
        members.order.restore(order, room, (&namespace, &name), expect);
        let heard = durable.heard();
        // Who is there they are told behind that.
        members.handles().for_each(|handle| members.replay(handle, heard, false));
    }

    fn restore_answers(&mut self, answers: Vec<KeptAnswer>) {
        if answers.is_empty() {
            return;
        }
        let namespace = self.cx.members.namespace().clone();
        let once = self.once();
        for KeptAnswer { id, event, key, payload, at, answered } in answers {
            let who = Who { namespace: namespace.clone(), id };
            if let Some(at) = at {
                let of = Of { who, event: event.into(), key: key.into(), payload };
                once.restore(of, &answered, at);
            }
        }
    }

    /// The room kept something, and opened without asking for it: it is another one.
    pub(super) fn begin_anew(&mut self) {
        let Some(durable) = self.cx.members.durable.clone() else { return };
        let room = Logged(self.cx.members.name());
        tracing::warn!(%room, "the room has opened without what it had kept: it goes on in a new order");
        durable.begin_anew();
        self.renew_order();
        self.once = None;
        if !self.cx.is_empty() {
            self.tell_restarted();
        }
    }

    /// A commit has failed: what was not kept is undone, and the room is to be what the store has of it.
    pub(super) fn undo_what_is_not_kept(&mut self) {
        let Some(durable) = self.cx.members.durable.clone() else { return };
        if matches!(self.state, State::Closed(_)) {
            return;
        }
        self.change(State::Panicked);
        self.is_undone = true;
        self.remove_refused(&durable);
    }

    /// Who became a member by what is not kept is none. What is gone has not known it.
    fn remove_refused(&mut self, durable: &Durable) {
        for (session, membership) in durable.take_refused() {
            if self.cx.members.is_member_by(session, membership) {
                self.remove(session, LeaveReason::Left);
            }
        }
    }
}

/// The refusal of what a durable room has done and could not keep.
pub(super) fn not_kept() -> Refusal {
    Refusal::new(Code::Internal, "what the room did could not be kept, and is undone; try again")
}
