//! The room whose publications are kept, with what may be promised of them, and how it is served.
//!
//! It must never do more for one promise than for another: what is compared is the promise.

use std::{path::Path, thread};

use salon::{History, Salon, prelude::*};
use salon_sqlite::{Durability, Sqlite};
use salon_tests::{Result, in_process::InProcess};

/// How many publications a room keeps, and a stream of the others.
pub(super) const KEPT: usize = 1_000;

/// What each of them says, beside a number.
pub(super) const TEXT: &str = "sixty-four bytes of text, as somebody might say it in some room.";
const _: () = assert!(TEXT.len() == 64);

/// What a publication outlives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Promise {
    /// Nothing: it is in the memory of the process.
    Memory,
    Process,
    Disk,
}

impl Promise {
    pub(crate) const ALL: [Self; 3] = [Self::Memory, Self::Process, Self::Disk];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Process => "process",
            Self::Disk => "disk",
        }
    }

    fn durability(self) -> Option<Durability> {
        match self {
            Self::Memory => None,
            Self::Process => Some(Durability::Process),
            Self::Disk => Some(Durability::Disk),
        }
    }
}

/// Over a WebSocket: said in a room whose members the speaker is none of, since the others of the table
/// have no readers either.
#[derive(Deserialize, Event)]
#[event("say", reply = u64)]
struct Say {
    room: u32,
    text: String,
    number: u64,
}

#[derive(Serialize, Event)]
#[event("said")]
pub(super) struct Said {
    text: String,
    number: u64,
}

pub(super) struct Ledger<const IS_DURABLE: bool>;

impl<const IS_DURABLE: bool> Room for Ledger<IS_DURABLE> {
    const NAME: &'static str = "ledger";
    const HISTORY: History = match IS_DURABLE {
        true => History::keep(KEPT).durable(),
        false => History::keep(KEPT),
    };
    type Key = u32;
    type Identity = ();
    type Events = ();
    type Sends = (Said,);

    fn open(_: &u32, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

/// Publishes that; answered with its number.
pub(super) struct Publish {
    pub(super) text: String,
    pub(super) number: u64,
}

impl<const IS_DURABLE: bool> Reply<Publish> for Ledger<IS_DURABLE> {
    type Output = u64;

    fn reply(&mut self, Publish { text, number }: Publish, cx: &mut RoomContext<Self>) -> u64 {
        cx.broadcast(&Said { text, number });
        number
    }
}

struct Speaker<const IS_DURABLE: bool>;

impl<const IS_DURABLE: bool> Session for Speaker<IS_DURABLE> {
    type Identity = ();
    type Events = (Later<Say>,);
    type Sends = ();

    fn connect(_: &Candidate<'_, ()>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl<const IS_DURABLE: bool> OnLater<Say> for Speaker<IS_DURABLE> {
    fn on_later(&mut self, say: Say, cx: &mut SessionContext<Self>) -> Answer<u64> {
        let Say { room, text, number } = say;
        let ledger = cx.room::<Ledger<IS_DURABLE>>(&room);
        Answer::later(ledger.open_and_ask(Publish { text, number }))
    }
}

/// A Salon with such rooms, which are kept in that file if they are kept in one, on one worker.
pub(super) fn serve(promise: Promise, file: &Path) -> Result<(Salon, InProcess)> {
    let salon = match promise.durability() {
        None => Salon::builder().session::<Speaker<false>>().room::<Ledger<false>>().build()?,
        Some(durability) => {
            let store = Sqlite::at(file).durability(durability).open()?;
            let builder = Salon::builder().store(store);
            builder.session::<Speaker<true>>().room::<Ledger<true>>().build()?
        }
    };
    let server = InProcess::start(&salon, 1)?;
    Ok((salon, server))
}

/// Is a server of its own, until it is killed.
pub(crate) fn serve_apart(promise: Promise, file: &Path) -> Result<()> {
    let (_salon, server) = serve(promise, file)?;
    println!("listening on {}", server.address().port());
    loop {
        thread::park();
    }
}
