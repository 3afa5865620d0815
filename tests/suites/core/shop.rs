//! The app of the tests of what is handled once: a shop, and a till that each session has. Each answer
//! is the number of the run that gave it.

use std::{
    borrow::Cow,
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use salon::{
    Code, Salon,
    auth::Identified,
    event::EventKey,
    prelude::*,
    testing::{Client, ConnectError, Lab},
};
use salon_tests::guests::{ByName, Guest, guest};

/// How long what takes time takes here.
pub(crate) const SLOW: Duration = Duration::from_secs(1);

/// How long what is late takes: more than a handler has, and less than its future.
pub(crate) const LATE: Duration = Duration::from_secs(45);

/// What all handlers have done together, and whether they may.
#[derive(Clone, Default)]
pub(crate) struct Runs {
    count: Arc<AtomicU64>,
    /// The ways in which a run has ended.
    ways: Arc<Mutex<BTreeSet<String>>>,
    /// Whether nothing may be ordered.
    pub(crate) shut: Arc<AtomicBool>,
}

impl Runs {
    /// How many handlers have run.
    pub(crate) fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    fn next(&self) -> u64 {
        self.count.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn is_first(&self, way: &str) -> bool {
        self.ways.lock().expect("nothing panics under it").insert(way.to_owned())
    }

    /// What a run is answered that ends in that way.
    fn answer(&self, way: &str) -> Result<u64, Refusal> {
        let (run, is_first) = (self.next(), self.is_first(way));
        match way {
            "refused" => Err(Refusal::other("sold_out", format!("run {run}"))),
            "broken first" if is_first => Err(Refusal::internal("the till is broken")),
            "busy first" if is_first => Err(Refusal::new(Code::RateLimited, "ask the bank later")),
            "panics first" if is_first => panic!("a panic in the first run"),
            _ => Ok(run),
        }
    }

    /// The same, after a while.
    async fn answer_later(self, way: String) -> Result<u64, Refusal> {
        match way.as_str() {
            "hangs first" if self.is_first(&way) => {
                self.next();
                std::future::pending::<()>().await;
            }
            "is late first" if self.is_first(&way) => tokio::time::sleep(LATE).await,
            _ => tokio::time::sleep(SLOW).await,
        }
        self.answer(&way)
    }
}

#[derive(Serialize, Deserialize, Event)]
#[event("shop:enter", room = Shop(shop), join, once = id, reply = u64)]
pub(crate) struct Enter {
    pub(crate) shop: u32,
    pub(crate) id: Option<String>,
}

#[derive(Clone, Serialize, Deserialize, Event)]
#[event("shop:order", room = Shop(shop), once = id, guard = IsOpen, reply = u64)]
pub(crate) struct Order {
    pub(crate) shop: u32,
    pub(crate) id: Option<String>,
    pub(crate) way: String,
}

/// As [`Order`], and it takes time.
#[derive(Clone, Serialize, Deserialize, Event)]
#[event("shop:wrap", room = Shop(shop), once = id, reply = u64)]
pub(crate) struct Wrap {
    pub(crate) shop: u32,
    pub(crate) id: String,
    pub(crate) way: String,
}

/// Without a key of its own.
#[derive(Serialize, Deserialize, Event)]
#[event("shop:look", room = Shop(shop), anyone, reply = u64)]
pub(crate) struct Look {
    pub(crate) shop: u32,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, Event)]
#[event("shop:ordered")]
pub(crate) struct Ordered {
    pub(crate) run: u64,
}

/// Of the session.
#[derive(Clone, Serialize, Deserialize, Event)]
#[event("pay", once = id, reply = u64)]
pub(crate) struct Pay {
    pub(crate) id: u64,
    pub(crate) way: String,
}

/// As [`Pay`], and it takes time.
#[derive(Clone, Serialize, Deserialize, Event)]
#[event("transfer", once = 0, reply = u64)]
pub(crate) struct Transfer(pub(crate) u64, pub(crate) String);

/// Its reply is as long as is asked for.
#[derive(Clone, Serialize, Deserialize, Event)]
#[event("print", once = 0, reply = String)]
pub(crate) struct Print(pub(crate) u64, pub(crate) usize);

/// Its key panics.
#[derive(Serialize, Deserialize, Event)]
#[event("odd", once = 0, reply = u64)]
pub(crate) struct Odd(pub(crate) Unkeyable);

#[derive(Serialize, Deserialize)]
pub(crate) struct Unkeyable;

impl EventKey for Unkeyable {
    fn key(&self) -> Option<Cow<'_, str>> {
        panic!("a panic in a key");
    }
}

pub(crate) struct IsOpen;

impl Guard<Order> for IsOpen {
    type Identity = Guest;

    async fn check(cx: Checked<'_, Order, Guest>) -> Result<(), Refusal> {
        match cx.data::<Runs>()?.shut.load(Ordering::Relaxed) {
            true => Err(Refusal::other("shut", "the shop is shut")),
            false => Ok(()),
        }
    }
}

pub(crate) struct Shop(Runs);

impl Room for Shop {
    const NAME: &'static str = "shop";
    type Key = u32;
    type Identity = Guest;
    type Events = (Enter, Order, Later<Wrap>, Look);
    type Sends = (Ordered,);

