//! How the handler of one event of a session is called, and its answer taken.
//!
//! It must never call one before the event's checks are done, nor by a right that is lost.

use std::sync::Arc;

use futures_util::FutureExt;
use serde::{Serialize, de::DeserializeOwned};

use super::{
    any_session::AnySession,
    connected::{Connected, downcast},
    contract::{Session, SessionEvent},
    listed::{Called, Conclude, Concluded, Resume, SessionEvents, SessionListed, SessionRoute},
};
use crate::{
    auth::{Right, hold_answer},
    base::{
        clock,
        contained::{Contained, discard},
        refusal::Refusal,
        simulation,
    },
    event::{self, Awaited, Event, Later, On, OnLater, Then, lists},
    hub::encode_or_log,
    message::Delivery,
    payload::{Payload, UncheckedPayload},
    room::{CheckOutcome, Checking, Checks, Guards},
};

impl<S, E> SessionListed<S> for E
where
    S: Session + On<E>,
    E: SessionEvent + DeserializeOwned + 'static,
    E::Reply: Serialize,
    E::Guards: Guards<E, S::Identity>,
{
    fn list(routes: &mut Vec<SessionRoute>) {
        add::<S, E>(routes, |Connected { session, cx }, event| {
            Called::Done(
                event::expected::<E, _>(session.on(event, cx))
                    .and_then(|reply| encode::<E>(&reply)),
            )
        });
    }
}

impl<S, E> SessionListed<S> for Later<E>
where
    S: Session + OnLater<E>,
    E: SessionEvent + DeserializeOwned + 'static,
    E::Reply: Serialize,
    E::Guards: Guards<E, S::Identity>,
{
    fn list(routes: &mut Vec<SessionRoute>) {
        add::<S, E>(routes, |Connected { session, cx }, event| {
            let awaited = session.on_later(event, cx).into_future().map(Ok);
            let right = cx.right();
            let held = hold_answer(right.clone(), awaited, cx.tally());
            let concluded = held.map(move |awaited| match awaited {
                Ok(Awaited::Reply(result)) => Concluded::Answered(
                    event::expected::<E, _>(result).and_then(|reply| encode::<E>(&reply)),
                ),
                Ok(Awaited::Then(then)) => Concluded::Then(conclude::<S, E>(then, right)),
                Err(refusal) => Concluded::Answered(Err(refusal)),
            });
            Called::Later(concluded.boxed_local())
        });
    }
}

/// What is to be done in the session before an answer, unless the right is lost by which it was asked
/// for.
fn conclude<S, E>(then: Then<E::Reply>, right: Option<Arc<Right>>) -> Conclude
where
    S: Session,
    E: Event,
    E::Reply: Serialize,
{
    Box::new(move |session| {
        let Some(Connected { session, cx }) = downcast::<S>(session) else {
            return Err(Refusal::internal("the session is of another type"));
        };
        cx.forget_right();
        if let Some(right) = &right
            && !right.granted().grant.holds(clock::wall)
        {
            discard(then, cx.tally());
            return Err(right.lost_meanwhile());
        }
        match (cx.under(right.clone(), |cx| then(session, cx, &())), right) {
            (Some(result), _) => {
                event::expected::<E, _>(result).and_then(|reply| encode::<E>(&reply))
            }
            (None, Some(right)) => Err(right.lost_meanwhile()),
            (None, None) => Err(Refusal::logged_already()),
        }
    })
}

fn add<S, E>(routes: &mut Vec<SessionRoute>, call: fn(&mut Connected<S>, E) -> Called)
where
    S: Session,
    E: Event + DeserializeOwned + 'static,
    E::Guards: Guards<E, S::Identity>,
{
    let handle = move |session: &mut dyn AnySession, outcome: CheckOutcome<E>| {
        let CheckOutcome { event, granted, withdrawals } = outcome;
        let granted = match granted {
            Ok(granted) => granted,
            Err(refusal) => return Called::Done(Err(refusal)),
        };
        match downcast::<S>(session) {
            Some(session) => {
                simulation::before_handler(E::NAME);
                session.cx.begin_by(granted, withdrawals);
                let called = call(session, event.into_inner());
                session.cx.forget_right();
                called
            }
            None => Called::Done(Err(Refusal::internal("the session is of another type"))),
        }
    };
    let call = move |session: &mut dyn AnySession,
                     payload: UncheckedPayload,
                     _: Option<Box<Delivery>>,
                     checks: &mut Checks<'_>| {
        let event = match event::decode_or_refuse::<E>(payload)? {
            Ok(event) => Contained::new(event, checks.broadcaster.tally),
            Err(refusal) => return Ok(Called::Done(Err(refusal))),
        };
        Ok(match checks.judge::<E, S::Identity>(event, None) {
            Checking::Done(outcome) => handle(session, outcome),
            Checking::Waits(outcome) => Called::Held(
                outcome
                    .map(move |outcome| -> Resume {
                        Box::new(move |session| handle(session, outcome))
                    })
                    .boxed_local(),
            ),
        })
    };
    routes.push(SessionRoute { name: E::NAME, policy: E::POLICY, call: Box::new(call) });
}

fn encode<E: Event>(reply: &E::Reply) -> Result<Payload, Refusal>
where
    E::Reply: Serialize,
{
    encode_or_log(E::NAME, event::encode_reply(reply)).ok_or_else(Refusal::logged_already)
}

lists!(S: Session, SessionEvents, SessionListed, Vec<SessionRoute>);
