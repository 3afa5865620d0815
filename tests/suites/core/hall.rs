//! The app of the tests of what a room had before: a hall that is left, closed and opened again.
//!
//! It must never keep anything outside of its state but how often it was opened.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use salon::{Position, prelude::*};

pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// Enters a hall, and says where in its order.
#[derive(Serialize, Deserialize, Event)]
#[event("hall:enter", room = Hall(hall), join, reply = Option<Position>)]
pub(crate) struct Enter {
    pub(crate) hall: u32,
}

/// Enters a hall, and is let in after so many seconds, or not.
#[derive(Serialize, Deserialize, Event)]
#[event("hall:ring", room = Hall(hall), join)]
pub(crate) struct RingTheBell {
    pub(crate) hall: u32,
    pub(crate) seconds: u32,
    pub(crate) is_welcome: bool,
}

/// What a hall does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Deed {
    Publish,
    PublishVolatile,
    PublishToOthers,
    PublishToSelf,
    /// Something that has no JSON form.
    PublishNothing,
    /// Strikes two seconds from now, by a timer.
    Timer,
    /// Strikes each second.
    Ticks,
    /// Strikes two seconds from now, by a future.
    Future,
    /// Panics two seconds from now, in a future.
    BadFuture,
    Leave,
    Panic,
    Close,
    /// From now on its code sends it a message while it closes.
    ClingOn,
}

#[derive(Serialize, Deserialize, Event)]
#[event("hall:do", room = Hall(hall), reply = Option<Position>)]
pub(crate) struct Do {
    pub(crate) hall: u32,
    pub(crate) deed: Deed,
}

/// Answers after so many seconds with how often the hall had been opened when it was asked.
#[derive(Serialize, Deserialize, Event)]
#[event("hall:think", room = Hall(hall), reply = u32)]
pub(crate) struct Think {
    pub(crate) hall: u32,
    pub(crate) seconds: u32,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, Event)]
#[event("hall:published")]
pub(crate) struct Published;

#[derive(Debug, PartialEq, Serialize, Deserialize, Event)]
#[event("hall:flickered", volatile)]
pub(crate) struct Flickered;

/// Has no JSON form.
#[derive(Event)]
#[event("hall:nothing")]
pub(crate) struct Nothing {
    _it: (),
}

impl Serialize for Nothing {
    fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("there is nothing to say"))
    }
}

/// The bell struck: of which state of the hall, the first, the second, and so on, and in which.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Event)]
#[event("hall:struck")]
pub(crate) struct Struck {
    pub(crate) of: u32,
    pub(crate) within: u32,
}

/// A message: the bell strikes that a state has asked for.
#[derive(Clone, Copy)]
struct Strike {
    of: u32,
}

/// A message: does something.
pub(crate) struct Have(pub(crate) Deed);

/// A message: which state of the hall it is, and where its order is.
pub(crate) struct Look;

/// How often any hall was opened.
#[derive(Clone, Default)]
pub(crate) struct Openings(pub(crate) Arc<AtomicU32>);

/// One hall, in one of its states.
pub(crate) struct Hall {
    state: u32,
    clings_on: bool,
}

impl Room for Hall {
    const NAME: &'static str = "hall";
    const LINGER: Duration = Duration::from_secs(10);
    type Key = u32;
    type Identity = ();
    type Events = (Enter, Later<RingTheBell>, Do, Later<Think>);
    type Sends = (Flickered, Nothing, Published, Struck);

    fn open(_: &u32, cx: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        let opened = cx.data::<Openings>()?.0.fetch_add(1, Ordering::SeqCst);
        Ok(Self { state: opened + 1, clings_on: false })
    }

    fn closing(&mut self, cx: &mut RoomContext<Self>) {
        if self.clings_on {
            cx.tell_after(SECOND, Strike { of: self.state });
            cx.tell_when(std::future::ready(Strike { of: self.state }));
            cx.room::<Self>(cx.key()).open_and_tell(Have(Deed::Publish)).expect("it is open still");
        }
    }
}

async fn bad_strike() -> Strike {
    tokio::time::sleep(2 * SECOND).await;
    panic!("a panic in a future")
}

impl Hall {
    fn has(&mut self, deed: Deed, cx: &mut RoomContext<Self>) {
        let strike = Strike { of: self.state };
        match deed {
            Deed::Publish => cx.broadcast(&Published),
            Deed::PublishVolatile => cx.broadcast(&Flickered),
            Deed::PublishNothing => cx.broadcast(&Nothing { _it: () }),
            Deed::Timer => drop(cx.tell_after(2 * SECOND, strike)),
            Deed::Ticks => drop(cx.tell_every(SECOND, strike)),
            Deed::Future => cx.tell_when(async move {
                tokio::time::sleep(2 * SECOND).await;
                strike
            }),
            Deed::BadFuture => cx.tell_when(bad_strike()),
            Deed::Panic => panic!("a panic in a handler"),
            Deed::Close => cx.close(),
            Deed::ClingOn => self.clings_on = true,
            Deed::PublishToOthers | Deed::PublishToSelf | Deed::Leave => panic!("nobody sent it"),
        }
    }
}

impl On<Enter> for Hall {
    fn on(
        &mut self,
        _: Enter,
        cx: &mut EventContext<'_, Self>,
    ) -> Result<Option<Position>, Refusal> {
        Ok(cx.position())
    }
}

impl OnLater<RingTheBell> for Hall {
    fn on_later(&mut self, event: RingTheBell, _: &mut EventContext<'_, Self>) -> Answer<()> {
        Answer::later(async move {
            tokio::time::sleep(event.seconds * SECOND).await;
            if event.is_welcome { Ok(()) } else { Err(Refusal::forbidden("nobody is at home")) }
        })
    }
}

impl On<Do> for Hall {
    fn on(
        &mut self,
        event: Do,
        cx: &mut EventContext<'_, Self>,
    ) -> Result<Option<Position>, Refusal> {
        match event.deed {
            Deed::PublishToOthers => cx.except(cx.sender()).emit(&Published),
            Deed::PublishToSelf => cx.to(cx.sender()).emit(&Published),
            Deed::Leave => cx.leave(cx.sender()),
            deed => self.has(deed, cx),
        }
        Ok(cx.position())
    }
}

impl OnLater<Think> for Hall {
    fn on_later(&mut self, event: Think, _: &mut EventContext<'_, Self>) -> Answer<u32> {
        let state = self.state;
        Answer::later(async move {
            tokio::time::sleep(event.seconds * SECOND).await;
            Ok(state)
        })
    }
}

impl Receive<Strike> for Hall {
    fn receive(&mut self, Strike { of }: Strike, cx: &mut RoomContext<Self>) {
        cx.broadcast(&Struck { of, within: self.state });
    }
}

impl Receive<Have> for Hall {
    fn receive(&mut self, Have(deed): Have, cx: &mut RoomContext<Self>) {
        self.has(deed, cx);
    }
}

impl Reply<Look> for Hall {
    type Output = (u32, Option<Position>);

    fn reply(&mut self, _: Look, cx: &mut RoomContext<Self>) -> (u32, Option<Position>) {
        (self.state, cx.position())
    }
}

pub(crate) fn have(deed: Deed) -> Do {
    Do { hall: 1, deed }
}

pub(crate) fn halls() -> Salon {
    Salon::builder().data(Openings::default()).room::<Hall>().build().expect("the parts fit")
}
