//! Events on one connection: from a packet to its handler, and from its answer to a frame.
//!
//! It must never hold up the next event for the answer of one that takes time; for its checks it
//! must, so that events are handled in the order sent.

use std::{panic::AssertUnwindSafe, sync::Arc};

use actix::{ActorFutureExt, AsyncContext, Context, WrapFuture};
use bytestring::ByteString;
use futures_util::{FutureExt, future::LocalBoxFuture};

use super::{
    Connection, Refusal,
    actor::Held,
    call::{Call, Desk, Outcome, Reached, Step},
    protocol::OpenSession,
    session::AnyStep,
};
use crate::{
    event::{Waited, too_late, wait},
    logged::{self, Logged},
    meter::{Count, Meter},
    number::SessionNumber,
    outbox::Permit,
    peer::Peer,
    timers::Round,
    wire::socket_io::{Arguments, DecodeError},
};

/// How an event is called, and how it wants to be answered.
struct Address {
    name: ByteString,
    id: Option<u64>,
}

impl Connection {
    /// Handles one event of a session.
    pub(super) fn handle_event(&mut self, session: usize, call: Call, ctx: &mut Context<Self>) {
        let Some(socket_io) = self.socket_io() else { return };
        let reached = if socket_io.sessions[session].peer.has_ended() {
            call.arguments.check().map(drop)
        } else {
            let address = Address { name: call.name.clone(), id: call.id };
            let received = |session: &mut OpenSession, desk: &mut Desk<'_>| {
                tracing::trace!("received");
                session.call(call, desk)
            };
            self.advance(session, address, received, ctx)
        };
        match reached {
            // What is no JSON is no event.
            Ok(()) => self.realm.counters().one(Count::EventsReceived),
            Err(error) => self.trouble(&error.into(), None, ctx),
        }
    }

    /// Takes an event one step further, to its answer or to the next wait; or to what is wrong with
    /// its packet, which nobody knew before.
    fn advance(
        &mut self,
        session: usize,
        address: Address,
        step: impl FnOnce(&mut OpenSession, &mut Desk<'_>) -> Reached,
        ctx: &mut Context<Self>,
    ) -> Result<(), DecodeError> {
        let Some(socket_io) = self.socket_io() else { return Ok(()) };
        if socket_io.sessions[session].peer.has_ended() {
            // It has lapsed; that it is to end is in the mailbox.
            return Ok(());
        }
        let mut session = socket_io.sessions.swap_remove(session);
        let mut allowance = std::mem::take(&mut socket_io.allowance);
        // Asked first: a span that nobody wants takes its time as well.
        let span = match tracing::span_enabled!(tracing::Level::DEBUG) {
            true => tracing::debug_span!(
                "salon.event",
                event = %Logged(&address.name),
                namespace = %logged::namespace(&session.peer.namespace),
                session = %session.peer.id,
            ),
            false => tracing::Span::none(),
        };
        let entered = span.enter();
        let outcome = self.guard(|| {
            let realm = &self.realm;
            step(&mut session, &mut Desk { realm, allowance: &mut allowance })
        });
        drop(entered);
        let Address { name, id } = &address;
        let mut malformed = None;
        match outcome {
            Some(Err(error)) => malformed = Some(error),
            Some(Ok(Outcome::Answered(result))) => self.answer(&session.peer, name, *id, result),
            Some(Ok(Outcome::Later(future, permit))) => {
                self.answer_later(&session.peer, name.clone(), *id, (future, permit), ctx);
            }
            Some(Ok(Outcome::Held(future))) => self.hold(session.number(), address, future, ctx),
            Some(Ok(Outcome::Elsewhere)) => {}
            None => self.answer(&session.peer, name, *id, Err(Refusal::logged_already())),
        }
        self.follow_up(&mut session, ctx);
        if let Some(socket_io) = self.socket_io() {
            socket_io.sessions.push(session);
            socket_io.allowance = allowance;
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
        let done = checks.into_actor(self).map(move |step, actor, ctx| {
            actor.set_held(None);
            if let Some(session) = actor.socket_io().and_then(|socket_io| socket_io.index(number))
                && let Err(error) = actor.advance(session, address, step, ctx)
            {
                actor.trouble(&error.into(), None, ctx);
            }
            actor.work(ctx);
        });
        let future = ctx.spawn(done);
        self.set_held(Some(Held { number, future }));
    }

    fn answer(
        &self,
        peer: &Arc<Peer>,
        name: &str,
        id: Option<u64>,
        result: Result<Arguments, Refusal>,
    ) {
        if result.is_err() {
            self.realm.counters().one(Count::EventsRefused);
        }
        let broadcaster = self.realm.broadcaster();
        if let Some(frame) = broadcaster.answer_frame(peer, None, name, id, result) {
            // A client that is gone needs no answer.
            let _ = peer.push(&frame);
        }
    }

    fn answer_later(
        &mut self,
        peer: &Arc<Peer>,
        name: ByteString,
        id: Option<u64>,
        (future, permit): (LocalBoxFuture<'static, Result<Arguments, Refusal>>, Permit),
        ctx: &mut Context<Self>,
    ) {
        let (peer, ending) = (peer.clone(), peer.clone());
        let ended = async move { ending.until_ended().await };
        let limit = self.realm.timeouts().handler;
        let guarded = AssertUnwindSafe(future).catch_unwind().boxed_local();
        let waiting = wait(guarded, limit, ended).into_actor(self);
        ctx.spawn(waiting.map(move |waited, actor, ctx| {
            match waited {
                Waited::Done(result) => {
                    let result = result.unwrap_or_else(|_| Err(actor.panicked(&name)));
                    actor.answer(&peer, &name, id, result);
                }
                Waited::Late(rest) => {
                    actor.realm.counters().one(Count::LateAnswers);
                    actor.answer(&peer, &name, id, Err(too_late(&name, limit)));
                    ctx.spawn(rest.into_actor(actor).map(move |done, actor, _| {
                        if let Some(Err(_)) = done {
                            drop(actor.panicked(&name));
                        }
                    }));
                }
                Waited::Void => {}
            }
            drop(permit);
        }));
    }

    /// Runs the futures that a session's handlers have asked for, and sees to their timers.
    pub(super) fn follow_up(&mut self, session: &mut OpenSession, ctx: &mut Context<Self>) {
        let number = session.number();
        for future in session.state.take_futures() {
            let guarded = AssertUnwindSafe(future).catch_unwind().into_actor(self);
            ctx.spawn(guarded.map(move |step, actor, ctx| match step {
                Ok(step) => actor.step(number, step, ctx),
                Err(_) => drop(actor.panicked("a session's future")),
            }));
        }
        let next = session.state.next_timer();
        session.alarm.set(next, ctx, move |actor, ctx| actor.ring(number, ctx));
    }

    /// Does what a session's timers are due to do.
    fn ring(&mut self, number: SessionNumber, ctx: &mut Context<Self>) {
        let round = Round::now();
        let ring = |actor: &mut Self, session: &mut OpenSession| {
            session.alarm.rung();
            // The session goes on after a panic, and so do its other timers.
            while actor.guard(|| session.state.ring(round)).unwrap_or(true) {}
        };
        self.with_session(number, ring, ctx);
    }

    fn step(&mut self, number: SessionNumber, step: AnyStep, ctx: &mut Context<Self>) {
        let step = |actor: &mut Self, session: &mut OpenSession| {
            actor.guard(|| step(&mut *session.state));
        };
        self.with_session(number, step, ctx);
    }

    /// Runs code of a session, if it has not ended.
    fn with_session(
        &mut self,
        number: SessionNumber,
        code: impl FnOnce(&mut Self, &mut OpenSession),
        ctx: &mut Context<Self>,
    ) {
        let Some(socket_io) = self.socket_io() else { return };
        let Some(index) = socket_io.index(number) else { return };
        if socket_io.sessions[index].peer.has_ended() {
            // It has lapsed; that it is to end is in the mailbox.
            return;
        }
        let mut session = socket_io.sessions.swap_remove(index);
        code(self, &mut session);
        self.follow_up(&mut session, ctx);
        if let Some(socket_io) = self.socket_io() {
            socket_io.sessions.push(session);
        }
    }
}
