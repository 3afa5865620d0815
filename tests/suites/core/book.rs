//! Books that are loaded before they are open, and two who read them.
//!
//! It must never be there at once: what is loaded takes a second of the lab's.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use salon::{
    Count,
    auth::ScopesInClaims,
    prelude::*,
    testing::{Client, Failure, Lab, Wire},
};
use salon_tests::guests::{ByName, Guest, guest};

pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// What becomes of one loading.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Fate {
    Loaded,
    Refused,
    Panics,
    /// What makes the room of what was loaded panics.
    MakePanics,
    /// It takes for ever, and panics when it is dropped.
    Never,
    /// Nothing is to be waited for.
    AtOnce,
    /// The room is made without waiting, though something was to be loaded.
    NotReturned,
    /// What is loaded wants to load again.
    Again,
    /// Beside loading, something else is to be run.
    Beside,
    /// The same, and it is refused.
    BesideRefused,
}

/// Where books are: how often one was fetched, and what becomes of the next ones.
#[derive(Clone, Default)]
pub(crate) struct Shelf {
    fetched: Arc<AtomicU32>,
    fates: Arc<Mutex<VecDeque<Fate>>>,
}

pub(crate) struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("a panic in the drop of what is given up");
    }
}

impl Shelf {
    fn of(fates: &[Fate]) -> Self {
        Self { fates: Arc::new(Mutex::new(fates.iter().copied().collect())), ..Self::default() }
    }

    fn next(&self) -> Fate {
        self.fates.lock().expect("no panic").pop_front().unwrap_or(Fate::Loaded)
    }

    /// Takes a second: how often a book was fetched.
    async fn fetch(self, fate: Fate) -> Result<u32, Refusal> {
        let fetched = self.fetched.fetch_add(1, Ordering::SeqCst) + 1;
        if fate == Fate::Never {
            let _bomb = Bomb;
            std::future::pending::<()>().await;
        }
        if fate != Fate::AtOnce {
            tokio::time::sleep(SECOND).await;
        }
        match fate {
            Fate::Refused | Fate::BesideRefused => {
                Err(Refusal::other("lent", "Somebody else has it."))
            }
            Fate::Panics => panic!("a panic while loading"),
            _ => Ok(fetched),
        }
    }

    pub(crate) fn fetched(&self) -> u32 {
        self.fetched.load(Ordering::SeqCst)
    }
}

/// Opens the book: its edition, and what was written before.
#[derive(Serialize, Deserialize, Event)]
#[event("book:open", room = Book(0), join, reply = (u32, Vec<String>))]
pub(crate) struct Open(pub(crate) u32);

/// As [`Open`], with a permission.
#[derive(Serialize, Deserialize, Event)]
#[event("book:read", room = Book(0), join, permit = "read", reply = (u32, Vec<String>))]
pub(crate) struct Read(pub(crate) u32);

#[derive(Serialize, Deserialize, Event)]
#[event("book:write", room = Book(0), reply = u32)]
pub(crate) struct Write(pub(crate) u32, pub(crate) String);

#[derive(Serialize, Deserialize, Event)]
#[event("book:burn", room = Book(0))]
pub(crate) struct Burn(pub(crate) u32);

#[derive(Debug, PartialEq, Serialize, Deserialize, Event)]
#[event("book:written")]
pub(crate) struct Written(pub(crate) String);

