//! The app of these tests: ledgers, which are kept beyond their rooms, and a store that does what it is
//! told.
//!
//! It must never say anything that its test does not ask for.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use salon::{
    At, BuildError, History, Past,
    prelude::*,
    store::{Batch, MemoryStore, RoomName, Store, StoreError, StoreFuture, Stored},
    testing::{Client, Failure, Lab, Wire},
};
use salon_tests::guests::{ByName, Guest};
use serde_json::Value;
use tokio::sync::oneshot;

use crate::chat::come;

pub(crate) const KEPT: usize = 50;

/// Joins; what has been added up, and whether nothing was missed.
#[derive(Serialize, Deserialize, Event)]
#[event("ledger:join", room = Ledger(room), join, reply = Joined)]
pub(crate) struct Join {
    pub(crate) room: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Joined {
    pub(crate) total: u64,
    pub(crate) resumed: bool,
}

/// Adds something; what it comes to.
#[derive(Clone, Serialize, Deserialize, Event)]
#[event("ledger:add", room = Ledger(room), reply = u64, once = id)]
pub(crate) struct Add {
    pub(crate) room: String,
    pub(crate) id: Option<String>,
    pub(crate) n: u64,
    pub(crate) then: Then,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Then {
    Nothing,
    Crash,
    Leave,
    /// The one who left out is the sender.
    LeaveOut,
    Close,
    KeepNothing,
}

/// What has been added up; nothing is changed by it.
#[derive(Serialize, Deserialize, Event)]
#[event("ledger:total", room = Ledger(room), reply = u64)]
pub(crate) struct Total {
    pub(crate) room: String,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize, Event)]
#[event("ledger:added")]
pub(crate) struct Added {
    pub(crate) n: u64,
    pub(crate) total: u64,
}

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Ledger {
    total: u64,
}

#[salon::room(
    key = String,
    identity = Guest,
    sends = (Added,),
    history = History::keep(KEPT).durable(),
    linger = Duration::from_secs(5)
)]
impl Ledger {
    #[hook]
    fn open(_: &String, cx: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        Ok(cx.kept()?.unwrap_or_default())
    }

    #[on]
    fn join(&mut self, _: Join, cx: &mut EventContext<'_, Self>) -> Joined {
        Joined { total: self.total, resumed: cx.resumed() }
    }

    #[on]
    fn add(&mut self, add: Add, cx: &mut EventContext<'_, Self>) -> Result<u64, Refusal> {
        self.total += add.n;
        cx.keep(self)?;
        let added = Added { n: add.n, total: self.total };
        match add.then {
            Then::LeaveOut => cx.except(cx.sender()).emit(&added),
            _ => cx.broadcast(&added),
        }
        match add.then {
            Then::Crash => panic!("a ledger crashes"),
            Then::Leave => cx.leave(cx.sender()),
            Then::Close => cx.close(),
            Then::KeepNothing => cx.keep_nothing(),
            Then::Nothing | Then::LeaveOut => {}
        }
        Ok(self.total)
    }

    #[on]
    fn total(&mut self, _: Total) -> u64 {
        self.total
    }
}

/// A diary shows nobody what was written before it came.
#[derive(Serialize, Deserialize, Event)]
#[event("diary:join", room = Diary(room), join, reply = bool)]
pub(crate) struct Open {
    pub(crate) room: String,
}

#[derive(Serialize, Deserialize, Event)]
#[event("diary:write", room = Diary(room))]
pub(crate) struct Write {
    pub(crate) room: String,
    pub(crate) n: u64,
}

#[derive(Default)]
pub(crate) struct Diary;

#[salon::room(
    key = String,
    identity = Guest,
    sends = (Added,),
    history = History::keep(KEPT).age(Duration::from_secs(60)).visible(Past::SinceJoined).durable(),
    linger = Duration::from_secs(5)
)]
impl Diary {
    #[on]
    fn join(&mut self, _: Open, cx: &mut EventContext<'_, Self>) -> bool {
        cx.resumed()
    }

    #[on]
    fn write(&mut self, write: Write, cx: &mut EventContext<'_, Self>) {
        cx.broadcast(&Added { n: write.n, total: 0 });
    }
}

/// A Salon with these rooms, kept there.
pub(crate) fn app(store: impl Store) -> Result<Salon, BuildError> {
    let builder = Salon::builder().authenticate(ByName::default()).store(store);
    builder.room::<Ledger>().room::<Diary>().build()
}

pub(crate) async fn lab(seed: u64, store: impl Store) -> Result<Lab, Failure> {
    Ok(Lab::builder(app(store)?).workers(3).seed(seed).window(512).start().await)
}

