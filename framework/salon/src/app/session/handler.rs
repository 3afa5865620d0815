//! How the handler of one event of a session is called, and its answer taken.
//!
//! It must never call one before the event's checks are done, nor by a right that is lost.

use std::sync::Arc;

use futures_util::FutureExt;
use serde::{Serialize, de::DeserializeOwned};

use super::{
    any_session::AnySession,
    asked_once::AskedOnce,
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
    once::{Answered, MayBeKeyed, Run},
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
        add::<S, E>(routes, |Connected { session, cx }, event, run| {
            Called::Done(own_answer::<E>(session.on(event, cx), run))
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
        add::<S, E>(routes, |Connected { session, cx }, event, run| {
            let awaited = session.on_later(event, cx).into_future().map(Ok);
            let right = cx.right();
            let held = hold_answer(right.clone(), awaited, cx.tally());
            let concluded = async move {
                // Here it is dropped by a panic, and knows that.
                let run = run;
                match held.await {
                    Ok(Awaited::Reply(result)) => Concluded::Answered(own_answer::<E>(result, run)),
                    Ok(Awaited::Then(then)) => Concluded::Then(conclude::<S, E>(then, right, run)),
                    Err(refusal) => Concluded::Answered(Err(refused(refusal, run))),
                }
            };
            Called::Later(concluded.boxed_local())
        });
    }
}

/// What is to be done in the session before an answer, unless the right is lost by which it was asked
/// for.
fn conclude<S, E>(then: Then<E::Reply>, right: Option<Arc<Right>>, run: Run) -> Conclude
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
            return Err(refused(right.lost_meanwhile(), run));
        }
        match (cx.under(right.clone(), |cx| then(session, cx, &())), right) {
            (Some(result), _) => own_answer::<E>(result, run),
            (None, Some(right)) => Err(refused(right.lost_meanwhile(), run)),
            (None, None) => Err(refused(Refusal::logged_already(), run)),
        }
    })
}

/// What a handler answers itself. It is kept for who sends the event again, if that has a key.
fn own_answer<E: Event>(result: Result<E::Reply, Refusal>, run: Run) -> Answered
where
    E::Reply: Serialize,
{
    let answered = event::expected::<E, _>(result).and_then(|reply| encode::<E>(&reply));
    run.finish(&answered);
    answered
}

/// What is said in the place of a handler's answer: nothing is kept of it.
fn refused(refusal: Refusal, run: Run) -> Refusal {
    run.fail(&refusal);
    refusal
}

/// Calls the handler of an event, for a run of it.
type Handle<S, E> = fn(&mut Connected<S>, E, Run) -> Called;

fn add<S, E>(routes: &mut Vec<SessionRoute>, call: Handle<S, E>)
where
    S: Session,
    E: Event + DeserializeOwned + 'static,
    E::Guards: Guards<E, S::Identity>,
{
    let handle = move |session: &mut dyn AnySession,
                       outcome: CheckOutcome<E>,
                       asked: Option<Box<AskedOnce>>| {
        let CheckOutcome { event, granted, withdrawals } = outcome;
        let granted = match granted {
            Ok(granted) => granted,
            Err(refusal) => return Called::Done(Err(refusal)),
        };
        match downcast::<S>(session) {
            Some(session) => {
                session.cx.begin_by(granted, withdrawals);
                let begin = |asked: Box<AskedOnce>| asked.begin(E::NAME, session.cx.right());
                let called = match asked.map_or_else(|| Ok(Run::unkeyed()), begin) {
                    Ok(run) => {
                        simulation::before_handler(E::NAME);
                        call(session, event.into_inner(), run)
                    }
                    Err(unhandled) => unhandled,
                };
                session.cx.forget_right();
                called
            }
            None => Called::Done(Err(Refusal::internal("the session is of another type"))),
        }
    };
    let call = move |session: &mut dyn AnySession,
                     payload: UncheckedPayload,
                     delivery: Option<Box<Delivery>>,
                     checks: &mut Checks<'_>| {
        let may_be_keyed = MayBeKeyed::of::<E>(&payload, delivery.as_deref());
        let event = match event::decode_or_refuse::<E>(payload)? {
            Ok(event) => Contained::new(event, checks.broadcaster.tally),
            Err(refusal) => return Ok(Called::Done(Err(refusal))),
        };
        let mut asked = None;
        if let Some(may_be) = may_be_keyed {
            match may_be.keyed::<E>(&event, checks.broadcaster.key_limits()) {
                Ok(keyed) => asked = keyed.map(|keyed| Box::new(AskedOnce::new(keyed, checks))),
                Err(refusal) => return Ok(Called::Done(Err(refusal))),
            }
        }
        Ok(match checks.judge::<E, S::Identity>(event, None) {
            Checking::Done(outcome) => handle(session, outcome, asked),
            Checking::Waits(outcome) => Called::Held(
                outcome
                    .map(move |outcome| -> Resume {
                        Box::new(move |session| handle(session, outcome, asked))
                    })
                    .boxed_local(),
            ),
        })
    };
    routes.push(SessionRoute {
        name: E::NAME,
        policy: E::POLICY,
        #[cfg(feature = "contract")]
        facts: salon_contract::document::EventFacts::of::<E>(),
        call: Box::new(call),
    });
}

fn encode<E: Event>(reply: &E::Reply) -> Result<Payload, Refusal>
where
    E::Reply: Serialize,
{
    encode_or_log(E::NAME, event::encode_reply(reply)).ok_or_else(Refusal::logged_already)
}

lists!(S: Session, SessionEvents, SessionListed, Vec<SessionRoute>);
