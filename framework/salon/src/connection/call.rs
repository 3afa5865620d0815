//! One event on its way to its handler: what is asked about it, and in which order.
//!
//! It must never answer: what became of the event is told to `dispatch.rs`.

use std::{pin::pin, sync::Arc};

use bytestring::ByteString;
use futures_util::{FutureExt, future::LocalBoxFuture};

use super::{
    core::Core,
    leaving::{LEAVE_RATE, leave},
    open_session::OpenSession,
    replaying::{REPLAY_RATE, replay},
    rights::{REFRESH_RATE, refresh},
};
use crate::{
    app::{
        Acknowledge, BuiltNamespace, Called, Concluded, IncomingEvent, Resume, TypedRoute,
        UntypedEvent, middleware,
    },
    base::{
        allowance::Allowance,
        bucket::rate_limited,
        config::Rate,
        in_flight::InFlightGuard,
        refusal::{Code, Refusal},
    },
    event::{LEAVE, Policy, REFRESH, REPLAY},
    message::Delivery,
    payload::{NoJson, Payload, UncheckedPayload},
    room::{Checks, Deliver, Early, Forwarded, RoomRoute, SentByClient, bounded},
    session::handle::SessionHandle,
};

/// An event on its way to its handler.
pub(super) struct Call {
    pub(super) name: ByteString,
    pub(super) payload: UncheckedPayload,
    /// What its sender says of the delivery, as JSON, once that is taken off the payload. Boxed: mostly it
    /// says nothing.
    pub(super) delivery: Option<Box<ByteString>>,
    pub(super) id: Option<u64>,
    pub(super) in_flight: InFlightGuard,
}

impl Call {
    /// The call whose payload is checked, and that.
    fn check(self) -> Result<(Self, Payload), NoJson> {
        let payload = self.payload.check()?;
        Ok((Self { payload: payload.clone().into(), ..self }, payload))
    }

    /// Its refusal, if it is JSON at all.
    fn refuse(self, refusal: Refusal) -> Reached {
        self.payload.check()?;
        Ok(Outcome::Answered(Err(refusal)))
    }
}

/// What became of an event, unless it turned out to be none.
pub(super) type Reached = Result<Outcome, NoJson>;

