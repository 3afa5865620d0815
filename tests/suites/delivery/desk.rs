//! The app of acknowledgements: desks, which tell what was filled until that is acknowledged.
//!
//! It must never say anything that its test does not ask for.

use std::time::Duration;

use salon::{
    Builder, History,
    auth::Identified,
    prelude::*,
    store::{MemoryStore, Store},
    testing::{Client, Failure, Lab, Sent, Wire},
};
use salon_tests::guests::{ByName, Guest};

use crate::chat::{KEPT, Said, come};

/// In how long a client acknowledges.
pub(crate) const SPAN: Duration = Duration::from_secs(10);

/// What is to be acknowledged.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize, Event)]
#[event("order:filled", acked = "10s")]
pub(crate) struct Filled {
    pub(crate) n: u64,
}

/// Which of the rooms: one that keeps what it says, or one that has a store, and a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Desk,
    Safe,
}

impl Kind {
    pub(crate) const ALL: [Self; 2] = [Self::Desk, Self::Safe];
}

/// Who is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum To {
    All,
    Others,
    /// Nobody: the room panics.
    Crash,
}

macro_rules! desk {
    ($room:ident, $enter:ident $enters:literal, $fill:ident $fills:literal, $history:expr, $window:expr) => {
        #[derive(Serialize, Deserialize, Event)]
        #[event($enters, room = $room(room), join, reply = bool)]
        struct $enter {
            room: String,
        }

        /// Has something filled, each with the number that it gets, and something said behind it.
        #[derive(Serialize, Deserialize, Event)]
        #[event($fills, room = $room(room), anyone)]
        struct $fill {
            room: String,
            count: u64,
            says: u64,
            to: To,
        }

        #[derive(Default)]
        struct $room;

        #[salon::room(key = String, identity = Guest, sends = (Filled, Said), history = $history, window = $window, linger = LINGER)]
        impl $room {
            #[on]
            fn enter(&mut self, _: $enter, cx: &mut EventContext<'_, Self>) -> bool {
                cx.resumed()
            }

            #[on]
            fn fill(&mut self, fill: $fill, cx: &mut EventContext<'_, Self>) {
                for _ in 0..fill.count {
                    let filled = Filled { n: next(cx) };
                    match fill.to {
                        To::All => cx.broadcast(&filled),
                        To::Others => cx.except(cx.sender()).emit(&filled),
                        To::Crash => panic!("a desk crashes"),
                    }
                }
                (0..fill.says).for_each(|_| cx.broadcast(&Said { text: next(cx).to_string() }));
            }
        }
    };
}

const LINGER: Duration = Duration::from_secs(600);
const WINDOW: Duration = Duration::from_millis(20);

desk!(Desk, EnterDesk "desk:enter", FillDesk "desk:fill", History::keep(KEPT), Duration::ZERO);
desk!(Safe, EnterSafe "safe:enter", FillSafe "safe:fill", History::keep(KEPT).durable(), WINDOW);

fn next<R: Room>(cx: &RoomContext<R>) -> u64 {
    match cx.position().expect("it is numbered").at {
        salon::At::Seq(number) | salon::At::After(number) => number + 1,
    }
}

pub(crate) fn app() -> Builder<Identified<Guest>> {
    app_with(MemoryStore::new())
}

/// Whose safes are in that store.
pub(crate) fn app_with(store: impl Store) -> Builder<Identified<Guest>> {
    let builder = Salon::builder().authenticate(ByName::default()).store(store);
    builder.room::<Desk>().room::<Safe>()
}

pub(crate) async fn lab(
    seed: u64,
    limits: impl FnOnce(&mut salon::config::Limits),
) -> Result<Lab, Failure> {
    let salon = app().limits(limits).build()?;
    Ok(Lab::builder(salon).workers(3).seed(seed).window(1024).start().await)
}

pub(crate) fn enter(client: &Client, kind: Kind) -> Sent<bool> {
    let room = "a".into();
    match kind {
        Kind::Desk => client.send(EnterDesk { room }),
        Kind::Safe => client.send(EnterSafe { room }),
    }
}

/// One who has entered.
pub(crate) async fn member(
    lab: &Lab,
    wire: Wire,
    kind: Kind,
    name: &str,
) -> Result<Client, Failure> {
    let client = come(lab, wire, name).await?;
    enter(&client, kind).await?;
    Ok(client)
}

/// Has so many filled, and so much said; what comes of it has arrived then.
pub(crate) async fn fill(lab: &Lab, by: &Client, kind: Kind, (count, says): (u64, u64), to: To) {
    let room = "a".into();
    match kind {
        Kind::Desk => by.emit(FillDesk { room, count, says, to }),
        Kind::Safe => by.emit(FillSafe { room, count, says, to }),
    }
    lab.settle().await;
    lab.advance(WINDOW).await;
}

/// What was filled, of what came and was not asked for; nothing of it is acknowledged.
pub(crate) async fn filled(client: &Client) -> Vec<u64> {
    let events = client.events().await;
    let filled = events.iter().filter(|event| event.name == "order:filled");
    filled.filter_map(|event| event.json()[0]["n"].as_u64()).collect()
}

/// The next that was filled is this one, and acknowledged if it is to be.
pub(crate) async fn take(client: &Client, n: u64, acknowledges: bool) {
    let question = client.expect_question::<Filled>().await;
    assert_eq!(question.event.n, n);
    if acknowledges {
        question.answer(&());
    }
}
