//! The way of an event from the connection that received it to its room.
//!
//! It must never send on what its checks have refused, unless the room has the last word.

use std::{cell::Cell, fmt::Write, sync::Arc};

use actix::{Actor, Context, Handler, Message};
use futures_util::{FutureExt, future::LocalBoxFuture};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    check::{CheckOutcome, Checking, Checks, is_checked},
    contract::{Guards, Room, RoomEvent, Senders, TakesEvents, ToRoom, not_a_member},
    life::{RoomActor, RoomDirectory},
    lookup::{ReturnPath, Sent, SentForLater},
};
use crate::{
    base::{
        allowance::Allowance, contained::Contained, in_flight::InFlightGuard, refusal::Refusal,
    },
    event::{self, Event, On, OnLater, Policy},
    hub::Opener,
    message::Delivery,
    once::{Keyed, MayBeKeyed},
    payload::{NoJson, UncheckedPayload},
    session::handle::SessionHandle,
};

/// An event as a connection received it, for a room.
pub(crate) struct SentByClient {
    pub(crate) sender: Arc<SessionHandle>,
    pub(crate) acknowledgement: Option<u64>,
    /// What it says of the delivery.
    pub(crate) delivery: Option<Box<Delivery>>,
    /// By what the event is known if it is sent again, once it is decoded.
    pub(crate) keyed: Option<Box<Keyed>>,
    /// How much had been taken from the sender when its checks began.
    pub(crate) withdrawals: u64,
    pub(crate) in_flight: InFlightGuard,
}

/// What became of an event for a room.
pub(crate) enum Forwarded {
    /// It is on its way to the room, which answers; or it is refused already.
    Done(Result<(), Refusal>),
    /// It is to be put off.
    Early(Box<Early>),
    /// Its checks wait for something; then it is to be sent on.
    Held(LocalBoxFuture<'static, Deliver>),
}

/// An event for members of a room that its sender has been in, and has not joined again.
pub(crate) struct Early {
    pub(crate) event: &'static str,
    /// The room's name.
    pub(crate) room: String,
    pub(crate) sent: SentByClient,
    pub(crate) payload: UncheckedPayload,
}

/// Sends an event on whose checks were waited for.
pub(crate) type Deliver = Box<dyn FnOnce(&mut Allowance) -> Result<(), Refusal>>;

/// Checks an event, and sends it on to its room, unless what it carries is no JSON.
type Forward = Box<
    dyn Fn(SentByClient, UncheckedPayload, &mut Checks<'_>) -> Result<Forwarded, NoJson>
        + Send
        + Sync,
>;

/// How one kind of event gets to its room.
pub(crate) struct RoomRoute {
    pub(crate) name: &'static str,
    pub(crate) policy: Policy,
    #[cfg(feature = "contract")]
    pub(crate) facts: (salon_contract::document::EventFacts, salon_contract::document::SentBy),
    pub(crate) forward: Forward,
}

/// Where the routes of a list of events go.
pub(crate) struct Routes<'a, R: Room> {
    pub(crate) directory: &'a Arc<RoomDirectory<R>>,
    pub(crate) routes: &'a mut Vec<RoomRoute>,
}

impl<R: Room> TakesEvents<R> for Routes<'_, R> {
    fn at_once<E>(&mut self)
    where
        R: On<E>,
        E: RoomEvent<Room = R> + Event<Route = ToRoom<R>> + DeserializeOwned + Send + 'static,
        E::Reply: Serialize,
        E::Guards: Guards<E, R::Identity>,
    {
        self.add::<E, Sent<E>>(|sent| sent);
    }

    fn later<E>(&mut self)
    where
        R: OnLater<E>,
        E: RoomEvent<Room = R> + Event<Route = ToRoom<R>> + DeserializeOwned + Send + 'static,
        E::Reply: Serialize,
        E::Guards: Guards<E, R::Identity>,
    {
        self.add::<E, SentForLater<E>>(SentForLater);
    }
}

impl<R: Room> Routes<'_, R> {
    fn add<E, M>(&mut self, message: fn(Sent<E>) -> M)
    where
        E: RoomEvent<Room = R> + DeserializeOwned + Send + 'static,
        E::Guards: Guards<E, R::Identity>,
        M: Message<Result = ()> + Send + 'static,
        RoomActor<R>: Actor<Context = Context<RoomActor<R>>> + Handler<M>,
    {
        let directory = self.directory.clone();
        let forward = move |mut sent: SentByClient, payload, checks: &mut Checks<'_>| {
            let may_be_keyed = MayBeKeyed::of::<E>(&payload, sent.delivery.as_deref());
            let may_be_early =
                E::SENDERS == Senders::Member && sent.sender.state.claims.any_awaited();
            let kept = may_be_early.then(|| UncheckedPayload::clone(&payload));
            let event = match event::decode_or_refuse::<E>(payload)? {
                Ok(event) => Contained::new(event, directory.tally()),
                Err(refusal) => return Ok(Forwarded::Done(Err(refusal))),
            };
            if let Some(payload) = kept
                && let room = directory.name_of(event.key())
                && sent.sender.state.claims.awaits(&room)
            {
                let early = Early { event: E::NAME, room, sent, payload };
                return Ok(Forwarded::Early(Box::new(early)));
            }
            if let Some(may_be) = may_be_keyed {
                match may_be.keyed::<E>(&event, checks.broadcaster.key_limits()) {
                    Ok(keyed) => sent.keyed = keyed,
                    Err(refusal) => return Ok(Forwarded::Done(Err(refusal))),
                }
            }
            let forwarded = |judging: Checking<E>,
                             asked: Option<&str>,
                             allowance: &mut Allowance| match judging {
                Checking::Done(outcome) => {
                    Forwarded::Done(deliver(&directory, outcome, asked, sent, message, allowance))
                }
                Checking::Waits(outcome) => {
                    let (directory, asked) = (directory.clone(), asked.map(Box::<str>::from));
                    let then = move |outcome| -> Deliver {
                        Box::new(move |allowance| {
                            deliver(&directory, outcome, asked.as_deref(), sent, message, allowance)
                        })
                    };
                    Forwarded::Held(outcome.map(then).boxed_local())
                }
            };
            let outcome = judge::<R, E>(event, &directory, checks, forwarded);
            Ok(outcome.unwrap_or_else(|refusal| Forwarded::Done(Err(refusal))))
        };
        self.routes.push(RoomRoute {
            name: E::NAME,
            policy: E::POLICY,
            #[cfg(feature = "contract")]
            facts: (salon_contract::document::EventFacts::of::<E>(), E::SENDERS.into()),
            forward: Box::new(forward),
        });
    }
}

