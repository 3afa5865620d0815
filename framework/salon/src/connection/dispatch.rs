//! Events on one connection: from a packet to its handler, and from its answer to a frame.
//!
//! It must never hold up the next event for the answer of one that takes time; for its checks it
//! must, so that events are handled in the order sent.

use std::{panic::resume_unwind, sync::Arc};

use actix::{ActorFutureExt, AsyncContext, Context, WrapFuture};
use bytestring::ByteString;
use futures_util::{FutureExt, future::LocalBoxFuture};

use super::{
    actor::Connection,
    call::{Call, CallContext, Outcome, Reached, Step},
    open_session::OpenSession,
    waiting::Held,
};
use crate::{
    app::{AnyStep, Conclude, Concluded},
    base::{
        contained::{Panicked, Running, contain, discard},
        in_flight::InFlightGuard,
        logged::{self, Logged},
        meter::Count,
        number::SessionNumber,
        refusal::Refusal,
        timers::Round,
        turn,
    },
    event::{Waited, too_late, wait},
    hub,
    payload::{NoJson, Payload},
    session::handle::SessionHandle,
};

/// How an event is called, and how it wants to be answered.
pub(super) struct Address {
    pub(super) name: ByteString,
    pub(super) id: Option<u64>,
}

impl Connection {
    /// Handles one event of a session; once the server stops nobody begins anything new.
    #[inline]
    pub(super) fn handle_event(&mut self, session: usize, call: Call, ctx: &mut Context<Self>) {
        if self.handle.is_stopping() {
            return;
        }
        let Some(table) = self.table() else { return };
        let reached = if table.open[session].handle.has_ended() {
            call.payload.check().map(drop)
        } else {
            let address = Address { name: call.name.clone(), id: call.id };
            let received = |session: &mut OpenSession, context: &mut CallContext<'_>| {
                tracing::trace!("received");
                session.call(call, context)
            };
            let reached = self.advance(session, address, received, ctx);
            self.handle_early(ctx);
            reached
        };
        match reached {
            // What is no JSON is no event.
            Ok(()) => self.core.counters().one(Count::EventsReceived),
            Err(error) => self.respond_to(&error.into(), None, ctx),
        }
    }

    /// Takes an event one step further, to its answer or to the next wait; or to what is wrong with
    /// its packet, which nobody knew before.
    pub(super) fn advance(
        &mut self,
        session: usize,
        address: Address,
        step: impl FnOnce(&mut OpenSession, &mut CallContext<'_>) -> Reached,
        ctx: &mut Context<Self>,
    ) -> Result<(), NoJson> {
        let Some(table) = self.table() else { return Ok(()) };
        if table.open[session].handle.has_ended() {
            // It has lapsed; that it is to end is in the mailbox.
            return Ok(());
        }
        let mut session = table.open.swap_remove(session);
        let mut allowance = std::mem::take(&mut table.allowance);
        // Asked first: a span that nobody wants takes its time as well.
        let span = match tracing::span_enabled!(tracing::Level::DEBUG) {
            true => tracing::debug_span!(
                "salon.event",
                event = %Logged(&address.name),
                namespace = %logged::namespace(&session.handle.namespace),
                session = %session.handle.id,
            ),
            false => tracing::Span::none(),
        };
        let entered = span.enter();
        let outcome = contain(|| {
            let core = &self.core;
            step(&mut session, &mut CallContext { core, allowance: &mut allowance })
        });
        drop(entered);
        let outcome =
            outcome.map_err(|Panicked| self.panicked(&address.name, Some(&session.handle)));
        let mut malformed = None;
        // A parser of the application's may panic at what it is to write. Then this actor is lost, and
        // so that nothing is left of the session it must be in its place.
        let answered = contain(|| {
            let Address { name, id } = &address;
            match outcome {
                Ok(Err(error)) => malformed = Some(error),
                Ok(Ok(Outcome::Answered(result))) => {
                    self.answer(&session.handle, name, *id, result);
                }
                Ok(Ok(Outcome::Later(future, in_flight))) => {
                    self.answer_later(&session.handle, name.clone(), *id, (future, in_flight), ctx);
                }
                Ok(Ok(Outcome::Held(future))) => self.hold(session.number(), address, future, ctx),
                Ok(Ok(Outcome::Elsewhere)) => {}
                Ok(Ok(Outcome::Early(early))) => self.put_off(&session, *early, ctx),
                Err(refusal) => self.answer(&session.handle, name, *id, Err(refusal)),
            }
        });
        self.follow_up(&mut session, ctx);
        if let Some(table) = self.table() {
            table.open.push(session);
            table.allowance = allowance;
        }
        if answered.is_err() {
            resume_unwind(Box::new("what an event was answered with panicked"));
        }
        malformed.map_or(Ok(()), Err)
    }

    /// Lets a client's later events wait until the checks of this one are done.
    fn hold(
        &mut self,
        number: SessionNumber,
        address: Address,
        checks: LocalBoxFuture<'static, Step>,
        ctx: &mut Context<Self>,
    ) {
        let (name, tally) = (address.name.clone(), self.core.tally());
        let done = Running::new(checks, tally).into_actor(self).map(move |step, actor, ctx| {
            actor.set_held(None);
            let step = step.unwrap_or_else(|Panicked| {
                let index = actor.table().and_then(|table| table.index(number));
                let session = index.and_then(|index| actor.open_session(index));
                let refusal = actor.panicked(&name, session);
                Box::new(|_, _| Ok(Outcome::Answered(Err(refusal))))
            });
            if let Some(session) = actor.table().and_then(|table| table.index(number))
                && let Err(error) = actor.advance(session, address, step, ctx)
            {
                actor.respond_to(&error.into(), None, ctx);
            }
            actor.handle_early(ctx);
            actor.work(ctx);
        });
        let future = ctx.spawn(done);
        self.set_held(Some(Held { number, future }));
    }

    pub(super) fn answer(
        &self,
        handle: &Arc<SessionHandle>,
        name: &str,
        id: Option<u64>,
        result: Result<Payload, Refusal>,
    ) {
        if result.is_err() {
            self.core.counters().one(Count::EventsRefused);
        }
        if let Some(answer) = hub::answer(handle, None, name, id, result) {
            // A client that is gone needs no answer.
            let _ = handle.push(&answer);
        }
    }

    fn answer_later(
        &mut self,
        handle: &Arc<SessionHandle>,
        name: ByteString,
        id: Option<u64>,
        (future, in_flight): (LocalBoxFuture<'static, Concluded>, InFlightGuard),
        ctx: &mut Context<Self>,
    ) {
        let (handle, ending) = (handle.clone(), handle.clone());
        let ended = async move { ending.until_ended().await };
        let limit = self.core.timeouts().handler;
        let guarded = Running::new(future, self.core.tally()).boxed_local();
        let waiting = wait(guarded, limit, ended).into_actor(self);
        ctx.spawn(waiting.map(move |waited, actor, ctx| {
            match waited {
                Waited::Done(Ok(Concluded::Answered(result))) => {
                    actor.answer(&handle, &name, id, result);
                }
                Waited::Done(Ok(Concluded::Then(then))) => {
                    actor.conclude(&handle, &name, id, then, ctx);
                }
                Waited::Done(Err(Panicked)) => {
                    let refusal = actor.panicked(&name, Some(&handle));
                    actor.answer(&handle, &name, id, Err(refusal));
                }
                Waited::Late(rest) => {
                    actor.core.counters().one(Count::LateAnswers);
                    actor.answer(&handle, &name, id, Err(too_late(&name, limit)));
                    ctx.spawn(rest.into_actor(actor).map(move |done, actor, _| match done {
                        Some(Err(Panicked)) => drop(actor.panicked(&name, Some(&handle))),
                        // What was to be done in the session is the application's.
                        done => discard(done, actor.core.tally()),
                    }));
                }
                Waited::Void => {}
            }
            drop(in_flight);
        }));
    }

    /// Does in a session what is to be done before an answer that was waited for, and gives it.
    fn conclude(
        &mut self,
        handle: &Arc<SessionHandle>,
        name: &ByteString,
        id: Option<u64>,
        then: Conclude,
        ctx: &mut Context<Self>,
    ) {
        let mut concluded = None;
        let conclude = |actor: &mut Self, session: &mut OpenSession, ctx: &mut Context<Self>| {
            let done = contain(|| then(&mut *session.state));
            concluded = Some(done.map_err(|Panicked| actor.panicked(name, Some(handle))));
            turn::spend(ctx);
        };
        self.with_session(handle.number, conclude, ctx);
        // With the session in its place: see `advance`. A session that is gone needs no answer.
        if let Some(concluded) = concluded {
            self.answer(handle, name, id, concluded.and_then(|result| result));
        }
    }

    /// Runs the futures that a session's handlers have asked for, and sees to their timers.
    pub(super) fn follow_up(&mut self, session: &mut OpenSession, ctx: &mut Context<Self>) {
        let number = session.number();
        for future in session.state.take_futures() {
            let handle = session.handle.clone();
            ctx.spawn(future.into_actor(self).map(move |step, actor, ctx| match step {
                Ok(step) => actor.step(number, step, ctx),
                Err(Panicked) => drop(actor.panicked("a session's future", Some(&handle))),
            }));
        }
        let next = session.state.next_timer();
        session.alarm.set(next, ctx, move |actor, ctx| actor.ring(number, ctx));
    }

    /// Does what a session's timers are due to do.
    fn ring(&mut self, number: SessionNumber, ctx: &mut Context<Self>) {
        let round = Round::now();
        let ring = |actor: &mut Self, session: &mut OpenSession, ctx: &mut Context<Self>| {
            session.alarm.rung();
            // The session goes on after a panic, and so do its other timers.
            while !turn::is_spent()
                && actor
                    .guard("a timer", Some(&session.handle), || session.state.ring(round))
                    .unwrap_or(true)
            {
                turn::spend(ctx);
            }
        };
        self.with_session(number, ring, ctx);
    }

    fn step(&mut self, number: SessionNumber, step: AnyStep, ctx: &mut Context<Self>) {
        let step = |actor: &mut Self, session: &mut OpenSession, ctx: &mut Context<Self>| {
            let what = "what a future brought";
            actor.guard(what, Some(&session.handle), || step(&mut *session.state));
            turn::spend(ctx);
        };
        self.with_session(number, step, ctx);
    }

    /// Runs code of a session, if it has not ended.
    fn with_session(
        &mut self,
        number: SessionNumber,
        code: impl FnOnce(&mut Self, &mut OpenSession, &mut Context<Self>),
        ctx: &mut Context<Self>,
    ) {
        let found = self.table().and_then(|table| {
            let index = table.index(number)?;
            // One that has lapsed is about to end: that is in the mailbox.
            let has_ended = table.open[index].handle.has_ended();
            (!has_ended).then(|| table.open.swap_remove(index))
        });
        let Some(mut session) = found else {
            // What it has in hand is the application's.
            return discard(code, self.core.tally());
        };
        code(self, &mut session, ctx);
        self.follow_up(&mut session, ctx);
        if let Some(table) = self.table() {
            table.open.push(session);
        }
    }
}
