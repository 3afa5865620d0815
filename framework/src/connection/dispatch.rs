//! Events on one connection: from a packet to its handler, and from its answer to a frame.
//!
//! It must never hold up the next event for the answer of one that takes time; for its checks it
//! must, so that events are handled in the order sent.

use std::panic::AssertUnwindSafe;

use actix::{ActorFutureExt, AsyncContext, Context, WrapFuture};
use bytestring::ByteString;
use futures_util::{FutureExt, future::LocalBoxFuture};
use serde_json::json;
use tokio::sync::OwnedSemaphorePermit;

use super::{
    Acknowledge, Connection, IncomingEvent, Realm, Refusal, UntypedEvent,
    actor::Held,
    bucket::Buckets,
    listed::{Called, Resume},
    middleware,
    namespaces::{BuiltNamespace, TypedRoute},
    protocol::OpenSession,
    session::AnyStep,
};
use crate::{
    event::{Policy, Rate},
    meter::{Count, Meter},
    peer::SessionNumber,
    refusal::Code,
    room::{Checks, Deliver, Forwarded, SentByClient, Socket, bounded},
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
    /// Its checks wait for something, and the client's later events for it.
    Held(LocalBoxFuture<'static, Step>),
    /// A room or an untyped handler answers.
    Elsewhere,
}

/// What is next to be done about an event.
type Step = Box<dyn FnOnce(&mut OpenSession, &mut Desk<'_>) -> Outcome>;

/// How an event is called, and how it wants to be answered.
struct Address {
    name: ByteString,
    id: Option<u64>,
}

/// What a connection lends to the checks of its events.
struct Desk<'a> {
    realm: &'a Realm,
    buckets: &'a mut Buckets,
    room_name: &'a mut String,
}

impl Connection {
    /// Handles one event of a session.
    pub(super) fn handle_event(&mut self, session: usize, call: Call, ctx: &mut Context<Self>) {
        self.realm.counters().one(Count::EventsReceived);
        let address = Address { name: call.name.clone(), id: call.id };
        self.advance(session, address, |session, desk| session.call(call, desk), ctx);
    }

    /// Takes an event one step further, to its answer or to the next wait.
    fn advance(
        &mut self,
        session: usize,
        address: Address,
        step: impl FnOnce(&mut OpenSession, &mut Desk<'_>) -> Outcome,
        ctx: &mut Context<Self>,
    ) {
        let Some(socket_io) = self.socket_io() else { return };
        let mut session = socket_io.sessions.swap_remove(session);
        let mut buckets = std::mem::take(&mut socket_io.buckets);
        let mut room_name = std::mem::take(&mut socket_io.room_name);
        let span = tracing::debug_span!(
            "salon.event",
            event = %address.name,
            namespace = %session.socket.namespace(),
            session = %session.socket.id(),
        );
        let entered = span.enter();
        let outcome = self.guard(|| {
            let realm = &*self.realm;
            let (buckets, room_name) = (&mut buckets, &mut room_name);
            step(&mut session, &mut Desk { realm, buckets, room_name })
        });
        drop(entered);
        let Address { name, id } = &address;
        match outcome {
            Some(Outcome::Answered(result)) => self.answer(&session.socket, name, *id, result),
            Some(Outcome::Later(future, permit)) => {
                self.answer_later(&session.socket, name.clone(), *id, (future, permit), ctx);
            }
            Some(Outcome::Held(future)) => self.hold(session.number(), address, future, ctx),
            Some(Outcome::Elsewhere) => {}
            None => self.answer(&session.socket, name, *id, Err(Refusal::logged_already())),
        }
        self.run_futures(&mut session, ctx);
        if let Some(socket_io) = self.socket_io() {
            socket_io.sessions.push(session);
            socket_io.buckets = buckets;
            socket_io.room_name = room_name;
        }
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
            actor.held = None;
            if let Some(session) = actor.socket_io().and_then(|socket_io| socket_io.index(number)) {
                actor.advance(session, address, step, ctx);
            }
            actor.work(ctx);
        });
        let future = ctx.spawn(done);
        self.held = Some(Held { number, future });
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
        let guarded = AssertUnwindSafe(future).catch_unwind().into_actor(self);
        ctx.spawn(guarded.map(move |result, actor, _| {
            let result = result.unwrap_or_else(|_| Err(actor.panicked(&name)));
            actor.answer(&socket, &name, id, result);
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
    /// Checks an event, in the order that the guide's page on events states, and hands it to
    /// whatever handles it.
    fn call(&mut self, call: Call, desk: &mut Desk<'_>) -> Outcome {
        let namespace = self.namespace.clone();
        match namespace.routes.get_key_value(&*call.name) {
            Some((name, route)) => {
                let policy = route.policy();
                let checked = match policy.rate {
                    Some(rate) => self.check_rate(name, rate, desk.buckets),
                    None => Ok(()),
                };
                if let Err(refusal) = checked.and_then(|()| self.check_identity(name, policy)) {
                    return Outcome::Answered(Err(refusal));
                }
            }
            None if namespace.untyped.handler(&call.name).is_none() => {
                let message = "nothing here handles events of this name";
                return Outcome::Answered(Err(Refusal::new(Code::UnknownEvent, message)));
            }
            None => {}
        }
        if namespace.guard_events.is_empty() {
            return self.route(call, desk);
        }
        let mut asked = self.ask_namespace(&call, desk.realm);
        match (&mut asked).now_or_never() {
            Some(Ok(())) => self.route(call, desk),
            Some(Err(refusal)) => Outcome::Answered(Err(refusal)),
            None => Outcome::Held(
                asked
                    .map(|asked| -> Step {
                        Box::new(move |session, desk| match asked {
                            Ok(()) => session.route(call, desk),
                            Err(refusal) => Outcome::Answered(Err(refusal)),
                        })
                    })
                    .boxed_local(),
            ),
        }
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

    fn check_identity(&self, name: &'static str, policy: Policy) -> Result<(), Refusal> {
        if self.namespace.identified || !policy.wants_identity() {
            return Ok(());
        }
        let message = format!("{name:?} is for clients with an identity, and here nobody has one");
        Err(Refusal::unauthorized(message))
    }

    /// What the namespace's own checks of events say.
    fn ask_namespace(
        &self,
        call: &Call,
        realm: &Realm,
    ) -> LocalBoxFuture<'static, Result<(), Refusal>> {
        let event = IncomingEvent {
            socket: self.socket.clone(),
            name: call.name.clone(),
            arguments: call.arguments.clone(),
            data: realm.data().clone(),
        };
        let (socket, name) = (self.socket.clone(), call.name.clone());
        let (namespace, limit) = (self.namespace.clone(), realm.timeouts().middleware);
        async move {
            let asked = middleware::ask_all(&namespace.guard_events, event);
            bounded(&socket, &name, limit, asked).await
        }
        .boxed_local()
    }

    /// Hands an event to whatever handles it; its payload, permission and guards are checked there,
    /// where its type is known.
    fn route(&mut self, call: Call, desk: &mut Desk<'_>) -> Outcome {
        let namespace = self.namespace.clone();
        let Some(route) = namespace.routes.get(&*call.name) else {
            return self.call_untyped(&namespace, call);
        };
        let mut checks = Checks {
            socket: &self.socket,
            authority: namespace.authority.as_ref(),
            data: desk.realm.data(),
            max_grants: desk.realm.limits().max_grants,
            time_limit: desk.realm.timeouts().middleware,
            name: desk.room_name,
        };
        match route {
            TypedRoute::Session(route) => {
                let called = (route.call)(&mut *self.state, &call.arguments, &mut checks);
                called_outcome(called, call.permit)
            }
            TypedRoute::Room(route) => {
                let sent = SentByClient {
                    sender: self.socket.peer().clone(),
                    arguments: call.arguments,
                    acknowledgement: call.id,
                    permit: call.permit,
                };
                match (route.forward)(sent, &mut checks) {
                    Forwarded::Done(result) => forwarded_outcome(result),
                    Forwarded::Held(deliver) => {
                        let step = |deliver: Deliver| -> Step {
                            Box::new(|_, _| forwarded_outcome(deliver()))
                        };
                        Outcome::Held(deliver.map(step).boxed_local())
                    }
                }
            }
        }
    }

    fn call_untyped(&self, namespace: &BuiltNamespace, call: Call) -> Outcome {
        let Call { name, arguments, id, permit } = call;
        if let Some(handler) = namespace.untyped.handler(&name) {
            let acknowledge = id.map(|id| Acknowledge::new(self.socket.clone(), id, permit));
            handler(&self.socket, UntypedEvent { name, arguments, acknowledge });
        }
        Outcome::Elsewhere
    }
}

fn called_outcome(called: Called, permit: OwnedSemaphorePermit) -> Outcome {
    match called {
        Called::Done(result) => Outcome::Answered(result),
        Called::Later(future) => Outcome::Later(future, permit),
        Called::Held(resume) => {
            let step = move |resume: Resume| -> Step {
                Box::new(move |session, _| called_outcome(resume(&mut *session.state), permit))
            };
            Outcome::Held(resume.map(step).boxed_local())
        }
    }
}

fn forwarded_outcome(result: Result<(), Refusal>) -> Outcome {
    match result {
        Ok(()) => Outcome::Elsewhere,
        Err(refusal) => Outcome::Answered(Err(refusal)),
    }
}
