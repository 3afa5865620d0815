//! Where the code of an app's sessions panics, and of what is asked before there is one.

use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use salon::auth::Identified;
use salon::{
    Answer, Code, DisconnectReason, Namespace,
    auth::{Authenticated, Authenticator, Authority, Credentials, Grant, Question},
    prelude::*,
    testing::{ConnectError, Lab, Wire},
};
use serde::Serializer;
use serde_json::json;

use crate::app::{Bomb, Bystanders, Hall, bomb, counted};

/// Where it panics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Place {
    #[default]
    Nowhere,
    Handler,
    LateHandler,
    LaterFuture,
    /// The future of an answer is dropped, with its session.
    LaterDrop,
    InReply,
    InLateReply,
    ReplyDrop,
    LaterReplyDrop,
    /// An event is dropped that a guard refuses.
    EventDrop,
    /// As `EventDrop`, and the guard waited.
    HeldEventDrop,
    InGuard,
    HeldGuard,
    Middleware,
    InAuthority,
    InTimer,
    /// A timer is dropped that is cancelled.
    TimerDrop,
    /// Two timers are dropped with their session.
    TwoTimersDrop,
    InFuture,
    /// Two futures are dropped with their session.
    TwoFuturesDrop,
    /// What a future yielded is dropped by the handler of it.
    Then,
    Emit,
    InAuthenticator,
    InLateAuthenticator,
    Connect,
    Connected,
    Disconnected,
    Identity,
    /// The session's state is dropped.
    State,
    /// An identity and a state are dropped that were never connected.
    Refused,
}

use Place::*;

/// What a client says of itself.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Auth {
    #[serde(default)]
    pub(crate) place: Place,
}

pub(crate) struct Guest {
    pub(crate) place: Place,
    _bomb: Bomb,
}

pub(crate) struct ByName;

impl Authenticator for ByName {
    type Identity = Guest;

    async fn authenticate(
        &self,
        credentials: Credentials,
    ) -> Result<Authenticated<Guest>, Refusal> {
        let Auth { place } = credentials.auth()?;
        match place {
            InAuthenticator => panic!("an authenticator"),
            InLateAuthenticator => {
                tokio::time::sleep(Duration::from_secs(1)).await;
                panic!("an authenticator, later")
            }
            _ => {}
        }
        let live = matches!(place, Identity | Refused);
        Ok(Guest { place, _bomb: Bomb { live } }.into())
    }
}

pub(crate) struct Clerk;

impl Authority for Clerk {
    type Identity = Guest;

    async fn decide(&self, question: Question<Guest>) -> Result<Grant, Refusal> {
        assert!(question.permission() != "panic", "an authority");
        Ok(Grant::standing())
    }
}

/// Answers whatever it is asked, unless it panics.
#[derive(Debug, Deserialize)]
pub(crate) struct Answered {
    panics: bool,
    #[serde(skip)]
    _bomb: Bomb,
}

impl Serialize for Answered {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        assert!(!self.panics, "a reply");
        json!({ "panics": false }).serialize(serializer)
    }
}

fn answered(place: Place) -> Answered {
    let live = matches!(place, ReplyDrop | LaterReplyDrop);
    Answered { panics: matches!(place, InReply | InLateReply), _bomb: Bomb { live } }
}

#[derive(Serialize, Deserialize, Event)]
#[event("do", reply = Answered)]
struct Do {
    place: Place,
}

#[derive(Serialize, Deserialize, Event)]
#[event("do:later", reply = Answered)]
struct DoLater {
    place: Place,
}

/// An event that panics when it is dropped, unless it gets where it was to go.
#[derive(Serialize, Deserialize, Event)]
#[event("do:guarded", guard = Careful, reply = Answered)]
struct Guarded {
    place: Place,
    #[serde(skip, default = "bomb")]
    bomb: Bomb,
}

struct Careful;

impl Guard<Guarded> for Careful {
    type Identity = Guest;