/// Sends an event to its room, with what its checks have said about the room of that name, if they
/// were asked about one.
fn deliver<R, E, M>(
    directory: &Arc<RoomDirectory<R>>,
    CheckOutcome { event, granted, .. }: CheckOutcome<E>,
    asked: Option<&str>,
    sent: SentByClient,
    message: fn(Sent<E>) -> M,
    allowance: &mut Allowance,
) -> Result<(), Refusal>
where
    R: Room,
    E: RoomEvent<Room = R> + 'static,
    M: Message<Result = ()> + Send + 'static,
    RoomActor<R>: Actor<Context = Context<RoomActor<R>>> + Handler<M>,
{
    let SentByClient { sender, acknowledgement, delivery, keyed, withdrawals, in_flight } = sent;
    let (granted, refused) = match granted {
        Ok(granted) => (granted, None),
        // It would open the room, and make its sender a member; or membership is not asked for.
        Err(refusal) if E::SENDERS != Senders::Member => return Err(refusal),
        // That its sender is no member comes first, and only the room knows.
        Err(refusal) => (None, Some(Box::new(refusal))),
    };
    let key = Contained::new(event.key().clone(), directory.tally());
    let claiming = sender.state.claims.any_awaited().then(|| sender.clone());
    let opener = Opener::Client { near: sender.shard, allowance };
    let sent = |ticket| {
        let return_path = ReturnPath {
            sender,
            event: E::NAME,
            acknowledgement,
            delivery,
            keyed,
            granted,
            withdrawals,
            refused,
            _in_flight: in_flight,
            _ticket: ticket,
            is_answered: false,
        };
        message(Sent { event, return_path })
    };
    if E::SENDERS == Senders::Join {
        directory.send(&key, opener, asked, sent)?;
        // From here on what was put off comes behind this.
        if let Some(sender) = claiming {
            sender.state.claims.await_no_more(&directory.name_of(&key));
        }
        return Ok(());
    }
    // A room that is not open has no members, and nobody who would hear of others: it is not opened
    // to say so.
    match (directory.send_if_open(&key, asked, sent)?, E::SENDERS) {
        (true, _) => Ok(()),
        (false, Senders::Anyone) => Err(Refusal::not_found("the room is not open")),
        (false, _) => Err(not_a_member(E::NAME)),
    }
}

thread_local! {
    /// Where the name of an event's room is written while the event is checked: it costs no
    /// allocation, and idle connections keep none.
    static NAME: Cell<String> = const { Cell::new(String::new()) };
}

/// Bytes of a name whose memory is kept for the next.
const LONGEST_KEPT: usize = 1024;

/// Asks what is to be asked about an event, unless it can be refused without. What is done then is
/// told the name of the room that was asked about: that of the room itself if it is open, else the
/// one that it will have.
fn judge<R, E>(
    event: Contained<E>,
    directory: &RoomDirectory<R>,
    checks: &mut Checks<'_>,
    then: impl FnOnce(Checking<E>, Option<&str>, &mut Allowance) -> Forwarded,
) -> Result<Forwarded, Refusal>
where
    R: Room,
    E: RoomEvent<Room = R> + 'static,
    E::Guards: Guards<E, R::Identity>,
{
    if !is_checked::<E, R::Identity>() {
        return Ok(then(checks.judge::<E, R::Identity>(event, None), None, checks.allowance));
    }
    if let Some(link) = directory.link(event.key()) {
        let name = Some(&*link.name);
        return Ok(then(checks.judge::<E, R::Identity>(event, name), name, checks.allowance));
    }
    if E::SENDERS == Senders::Member {
        return Err(not_a_member(E::NAME));
    }
    let mut name = NAME.take();
    name.clear();
    // Writing to a string fails only if the key's `Display` does; then the name is as far as it got.
    let _ = write!(name, "{}:{}", R::NAME, event.key());
    let outcome = directory.check_name(&name).map(|()| {
        let asked = Some(&*name);
        then(checks.judge::<E, R::Identity>(event, asked), asked, checks.allowance)
    });
    if name.capacity() <= LONGEST_KEPT {
        NAME.set(name);
    }
    outcome
}