pub(crate) fn add(n: u64) -> Add {
    Add { room: "a".into(), id: None, n, then: Then::Nothing }
}

pub(crate) async fn join(client: &Client) -> Result<Joined, Failure> {
    Ok(client.send(Join { room: "a".into() }).await?)
}

/// Somebody of that name, in the ledger.
pub(crate) async fn joined(lab: &Lab, wire: Wire, name: &str) -> Result<Client, Failure> {
    let client = come(lab, wire, name).await?;
    join(&client).await?;
    Ok(client)
}

/// What came of the ledger, with the numbers.
pub(crate) async fn added(client: &Client) -> Vec<(u64, u64)> {
    let events = client.events().await;
    let added = events.iter().filter(|event| event.name == "ledger:added").filter_map(|event| {
        let At::Seq(seq) = event.position.as_ref()?.at else { return None };
        Some((seq, event.json()[0]["n"].as_u64()?))
    });
    added.collect()
}

/// What the next `salon:joined` says.
pub(crate) async fn told(client: &Client) -> Value {
    client.expect_named("salon:joined").await.json()[0].clone()
}

/// A store in memory whose commits wait for the test, or fail.
#[derive(Clone, Debug, Default)]
pub(crate) struct ToldStore {
    pub(crate) memory: MemoryStore,
    orders: Arc<Mutex<Orders>>,
}

#[derive(Debug, Default)]
struct Orders {
    /// Whether commits wait.
    is_slow: bool,
    waiting: VecDeque<oneshot::Sender<()>>,
    /// After how many more the next fails.
    fails_after: Option<u32>,
    /// Whether what fails is kept all the same.
    keeps_what_fails: bool,
    /// Rooms are not to be given batches before they are opened again.
    failed: bool,
    /// How many were appended.
    pub(crate) appended: usize,
    /// How often a room was opened.
    opened: usize,
}

impl ToldStore {
    fn orders(&self) -> MutexGuard<'_, Orders> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From here on commits wait, or no more.
    pub(crate) fn slow(&self, is_slow: bool) {
        let mut orders = self.orders();
        orders.is_slow = is_slow;
        if !is_slow {
            for waiting in orders.waiting.drain(..) {
                let _ = waiting.send(());
            }
        }
    }

    /// One commit that waits is done.
    pub(crate) fn commit_one(&self) {
        let waiting = self.orders().waiting.pop_front();
        let _ = waiting.expect("a commit waits").send(());
    }

    /// The one that came last of those that wait.
    pub(crate) fn commit_last(&self) {
        let waiting = self.orders().waiting.pop_back();
        let _ = waiting.expect("a commit waits").send(());
    }

    pub(crate) fn waiting(&self) -> usize {
        self.orders().waiting.len()
    }

    /// Behind so many more a commit fails; what it was to keep may be kept all the same.
    pub(crate) fn fail_after(&self, commits: u32, keeps_what_fails: bool) {
        let mut orders = self.orders();
        orders.fails_after = Some(commits);
        orders.keeps_what_fails = keeps_what_fails;
    }

    pub(crate) fn opened(&self) -> usize {
        self.orders().opened
    }

    pub(crate) fn appended(&self) -> usize {
        self.orders().appended
    }
}

impl Store for ToldStore {
    fn open(&self, room: &RoomName) -> StoreFuture<Option<Stored>> {
        let mut orders = self.orders();
        orders.failed = false;
        orders.opened += 1;
        self.memory.open(room)
    }

    fn append(&self, room: &RoomName, batch: Batch) -> StoreFuture<()> {
        let mut orders = self.orders();
        let fails = match &mut orders.fails_after {
            Some(0) => {
                orders.fails_after = None;
                true
            }
            Some(more) => {
                *more -= 1;
                false
            }
            None => false,
        };
        if orders.failed {
            return Box::pin(async {
                Err(StoreError::failed("what comes behind a failure", "no"))
            });
        }
        let kept = (!fails || orders.keeps_what_fails).then(|| self.memory.append(room, batch));
        orders.appended += usize::from(!fails);
        orders.failed = fails;
        let waits = orders.is_slow.then(|| {
            let (done, waits) = oneshot::channel();
            orders.waiting.push_back(done);
            waits
        });
        Box::pin(async move {
            if let Some(waits) = waits {
                let _ = waits.await;
            }
            if fails {
                return Err(StoreError::failed("a commit", "the disk is full"));
            }
            match kept {
                Some(kept) => kept.await,
                None => Ok(()),
            }
        })
    }

    fn remove(&self, room: &RoomName) -> StoreFuture<()> {
        self.memory.remove(room)
    }

    fn close(&self) -> StoreFuture<()> {
        self.memory.close()
    }
}
