//! The app of the hostile tests of durable rooms: safes, which open, close and answer as they are told.
//!
//! It must never do more than that.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use salon::{
    History,
    prelude::*,
    store::Store,
    testing::{Client, Failure, Lab, Wire},
};
use salon_tests::guests::{Bars, ByName, Guest};

use crate::chat::come;

/// Joins; what is in it.
#[derive(Serialize, Deserialize, Event)]
#[event("safe:join", room = Safe(room), join, reply = u64, permit = "safe")]
pub(crate) struct Enter {
    pub(crate) room: String,
}

/// Joins, and is answered a second later.
#[derive(Serialize, Deserialize, Event)]
#[event("safe:join_later", room = Safe(room), join, reply = u64)]
pub(crate) struct EnterLater {
    pub(crate) room: String,
}

/// Puts something in; what is in it then.
#[derive(Clone, Serialize, Deserialize, Event)]
#[event("safe:put", room = Safe(room), reply = u64, once = id)]
pub(crate) struct Put {
    pub(crate) room: String,
    pub(crate) id: Option<String>,
    pub(crate) n: u64,
    pub(crate) then: Then,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Then {
    Nothing,
    Leave,
    KeepNothing,
    KeepNothingAndCrash,
    /// Is refused, with this in the refusal.
    Refuse(serde_json::Value),
}

/// What is in it a second later; how often that was looked for is counted.
#[derive(Clone, Serialize, Deserialize, Event)]
#[event("safe:wait", room = Safe(room), reply = u64, once = id)]
pub(crate) struct Wait {
    pub(crate) room: String,
    pub(crate) id: String,
}

#[derive(Debug, Serialize, Deserialize, Event)]
#[event("safe:holds")]
pub(crate) struct Holds {
    pub(crate) n: u64,
}

/// What a safe is to do, beside what it is asked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Orders {
    opening: Arc<Mutex<Opening>>,
    pub(crate) waits: Arc<AtomicU64>,
    pub(crate) keeps_at_the_end: Arc<AtomicU64>,
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Opening {
    #[default]
    Asks,
    /// It holds so much, and keeps that without having asked what there is.
    Keeps(u64),
    /// It has kept so much, and does not open.
    KeepsAndRefuses(u64),
    KeepsAndPanics(u64),
}

impl Orders {
    pub(crate) fn open(&self, opening: Opening) {
        *self.opening.lock().unwrap_or_else(PoisonError::into_inner) = opening;
    }
}

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Safe {
    holds: u64,
}

impl Room for Safe {
    const NAME: &'static str = "safe";
    const HISTORY: History = History::keep(50).durable();
    const LINGER: Duration = Duration::from_secs(5);
    type Key = String;
    type Identity = Guest;
    type Events = (Enter, Later<EnterLater>, Put, Later<Wait>);
    type Sends = (Holds,);

    fn open(_: &String, cx: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        let opening = *cx.data::<Orders>()?.opening.lock().unwrap_or_else(PoisonError::into_inner);
        let keep = |holds, cx: &RoomContext<Self>| {
            let safe = Self { holds };
            cx.keep(&safe).map(|()| safe)
        };
        match opening {
            Opening::Asks => Ok(cx.kept()?.unwrap_or_default()),
            Opening::Keeps(holds) => keep(holds, cx),
            Opening::KeepsAndRefuses(holds) => {
                keep(holds, cx)?;
                Err(Refusal::other("shut", "it does not open"))
            }
            Opening::KeepsAndPanics(holds) => {
                keep(holds, cx)?;
                panic!("a safe does not open")
            }
        }
    }

    fn closing(&mut self, cx: &mut RoomContext<Self>) {
        let Ok(orders) = cx.data::<Orders>() else { return };
        let more = orders.keeps_at_the_end.load(Ordering::Relaxed);
        if more > 0 {
            self.holds += more;
            let _ = cx.keep(self);
        }
    }
}

impl salon::Listing for Safe {
    /// What it holds.
    type Entry = u64;
}

impl On<Enter> for Safe {
    fn on(&mut self, _: Enter, _: &mut EventContext<'_, Self>) -> Result<u64, Refusal> {
        Ok(self.holds)
    }
}

impl OnLater<EnterLater> for Safe {
    fn on_later(&mut self, _: EnterLater, cx: &mut EventContext<'_, Self>) -> Answer<u64> {
        let second = tokio::time::sleep(Duration::from_secs(1));
        Answer::then(cx, second, |safe, (), _| Ok(safe.holds))
    }
}

impl On<Put> for Safe {
    fn on(&mut self, put: Put, cx: &mut EventContext<'_, Self>) -> Result<u64, Refusal> {
        let holds = self.put(put.n, cx)?;
        match put.then {
            Then::Nothing => {}
            Then::Leave => cx.leave(cx.sender()),
            Then::KeepNothing => cx.keep_nothing(),
            Then::KeepNothingAndCrash => {
                cx.keep_nothing();
                panic!("a safe crashes")
            }
            Then::Refuse(data) => return Err(Refusal::other("no", "as told").with_data(data)),
        }
        Ok(holds)
    }
}

impl OnLater<Wait> for Safe {
    fn on_later(&mut self, _: Wait, cx: &mut EventContext<'_, Self>) -> Answer<u64> {
        if let Ok(orders) = cx.data::<Orders>() {
            orders.waits.fetch_add(1, Ordering::Relaxed);
        }
        let holds = self.holds;
        Answer::later(async move {
            tokio::time::sleep(Duration::from_secs(1)).await;
            Ok(holds)
        })
    }
}

/// From outside: so much is put in.
impl Reply<u64> for Safe {
    type Output = u64;

    fn reply(&mut self, n: u64, cx: &mut RoomContext<Self>) -> u64 {
        self.put(n, cx).unwrap_or_default()
    }
}

impl Safe {
    fn put(&mut self, n: u64, cx: &mut RoomContext<Self>) -> Result<u64, Refusal> {
        self.holds += n;
        cx.keep(self)?;
        cx.list(self.holds);
        cx.broadcast(&Holds { n: self.holds });
        Ok(self.holds)
    }
}

/// A Salon with safes, kept there.
pub(crate) async fn lab(seed: u64, store: impl Store, orders: &Orders) -> Result<Lab, Failure> {
    let salon = Salon::builder()
        .authenticate(ByName::default())
        .authority(Bars::default())
        .data(orders.clone())
        .store(store)
        .limits(|limits| (limits.max_outbox_frames, limits.max_uncommitted) = (12, 8))
        .room::<Safe>()
        .build()?;
    Ok(Lab::builder(salon).workers(3).seed(seed).window(512).start().await)
}

pub(crate) fn put(n: u64) -> Put {
    Put { room: "a".into(), id: None, n, then: Then::Nothing }
}

pub(crate) fn enter() -> Enter {
    Enter { room: "a".into() }
}

/// Somebody of that name, in the safe, and what it holds.
pub(crate) async fn entered(lab: &Lab, wire: Wire, name: &str) -> Result<(Client, u64), Failure> {
    let client = come(lab, wire, name).await?;
    let holds = client.send(enter()).await?;
    Ok((client, holds))
}

/// What the safe has said that it holds, of what came.
pub(crate) async fn held(client: &Client) -> Vec<u64> {
    let events = client.events().await;
    let held = events.iter().filter(|event| event.name == "safe:holds");
    held.filter_map(|event| event.json()[0]["n"].as_u64()).collect()
}
