//! Events on one connection: from a packet to its handler, and from its answer to a frame.
//!
//! It must never hold up the next event for the answer of one that takes time.

use std::panic::AssertUnwindSafe;

use actix::{ActorFutureExt, AsyncContext, Context, WrapFuture};
use bytestring::ByteString;
use futures_util::{FutureExt, future::LocalBoxFuture};
use serde_json::json;
use tokio::sync::OwnedSemaphorePermit;

use super::{
    Acknowledge, Connection, Refusal, UntypedEvent,
    bucket::Buckets,
    listed::Called,
    namespaces::{BuiltNamespace, TypedRoute},
    protocol::OpenSession,
    session::AnyStep,
};
use crate::{
    event::{Rate, Waited, too_late, wait},
    meter::{Count, Meter},
    peer::SessionNumber,
    refusal::Code,
    room::{SentByClient, Socket},
    wire::socket_io::Arguments,
};

/// An event on its way to its handler.
pub(super) struct Call {
    pub(super) name: ByteString,
    pub(super) arguments: Arguments,
    pub(super) id: Option<u64>,
    pub(super) permit: OwnedSemaphorePermit,
}

/// What became of an event.
enum Outcome {
    Answered(Result<Arguments, Refusal>),
    Later(LocalBoxFuture<'static, Result<Arguments, Refusal>>, OwnedSemaphorePermit),
    /// A room or an untyped handler answers.
    Elsewhere,
}

impl Connection {
    /// Handles one event of a session.
    pub(super) fn handle_event(&mut self, session: usize, call: Call, ctx: &mut Context<Self>) {
        self.realm.counters().one(Count::EventsReceived);
        let Some(socket_io) = self.socket_io() else { return };
        let mut session = socket_io.sessions.swap_remove(session);
        let mut buckets = std::mem::take(&mut socket_io.buckets);
        let span = tracing::debug_span!(
            "salon.event",
            event = %call.name,
            namespace = %session.socket.namespace(),
            session = %session.socket.id(),
        );
        let entered = span.enter();
        tracing::trace!("received");
        let (name, id) = (call.name.clone(), call.id);
        let called = self.guard(|| session.call(call, &mut buckets));
        drop(entered);
        match called {
            Some(Outcome::Answered(result)) => {
                self.answer(&session.socket, &name, id, result);
            }
            Some(Outcome::Later(future, permit)) => {
                self.answer_later(&session.socket, name, id, (future, permit), ctx);
            }
            Some(Outcome::Elsewhere) => {}
            None => self.answer(&session.socket, &name, id, Err(Refusal::logged_already())),
        }
        self.run_futures(&mut session, ctx);
        if let Some(socket_io) = self.socket_io() {
            socket_io.sessions.push(session);
            socket_io.buckets = buckets;
        }
    }

    fn answer(
        &self,
        socket: &Socket,
        name: &str,
        id: Option<u64>,
        result: Result<Arguments, Refusal>,
    ) {
        if result.is_err() {
            self.realm.counters().one(Count::EventsRefused);
        }
        let broadcaster = self.realm.broadcaster();
        if let Some(frame) = broadcaster.answer_frame(socket.peer(), name, id, result) {
            // A client that is gone needs no answer.
            let _ = socket.peer().push(&frame);
        }
    }