    async fn check(cx: Checked<'_, Guarded, Guest>) -> Result<(), Refusal> {
        match cx.event().place {
            InGuard => panic!("a guard"),
            HeldGuard => {
                tokio::time::sleep(Duration::from_secs(1)).await;
                panic!("a guard, later")
            }
            HeldEventDrop => tokio::time::sleep(Duration::from_secs(1)).await,
            _ => {}
        }
        Err(Refusal::forbidden("it is not to be"))
    }
}

#[derive(Serialize, Deserialize, Event)]
#[event("do:permitted", permit = "panic")]
struct Permitted;

/// An event that cannot be sent.
#[derive(Event)]
#[event("unsendable")]
struct Unsendable {
    _text: String,
}

impl Serialize for Unsendable {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        panic!("an event that is emitted")
    }
}

struct Host {
    place: Place,
    _bomb: Bomb,
}

impl Session for Host {
    type Identity = Guest;
    type Events = (Do, Later<DoLater>, Guarded, Permitted);
    type Sends = (Unsendable,);

    fn connect(client: &Candidate<'_, Guest>) -> Result<Self, Refusal> {
        let place = client.identity().place;
        assert!(place != Connect, "connect");
        if place == Refused {
            return Err(Refusal::forbidden("it may not come"));
        }
        Ok(Self { place, _bomb: Bomb { live: place == State } })
    }

    fn connected(&mut self, _: &mut SessionContext<Self>) {
        assert!(self.place != Connected, "connected");
    }

    fn disconnected(&mut self, _: DisconnectReason, _: &mut SessionContext<Self>) {
        assert!(self.place != Disconnected, "disconnected");
    }
}

impl On<Do> for Host {
    fn on(&mut self, event: Do, cx: &mut SessionContext<Self>) -> Result<Answered, Refusal> {
        let place = event.place;
        match place {
            Handler => panic!("a handler"),
            Emit => cx.emit(&Unsendable { _text: String::new() }),
            InTimer => drop(cx.after(Duration::from_secs(1), |_, _| panic!("a timer"))),
            TimerDrop => {
                let bomb = bomb();
                let timer = cx.after(Duration::from_secs(1), move |_, _| drop(bomb));
                cx.cancel(timer);
            }
            TwoTimersDrop => {
                for bomb in [bomb(), bomb()] {
                    cx.after(Duration::from_secs(1_000), move |_, _| drop(bomb));
                }
            }
            InFuture => cx.spawn(async { panic!("a future") }, |_, (), _| {}),
            TwoFuturesDrop => {
                for bomb in [bomb(), bomb()] {
                    let never = async move {
                        let _bomb = bomb;
                        pending::<()>().await;
                    };
                    cx.spawn(never, |_, (), _| {});
                }
            }
            Then => cx.spawn(async { bomb() }, |_, bomb, _| drop(bomb)),
            _ => {}
        }
        Ok(answered(place))
    }
}

impl OnLater<DoLater> for Host {
    fn on_later(&mut self, event: DoLater, _: &mut SessionContext<Self>) -> Answer<Answered> {
        let place = event.place;
        assert!(place != LateHandler, "a handler that answers later");
        Answer::later(async move {
            match place {
                LaterFuture => panic!("an answer"),
                LaterDrop => {
                    let _bombs = bomb();
                    pending::<()>().await;
                }
                _ => {}
            }
            Ok(answered(place))
        })
    }
}

impl On<Guarded> for Host {
    fn on(
        &mut self,
        mut event: Guarded,
        _: &mut SessionContext<Self>,
    ) -> Result<Answered, Refusal> {
        event.bomb.live = false;
        Ok(answered(Nowhere))
    }
}

impl On<Permitted> for Host {
    fn on(&mut self, _: Permitted, _: &mut SessionContext<Self>) -> Result<(), Refusal> {
        Ok(())
    }
}

fn app() -> Salon {
    app_with(|builder| builder)
}

/// A Salon that is described, but for what one test wants of it.
type Known = salon::Builder<Identified<Guest>>;

fn app_with(more: impl FnOnce(Known) -> Known) -> Salon {
    let builder = Salon::builder()
        .authenticate(ByName)
        .authority(Clerk)
        .guard_events(|event| async move {
            assert!(event.name() != "middleware", "a check of a namespace's events");
            Ok(())
        })
        .on("middleware", |_, _| {})
        .session::<Host>()
        .room::<Hall>();
    more(builder).build().expect("the app is in order")
}