/// What became of an event.
pub(super) enum Outcome {
    Answered(Result<Payload, Refusal>),
    Later(LocalBoxFuture<'static, Concluded>, InFlightGuard),
    /// Its checks wait for something, and the client's later events for it.
    Held(LocalBoxFuture<'static, Step>),
    /// It is for a room that its sender has been in, and has not joined again.
    Early(Box<Early>),
    /// A room or an untyped handler answers.
    Elsewhere,
}

/// What is next to be done about an event.
pub(super) type Step = Box<dyn FnOnce(&mut OpenSession, &mut CallContext<'_>) -> Reached>;

/// What a connection lends to the checks of its events.
pub(super) struct CallContext<'a> {
    pub(super) core: &'a Arc<Core>,
    pub(super) allowance: &'a mut Allowance,
}

impl OpenSession {
    /// Checks an event, in the order that the guide's page on permissions states, and hands it to
    /// whatever handles it.
    ///
    /// Whatever comes of it, its payload has been checked then, or is an error.
    pub(super) fn call(&mut self, mut call: Call, context: &mut CallContext<'_>) -> Reached {
        if call.name == REFRESH {
            return self.call_own((REFRESH, REFRESH_RATE), call, context, |core, payload| {
                let socket = self.socket(&core);
                refresh(core, socket, payload)
            });
        }
        if call.name == REPLAY {
            return self.call_own((REPLAY, REPLAY_RATE), call, context, |core, payload| {
                replay(core, self.handle.clone(), payload)
            });
        }
        if call.name == LEAVE {
            return self.call_own((LEAVE, LEAVE_RATE), call, context, |core, payload| {
                leave(core, self.handle.clone(), payload)
            });
        }
        let namespace = self.namespace.clone();
        let route = namespace.routes.get_key_value(&*call.name);
        if let Some((name, route)) = route {
            let policy = route.policy();
            let checked = match policy.rate {
                Some(rate) => self.check_rate(name, rate, context.allowance),
                None => Ok(()),
            };
            if let Err(refusal) = checked.and_then(|()| self.check_identity(name, policy)) {
                return call.refuse(refusal);
            }
            // Whatever checks the event sees what its handler gets.
            call.delivery = call.payload.take_delivery()?.map(Box::new);
        } else if namespace.untyped.handler(&call.name).is_none() {
            let message = "nothing here handles events of this name";
            return call.refuse(Refusal::new(Code::UnknownEvent, message));
        }
        let route = route.map(|(_, route)| route);
        if namespace.guard_events.is_empty() {
            return self.route(&namespace, route, call, context);
        }
        let (call, payload) = call.check()?;
        let mut asked = self.ask_namespace(&call.name, payload, context.core);
        match (&mut asked).now_or_never() {
            Some(Ok(())) => self.route(&namespace, route, call, context),
            Some(Err(refusal)) => Ok(Outcome::Answered(Err(refusal))),
            None => Ok(Outcome::Held(
                asked
                    .map(move |asked| -> Step {
                        Box::new(move |session, context| match asked {
                            Ok(()) => {
                                let route = namespace.routes.get(&*call.name);
                                session.route(&namespace, route, call, context)
                            }
                            Err(refusal) => Ok(Outcome::Answered(Err(refusal))),
                        })
                    })
                    .boxed_local(),
            )),
        }
    }

    /// Has an event of the protocol's own handled by `handle`, however long that takes.
    fn call_own<F>(
        &self,
        (name, rate): (&'static str, Rate),
        call: Call,
        context: &mut CallContext<'_>,
        handle: impl FnOnce(Arc<Core>, Payload) -> F,
    ) -> Reached
    where
        F: Future<Output = Result<Payload, Refusal>> + 'static,
    {
        if let Err(refusal) = self.check_rate(name, rate, context.allowance) {
            return call.refuse(refusal);
        }
        let handled = handle(context.core.clone(), call.payload.check()?);
        Ok(Outcome::Later(handled.map(Concluded::Answered).boxed_local(), call.in_flight))
    }

    fn check_rate(
        &self,
        name: &'static str,
        rate: Rate,
        allowance: &mut Allowance,
    ) -> Result<(), Refusal> {
        let taken = allowance.take_event(self.namespace.number, name, rate);
        taken.map_err(|wait| rate_limited(&format!("too many {name:?} events"), wait))
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
        name: &ByteString,
        payload: Payload,
        core: &Core,
    ) -> LocalBoxFuture<'static, Result<(), Refusal>> {
        let socket = self.socket(core);
        let event = IncomingEvent {
            socket: socket.clone(),
            name: name.clone(),
            payload,
            data: core.data().clone(),
        };
        let name = name.clone();
        let (namespace, limit) = (self.namespace.clone(), core.timeouts().middleware);
        async move {
            let asked = pin!(Some(middleware::ask_all(&namespace.guard_events, event)));
            bounded(&socket, &name, limit, asked).await
        }
        .boxed_local()
    }

    /// Hands an event to whatever handles it; its payload, permission and guards are checked there,
    /// where its type is known.
    fn route(
        &mut self,
        namespace: &BuiltNamespace,
        route: Option<&TypedRoute>,
        call: Call,
        context: &mut CallContext<'_>,
    ) -> Reached {
        let Some(route) = route else { return self.call_untyped(namespace, call, context.core) };
        let longest_key = context.core.limits().max_once_key;
        let read = |json: Box<ByteString>| Delivery::read(*json, longest_key);
        let delivery = match call.delivery.map(read).transpose() {
            Ok(delivery) => delivery.map(Box::new),
            Err(refusal) => return Ok(Outcome::Answered(Err(refusal))),
        };
        match route {
            TypedRoute::Session(route) => {
                let mut checks = checks(&self.handle, namespace, context);
                let called = (route.call)(&mut *self.state, call.payload, delivery, &mut checks)?;
                Ok(called_outcome(called, call.in_flight))
            }
            TypedRoute::Room(route) => {
                let sent = SentByClient {
                    sender: self.handle.clone(),
                    acknowledgement: call.id,
                    delivery,
                    keyed: None,
                    withdrawals: self.handle.state.memberships.withdrawals(),
                    in_flight: call.in_flight,
                };
                self.forward(namespace, route, sent, call.payload, context)
            }
        }
    }

    /// Sends an event on that has waited for its sender to join the room again.
    pub(super) fn forward_early(&mut self, early: Early, context: &mut CallContext<'_>) -> Reached {
        let Early { event, sent, payload, .. } = early;
        let namespace = self.namespace.clone();
        let Some(TypedRoute::Room(route)) = namespace.routes.get(event) else {
            return Ok(Outcome::Elsewhere);
        };
        self.forward(&namespace, route, sent, payload, context)
    }

    fn forward(
        &self,
        namespace: &BuiltNamespace,
        route: &RoomRoute,
        sent: SentByClient,
        payload: UncheckedPayload,
        context: &mut CallContext<'_>,
    ) -> Reached {
        let mut checks = checks(&self.handle, namespace, context);
        Ok(match (route.forward)(sent, payload, &mut checks)? {
            Forwarded::Done(result) => forwarded_outcome(result),
            Forwarded::Early(early) => Outcome::Early(early),
            Forwarded::Held(deliver) => {
                let step = |deliver: Deliver| -> Step {
                    Box::new(|_, context| Ok(forwarded_outcome(deliver(context.allowance))))
                };
                Outcome::Held(deliver.map(step).boxed_local())
            }
        })
    }

    fn call_untyped(&self, namespace: &BuiltNamespace, call: Call, core: &Core) -> Reached {
        let Call { name, payload, id, in_flight, .. } = call;
        let payload = payload.check()?;
        if let Some(handler) = namespace.untyped.handler(&name) {
            let socket = self.socket(core);
            let acknowledge = id.map(|id| Acknowledge::new(socket.clone(), id, in_flight));
            handler(&socket, UntypedEvent { name, payload, acknowledge });
        }
        Ok(Outcome::Elsewhere)
    }
}

/// What the checks of a session's event look at.
fn checks<'a>(
    handle: &'a Arc<SessionHandle>,
    namespace: &'a BuiltNamespace,
    context: &'a mut CallContext<'_>,
) -> Checks<'a> {
    Checks {
        handle,
        broadcaster: context.core.broadcaster(),
        authority: namespace.authority.as_ref(),
        data: context.core.data(),
        max_grants: context.core.limits().max_grants,
        time_limit: context.core.timeouts().middleware,
        allowance: context.allowance,
    }
}

fn called_outcome(called: Called, in_flight: InFlightGuard) -> Outcome {
    match called {
        Called::Done(result) => Outcome::Answered(result),
        Called::Later(future) => Outcome::Later(future, in_flight),
        Called::Held(resume) => {
            let step = move |resume: Resume| -> Step {
                Box::new(move |session, _| {
                    Ok(called_outcome(resume(&mut *session.state), in_flight))
                })
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