/// From the app.
pub(crate) struct Note(pub(crate) &'static str);

/// From the app: what was written.
pub(crate) struct Lines;

/// From the book itself, of which it is told before it is loaded.
pub(crate) struct Opened;

pub(crate) struct Book {
    edition: u32,
    lines: Vec<String>,
}

impl Room for Book {
    const NAME: &'static str = "book";
    type Key = u32;
    type Identity = Guest;
    type Events = (Open, Read, Write, Burn);
    type Sends = (Written,);

    fn open(_: &u32, cx: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        let shelf = cx.data::<Shelf>()?.clone();
        let fate = shelf.next();
        cx.tell_after(Duration::from_millis(1), Opened);
        if matches!(fate, Fate::Beside | Fate::BesideRefused) {
            let shelf = shelf.clone();
            cx.tell_when(async move {
                shelf.fetched.fetch_add(10, Ordering::SeqCst);
                Note("a future")
            });
        }
        let loading = cx.load_then(shelf.clone().fetch(fate), move |edition, cx| {
            assert!(fate != Fate::MakePanics, "a panic behind what was loaded");
            let edition = edition?;
            if fate == Fate::Again {
                return cx.load(async { Err(Refusal::not_found("nobody looks for it")) });
            }
            Ok(Self { edition, lines: Vec::new() })
        });
        match fate {
            Fate::NotReturned => Ok(Self { edition: 0, lines: Vec::new() }),
            _ => loading,
        }
    }

    fn left(&mut self, _: &Member<Guest>, why: LeaveReason, _: &mut RoomContext<Self>) {
        self.lines.push(format!("left: {why:?}"));
    }
}

impl On<Open> for Book {
    fn on(
        &mut self,
        _: Open,
        _: &mut EventContext<'_, Self>,
    ) -> Result<(u32, Vec<String>), Refusal> {
        self.lines.push("open".to_owned());
        Ok((self.edition, self.lines.clone()))
    }
}

impl On<Read> for Book {
    fn on(
        &mut self,
        _: Read,
        _: &mut EventContext<'_, Self>,
    ) -> Result<(u32, Vec<String>), Refusal> {
        self.lines.push("read".to_owned());
        Ok((self.edition, self.lines.clone()))
    }
}

impl On<Write> for Book {
    fn on(&mut self, write: Write, cx: &mut EventContext<'_, Self>) -> Result<u32, Refusal> {
        cx.broadcast(&Written(write.1.clone()));
        self.lines.push(write.1);
        Ok(self.edition)
    }
}

impl On<Burn> for Book {
    fn on(&mut self, _: Burn, _: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        panic!("a panic in a handler");
    }
}

impl Receive<Note> for Book {
    fn receive(&mut self, Note(note): Note, _: &mut RoomContext<Self>) {
        self.lines.push(note.to_owned());
    }
}

impl Receive<Opened> for Book {
    fn receive(&mut self, _: Opened, _: &mut RoomContext<Self>) {
        self.lines.push("a timer".to_owned());
    }
}

impl Reply<Lines> for Book {
    type Output = Vec<String>;

    fn reply(&mut self, _: Lines, _: &mut RoomContext<Self>) -> Vec<String> {
        self.lines.clone()
    }
}

#[derive(Serialize, Deserialize, Event)]
#[event("card:take", room = Card(card), join, reply = String)]
pub(crate) struct Take {
    pub(crate) card: u32,
}

/// As a [`Book`], in one block.
pub(crate) struct Card {
    of: String,
}

#[salon::room(key = u32, identity = Guest)]
impl Card {
    #[hook]
    async fn open(card: &u32, cx: &LoadContext<Self>) -> Result<Self, Refusal> {
        let shelf = cx.data::<Shelf>()?;
        let edition = shelf.clone().fetch(shelf.next()).await?;
        let book = cx.room::<Book>(card).name();
        Ok(Self { of: format!("{} of {book}, edition {edition}", cx.name()) })
    }

    #[on]
    fn take(&mut self, _: Take) -> String {
        self.of.clone()
    }
}

/// Two clients on different workers, the first over `wire`, and the shelf.
pub(crate) struct Two {
    pub(crate) lab: Lab,
    pub(crate) shelf: Shelf,
    pub(crate) ada: Client,
    pub(crate) ben: Client,
}

impl Two {
    pub(crate) async fn over(wire: Wire, fates: &[Fate]) -> Result<Self, Failure> {
        Self::with(wire, fates, None).await
    }

    pub(crate) async fn with(
        wire: Wire,
        fates: &[Fate],
        seed: Option<u64>,
    ) -> Result<Self, Failure> {
        let shelf = Shelf::of(fates);
        let salon = Salon::builder()
            .authenticate(ByName::with("book:*:read"))
            .authority(ScopesInClaims)
            .data(shelf.clone())
            .room::<Book>()
            .room::<Card>()
            .build()?;
        let mut lab = Lab::builder(salon).workers(2);
        if let Some(seed) = seed {
            lab = lab.seed(seed);
        }
        let lab = lab.start().await;
        let ada = lab.visitor().wire(wire).worker(0).auth(guest("ada"));
        let ada = ada.connect().await?;
        let ben = lab.visitor().worker(1).auth(guest("ben")).connect().await?;
        Ok(Self { lab, shelf, ada, ben })
    }

    pub(crate) fn book(&self) -> salon::RoomHandle<Book> {
        self.lab.salon().room::<Book>(&1)
    }

    pub(crate) fn count(&self, count: Count) -> u64 {
        self.lab.counters().get(count)
    }

    /// What is written in the book.
    pub(crate) async fn lines(&self) -> Result<Vec<String>, Refusal> {
        self.lab.drive(self.book().ask(Lines)).await
    }
}