/// Longer than any answer takes.
const LONG: Duration = Duration::from_secs(100);

/// What came of it.
type Outcome = Result<(), Code>;

/// Where it panics, what the client is told, how many panics that is, and what the log names.
const OF_EVENTS: &[(Place, Outcome, u64, &str)] = &[
    (Nowhere, Ok(()), 0, ""),
    (Handler, Err(Code::Internal), 1, "what=do"),
    (LateHandler, Err(Code::Internal), 1, "what=do:later"),
    (LaterFuture, Err(Code::Internal), 1, "what=do:later"),
    (InReply, Err(Code::Internal), 1, "what=do"),
    (InLateReply, Err(Code::Internal), 1, "what=do:later"),
    (ReplyDrop, Err(Code::Internal), 1, "what=do"),
    (LaterReplyDrop, Err(Code::Internal), 1, "what=do:later"),
    (EventDrop, Err(Code::Forbidden), 1, "Guarded"),
    (HeldEventDrop, Err(Code::Forbidden), 1, "Guarded"),
    // The event is dropped as well.
    (InGuard, Err(Code::Internal), 2, "do:guarded"),
    (HeldGuard, Err(Code::Internal), 2, "do:guarded"),
    (Middleware, Err(Code::Internal), 1, "middleware"),
    (InAuthority, Err(Code::Internal), 1, "do:permitted"),
    (Emit, Err(Code::Internal), 1, "what=do"),
    (InTimer, Ok(()), 1, "a timer"),
    (TimerDrop, Ok(()), 1, ""),
    (InFuture, Ok(()), 1, "a session's future"),
    (Then, Ok(()), 1, "what a future brought"),
    // With the session.
    (LaterDrop, Err(Code::Timeout), 1, ""),
    (TwoTimersDrop, Ok(()), 2, ""),
    (TwoFuturesDrop, Ok(()), 2, ""),
];

#[salon::test]
async fn a_panic_about_an_event_is_its_senders_alone_and_counted_once() {
    for (place, outcome, panics, named) in OF_EVENTS {
        for wire in Wire::ALL {
            let lab = Lab::new(app()).await;
            let bystanders = Bystanders::come(&lab).await?;
            let client = lab.connect_over(wire, ()).await?;
            let place = *place;
            let answer = match place {
                LateHandler | LaterFuture | InLateReply | LaterReplyDrop | LaterDrop => {
                    let sent = client.send(DoLater { place });
                    lab.advance(LONG).await;
                    sent.await.map(drop)
                }
                EventDrop | HeldEventDrop | InGuard | HeldGuard => {
                    let sent = client.send(Guarded { place, bomb: Bomb::default() });
                    lab.advance(LONG).await;
                    sent.await.map(drop)
                }
                Middleware => client.call::<()>("middleware", ()).await.map(drop),
                InAuthority => client.send(Permitted).await.map(drop),
                _ => client.send(Do { place }).await.map(drop),
            };
            assert_eq!(answer.map_err(|refusal| refusal.code().clone()), *outcome, "{place:?}");
            lab.advance(Duration::from_secs(2)).await;
            bystanders.talk().await?;
            // The session goes on.
            client.send(Do { place: Nowhere }).await?;
            client.disconnect();
            lab.advance(Duration::from_secs(1)).await;
            bystanders.talk().await?;
            bystanders.go(&lab).await;
            counted(&lab, *panics, &[named]);
        }
    }
}