    fn answer_later(
        &mut self,
        socket: &Socket,
        name: ByteString,
        id: Option<u64>,
        (future, permit): (
            LocalBoxFuture<'static, Result<Arguments, Refusal>>,
            OwnedSemaphorePermit,
        ),
        ctx: &mut Context<Self>,
    ) {
        let socket = socket.clone();
        let peer = socket.peer().clone();
        let ended = async move { peer.until_ended().await };
        let limit = self.realm.timeouts().handler;
        let guarded = AssertUnwindSafe(future).catch_unwind().boxed_local();
        let waiting = wait(guarded, limit, ended).into_actor(self);
        ctx.spawn(waiting.map(move |waited, actor, ctx| {
            match waited {
                Waited::Done(result) => {
                    let result = result.unwrap_or_else(|_| Err(actor.panicked(&name)));
                    actor.answer(&socket, &name, id, result);
                }
                Waited::Late(rest) => {
                    actor.realm.counters().one(Count::LateAnswers);
                    actor.answer(&socket, &name, id, Err(too_late(&name, limit)));
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

    /// Runs the futures that a session's handlers have asked for.
    pub(super) fn run_futures(&mut self, session: &mut OpenSession, ctx: &mut Context<Self>) {
        let number = session.number();
        for future in session.state.take_futures() {
            let guarded = AssertUnwindSafe(future).catch_unwind().into_actor(self);
            ctx.spawn(guarded.map(move |step, actor, ctx| match step {
                Ok(step) => actor.step(number, step, ctx),
                Err(_) => drop(actor.panicked("a session's future")),
            }));
        }
    }

    fn step(&mut self, number: SessionNumber, step: AnyStep, ctx: &mut Context<Self>) {
        let Some(socket_io) = self.socket_io() else { return };
        let Some(index) = socket_io.index(number) else { return };
        let mut session = socket_io.sessions.swap_remove(index);
        self.guard(|| step(&mut *session.state));
        self.run_futures(&mut session, ctx);
        if let Some(socket_io) = self.socket_io() {
            socket_io.sessions.push(session);
        }
    }
}

impl OpenSession {
    /// Checks an event and hands it to whatever handles it.
    fn call(&mut self, call: Call, buckets: &mut Buckets) -> Outcome {
        let namespace = self.namespace.clone();
        let Some((name, route)) = namespace.routes.get_key_value(&*call.name) else {
            return self.call_untyped(&namespace, call);
        };
        let policy = match route {
            TypedRoute::Session(route) => route.policy,
            TypedRoute::Room(route) => route.policy,
        };
        if let Some(rate) = policy.rate
            && let Err(refusal) = self.check_rate(name, rate, buckets)
        {
            return Outcome::Answered(Err(refusal));
        }
        match route {
            TypedRoute::Session(route) => match (route.call)(&mut *self.state, &call.arguments) {
                Called::Done(result) => Outcome::Answered(result),
                Called::Later(future) => Outcome::Later(future, call.permit),
            },
            TypedRoute::Room(route) => {
                let sent = SentByClient {
                    sender: self.socket.peer().clone(),
                    arguments: call.arguments,
                    acknowledgement: call.id,
                    permit: call.permit,
                };
                match (route.forward)(sent) {
                    Ok(()) => Outcome::Elsewhere,
                    Err(refusal) => Outcome::Answered(Err(refusal)),
                }
            }
        }
    }

    fn call_untyped(&self, namespace: &BuiltNamespace, call: Call) -> Outcome {
        let Some(handler) = namespace.untyped.handler(&call.name) else {
            let message = "nothing here handles events of this name";
            return Outcome::Answered(Err(Refusal::new(Code::UnknownEvent, message)));
        };
        let Call { name, arguments, id, permit } = call;
        let acknowledge = id.map(|id| Acknowledge::new(self.socket.clone(), id, permit));
        handler(&self.socket, UntypedEvent { name, arguments, acknowledge });
        Outcome::Elsewhere
    }

    fn check_rate(
        &self,
        name: &'static str,
        rate: Rate,
        buckets: &mut Buckets,
    ) -> Result<(), Refusal> {
        buckets.take(&self.socket.peer().namespace, name, rate).map_err(|wait| {
            let wait = wait.as_millis();
            let message = format!("too many {name:?} events; try again in {wait} ms");
            let data = json!({ "retry_after_ms": u64::try_from(wait).unwrap_or(u64::MAX) });
            Refusal::new(Code::RateLimited, message).with_data(data)
        })
    }
}
