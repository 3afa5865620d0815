//! Rooms and sessions that are written as impl blocks: what their handlers return is what clients
//! get, and their hooks are called.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use salon::{prelude::*, testing::Lab};

const SECOND: Duration = Duration::from_secs(1);

#[derive(Serialize, Deserialize, Event)]
#[event("mill:enter", room = Mill(mill), join, reply = usize)]
struct Enter {
    mill: String,
}

#[derive(Serialize, Deserialize, Event)]
#[event("mill:grind", room = Mill(mill), reply = u32)]
struct Grind {
    mill: String,
    grain: u32,
}

#[derive(Serialize, Deserialize, Event)]
#[event("mill:rest", room = Mill(mill), reply = u32)]
struct Rest {
    mill: String,
}

#[derive(Serialize, Deserialize, Event)]
#[event("mill:leave", room = Mill(mill))]
struct Leave {
    mill: String,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, Event)]
#[event("mill:ground")]
struct Ground {
    flour: u32,
}

/// What the hooks have noted.
#[derive(Clone, Default)]
struct Book(Arc<Mutex<Vec<String>>>);

impl Book {
    fn note(&self, line: impl Into<String>) {
        self.0.lock().expect("nobody panics with it").push(line.into());
    }

    fn lines(&self) -> Vec<String> {
        self.0.lock().expect("nobody panics with it").clone()
    }
}

/// There is no flour of nothing.
struct NoGrain;

impl From<NoGrain> for Refusal {
    fn from(_: NoGrain) -> Self {
        Self::other("no_grain", "There is nothing to grind.")
    }
}

struct Mill {
    flour: u32,
    book: Book,
}

#[salon::room(key = String, sends = (Ground,), linger = SECOND)]
impl Mill {
    #[hook]
    fn open(key: &String, cx: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        let book = cx.data::<Book>()?.clone();
        book.note(format!("{} opens", cx.name()));
        if key == "burnt" {
            return Err(Refusal::not_found("It has burnt down."));
        }
        Ok(Self { flour: 0, book })
    }

    #[hook]
    fn admit(&mut self, who: &Member<()>) -> Result<(), Refusal> {
        self.book.note("admit");
        if who.id().is_empty() { Err(Refusal::forbidden("Who?")) } else { Ok(()) }
    }

    #[hook]
    fn left(&mut self, _: &Member<()>, why: LeaveReason) {
        self.book.note(format!("{why:?}"));
    }

    #[hook]
    fn closing(&mut self) {
        self.book.note(format!("closes with {}", self.flour));
    }

    #[on]
    fn enter(&mut self, _: Enter, cx: &mut EventContext<'_, Self>) -> usize {
        cx.len()
    }

    #[on]
    fn grind(&mut self, grind: Grind, cx: &mut EventContext<'_, Self>) -> Result<u32, NoGrain> {
        if grind.grain == 0 {
            return Err(NoGrain);
        }
        self.flour += grind.grain;
        cx.broadcast(&Ground { flour: self.flour });
        Ok(self.flour)
    }

    #[on]
    fn rest(&mut self, _: Rest) -> Answer<u32> {
        let flour = self.flour;
        Answer::later(async move {
            tokio::time::sleep(SECOND).await;
            Ok(flour)
        })
    }

    #[on]
    fn leave(&mut self, _: Leave, cx: &mut EventContext<'_, Self>) {
        cx.leave(cx.sender());
    }
}

#[derive(Serialize, Deserialize, Event)]
#[event("greet", reply = String)]
struct Greet {
    name: String,
}

#[derive(Default)]
struct Porter {
    greeted: u32,
}

#[salon::session]
impl Porter {
    #[on]
    fn greet(&mut self, greet: Greet) -> String {
        self.greeted += 1;
        format!("{} {}", greet.name, self.greeted)
    }

    #[hook]
    fn connected(&mut self, cx: &mut SessionContext<Self>) {
        if let Ok(book) = cx.data::<Book>() {
            book.note("connected");
        }
    }
}

async fn lab() -> (Lab, Book) {
    let book = Book::default();
    let builder = Salon::builder().data(book.clone()).session::<Porter>().room::<Mill>();
    (Lab::new(builder.build().expect("the parts fit")).await, book)
}

#[salon::test]
async fn a_handler_returns_nothing_or_a_reply_or_a_result_or_an_answer() {
    let (lab, _) = lab().await;
    let client = lab.connect(()).await?;
    let mill = || "old".to_owned();
    assert_eq!(client.send(Enter { mill: mill() }).await?, 1);
    assert_eq!(client.send(Grind { mill: mill(), grain: 3 }).await?, 3);
    assert_eq!(client.expect::<Ground>().await, Ground { flour: 3 });
    let refused = client.send(Grind { mill: mill(), grain: 0 }).await;
    assert_eq!(refused.expect_err("there is no grain").code().as_str(), "no_grain");
    let rest = client.send(Rest { mill: mill() });
    lab.advance(SECOND).await;
    assert_eq!(rest.await?, 3);
    client.send(Leave { mill: mill() }).await?;
    let refused = client.send(Rest { mill: mill() }).await;
    assert_eq!(refused.expect_err("it has left").code().as_str(), "not_a_member");
}

#[salon::test]
async fn the_hooks_of_a_block_are_those_of_the_room() {
    let (lab, book) = lab().await;
    let client = lab.connect(()).await?;
    client.send(Enter { mill: "old".to_owned() }).await?;
    client.send(Leave { mill: "old".to_owned() }).await?;
    lab.advance(2 * SECOND).await;
    let refused = client.send(Enter { mill: "burnt".to_owned() }).await;
    assert_eq!(refused.expect_err("it is not there").code().as_str(), "not_found");
    let lines =
        ["connected", "mill:old opens", "admit", "Left", "closes with 0", "mill:burnt opens"];
    assert_eq!(book.lines(), lines);
}

#[salon::test]
async fn a_session_without_connect_is_made_by_its_default() {
    let (lab, _) = lab().await;
    let (one, other) = (lab.connect(()).await?, lab.connect(()).await?);
    let greet = |name: &str| Greet { name: name.to_owned() };
    assert_eq!(one.send(greet("Ada")).await?, "Ada 1");
    assert_eq!(one.send(greet("Ada")).await?, "Ada 2");
    assert_eq!(other.send(greet("Bob")).await?, "Bob 1");
}