#[salon::test]
async fn a_panic_about_a_connection_is_its_own_alone_and_counted_once() {
    for (place, outcome, panics) in [
        (InAuthenticator, Err(Code::Internal), 1),
        (InLateAuthenticator, Err(Code::Internal), 1),
        (Connect, Err(Code::Internal), 1),
        (Refused, Err(Code::Forbidden), 1),
        (Connected, Ok(()), 1),
        (Disconnected, Ok(()), 1),
        (Identity, Ok(()), 1),
        (State, Ok(()), 1),
    ] {
        for wire in Wire::ALL {
            let lab = Lab::new(app()).await;
            let bystanders = Bystanders::come(&lab).await?;
            let visitor = lab.visitor().wire(wire).auth(Auth { place });
            match visitor.within(Duration::from_secs(2)).connect().await {
                Ok(client) => {
                    assert_eq!(Ok(()), outcome, "{place:?}");
                    client.send(Do { place: Nowhere }).await?;
                    client.send(crate::app::Enter { hall: 1 }).await?;
                    bystanders.talk().await?;
                    client.disconnect();
                }
                Err(ConnectError::Refused(refusal)) => {
                    assert_eq!(Err(refusal.code().clone()), outcome, "{place:?}");
                }
                Err(error) => panic!("{place:?}: {error}"),
            }
            lab.advance(Duration::from_secs(2)).await;
            bystanders.talk().await?;
            bystanders.go(&lab).await;
            counted(&lab, panics, &[]);
        }
    }
}

#[salon::test]
async fn an_identity_that_panics_when_dropped_silences_nobody_on_any_worker() {
    let lab = Lab::builder(app()).workers(2).start().await;
    let bystanders = Bystanders::come(&lab).await?;
    for round in 1..=8 {
        let client = lab.connect(Auth { place: Identity }).await?;
        client.send(crate::app::Enter { hall: 1 }).await?;
        let id = client.id().expect("it is connected");
        client.disconnect();
        lab.advance(Duration::from_secs(1)).await;
        bystanders.talk().await?;
        let other = lab.connect(()).await?;
        other.send(Do { place: Nowhere }).await?;
        other.disconnect();
        counted(&lab, round, &[&id]);
    }
    bystanders.go(&lab).await;
}

#[salon::test]
async fn a_panic_about_a_request_refuses_it_and_is_counted_once() {
    let armed = Arc::<AtomicBool>::default();
    let panics = |armed: &Arc<AtomicBool>, what: &'static str| {
        let armed = armed.clone();
        move || assert!(!armed.load(Ordering::Relaxed), "{what}")
    };
    let requests: [Box<dyn Fn(Known) -> Known>; 5] = [
        {
            let check = panics(&armed, "allow_request");
            Box::new(move |builder| {
                let check = check.clone();
                builder.allow_request(move |_| {
                    check();
                    async { Ok(salon::auth::Principal::anonymous()) }
                })
            })
        },
        {
            let check = panics(&armed, "affinity");
            Box::new(move |builder| {
                let check = check.clone();
                builder.affinity(move |_| {
                    check();
                    Some(1)
                })
            })
        },
        {
            let check = panics(&armed, "headers");
            Box::new(move |builder| {
                let check = check.clone();
                builder.headers(move |_| {
                    check();
                    Vec::new()
                })
            })
        },
        {
            let check = panics(&armed, "a namespace's predicate");
            Box::new(move |builder| {
                let check = check.clone();
                builder.namespace(Namespace::matching(move |_| {
                    check();
                    true
                }))
            })
        },
        {
            let check = panics(&armed, "a key's hash");
            Box::new(move |builder| {
                let check = check.clone();
                builder.affinity(move |_| Some(Hashed(check.clone())))
            })
        },
    ];
    for (index, hook) in requests.iter().enumerate() {
        let lab = Lab::new(app_with(hook)).await;
        let bystanders = Bystanders::come(&lab).await?;
        armed.store(true, Ordering::Relaxed);
        let namespace = if index == 3 { "/other" } else { "/" };
        let visitor = lab.visitor().namespace(namespace);
        let came = visitor.connect().await;
        armed.store(false, Ordering::Relaxed);
        // Headers are only left out.
        assert_eq!(came.is_ok(), index == 2, "{index}: {came:?}");
        let panics = lab.counters().get(salon::Count::HandlerPanics);
        assert!(panics >= 1);
        counted(&lab, panics, &[]);
        drop(came);
        bystanders.talk().await?;
        lab.connect(()).await?.send(Do { place: Nowhere }).await?;
    }
}

struct Hashed<F>(F);

impl<F: Fn()> std::hash::Hash for Hashed<F> {
    fn hash<H: std::hash::Hasher>(&self, _: &mut H) {
        (self.0)();
    }
}