    fn open(_: &u32, cx: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        Ok(Self(cx.data::<Runs>()?.clone()))
    }
}

impl On<Enter> for Shop {
    fn on(&mut self, _: Enter, _: &mut EventContext<'_, Self>) -> Result<u64, Refusal> {
        Ok(self.0.next())
    }
}

impl On<Order> for Shop {
    fn on(&mut self, order: Order, cx: &mut EventContext<'_, Self>) -> Result<u64, Refusal> {
        let run = self.0.answer(&order.way)?;
        cx.broadcast(&Ordered { run });
        Ok(run)
    }
}

impl OnLater<Wrap> for Shop {
    fn on_later(&mut self, wrap: Wrap, cx: &mut EventContext<'_, Self>) -> Answer<u64> {
        let answer = self.0.clone().answer_later(wrap.way.clone());
        match wrap.way.as_str() {
            "told" => Answer::then(cx, answer, |_, run, cx| {
                let run = run?;
                cx.broadcast(&Ordered { run });
                Ok(run)
            }),
            _ => Answer::later(answer),
        }
    }
}

impl On<Look> for Shop {
    fn on(&mut self, _: Look, _: &mut EventContext<'_, Self>) -> Result<u64, Refusal> {
        Ok(self.0.next())
    }
}

pub(crate) struct Till(Runs);

impl Session for Till {
    type Identity = Guest;
    type Events = (Pay, Later<Transfer>, Print, Odd);
    type Sends = ();

    fn connect(client: &Candidate<'_, Guest>) -> Result<Self, Refusal> {
        Ok(Self(client.data::<Runs>()?.clone()))
    }
}

impl On<Pay> for Till {
    fn on(&mut self, pay: Pay, _: &mut SessionContext<Self>) -> Result<u64, Refusal> {
        self.0.answer(&pay.way)
    }
}

impl OnLater<Transfer> for Till {
    fn on_later(&mut self, event: Transfer, cx: &mut SessionContext<Self>) -> Answer<u64> {
        let is_told = event.1 == "told";
        let answer = self.0.clone().answer_later(event.1);
        if is_told { Answer::then(cx, answer, |_, run, _| run) } else { Answer::later(answer) }
    }
}

impl On<Print> for Till {
    fn on(&mut self, print: Print, _: &mut SessionContext<Self>) -> Result<String, Refusal> {
        let run = self.0.next();
        Ok(format!("{run} {}", "x".repeat(print.1)))
    }
}

impl On<Odd> for Till {
    fn on(&mut self, _: Odd, _: &mut SessionContext<Self>) -> Result<u64, Refusal> {
        Ok(self.0.next())
    }
}

/// A Salon that is described, but for what one test wants of it.
pub(crate) type Known = salon::Builder<Identified<Guest>>;

/// A lab with a shop, and what is done in it.
pub(crate) async fn shop(change: impl FnOnce(Known) -> Known) -> (Lab, Runs) {
    shop_in_order_of(1, change).await
}

/// The same, whose workers take turns as a seed says.
pub(crate) async fn shop_in_order_of(
    seed: u64,
    change: impl FnOnce(Known) -> Known,
) -> (Lab, Runs) {
    let runs = Runs::default();
    let builder = Salon::builder()
        .authenticate(ByName::default())
        .data(runs.clone())
        .session::<Till>()
        .room::<Shop>();
    let salon = change(builder).build().expect("the parts fit");
    (Lab::builder(salon).workers(2).seed(seed).start().await, runs)
}

/// A guest of that name; without one it is nobody in particular.
pub(crate) async fn come(lab: &Lab, name: &str) -> Result<Client, ConnectError> {
    lab.visitor().name(name).auth(guest(name)).connect().await
}

/// As [`come`], on that worker.
pub(crate) async fn come_to(lab: &Lab, worker: usize, name: &str) -> Result<Client, ConnectError> {
    lab.visitor().worker(worker).name(name).auth(guest(name)).connect().await
}

/// How often something was ordered, as a client has heard since it was asked last.
pub(crate) async fn ordered(client: &Client) -> usize {
    client.events().await.iter().filter(|event| event.name == "shop:ordered").count()
}

/// Without a key.
pub(crate) fn enter() -> Enter {
    Enter { shop: 1, id: None }
}

pub(crate) fn order(id: &str) -> Order {
    order_so(id, "well")
}

pub(crate) fn order_so(id: &str, way: &str) -> Order {
    Order { shop: 1, id: Some(id.to_owned()), way: way.to_owned() }
}

pub(crate) fn wrap(id: &str, way: &str) -> Wrap {
    Wrap { shop: 1, id: id.to_owned(), way: way.to_owned() }
}

/// Without a key of its own.
pub(crate) fn look() -> Look {
    Look { shop: 1 }
}

pub(crate) fn pay(id: u64) -> Pay {
    pay_so(id, "well")
}

pub(crate) fn pay_so(id: u64, way: &str) -> Pay {
    Pay { id, way: way.to_owned() }
}

pub(crate) fn transfer(id: u64, way: &str) -> Transfer {
    Transfer(id, way.to_owned())
}
