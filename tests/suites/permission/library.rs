//! The app of the tests of permissions: a library whose shelves are open to who has the right.
//!
//! It must never decide anything itself: who may do what is said by the clerk and the guards.

use std::time::SystemTime;

use salon::auth::Identified;
use salon::prelude::*;

use crate::clerk::{ByWord, Clerk, Desk, Reader};

/// Lets through what is not muted; `wait` waits for the test, `panic` panics.
pub(crate) struct NotMuted;

impl NotMuted {
    async fn listen<E>(cx: Checked<'_, E, Reader>, word: &str) -> Result<(), Refusal> {
        match word {
            "muted" => {
                let name = &cx.identity().name;
                let whereabouts = cx.room().unwrap_or("no room");
                Err(Refusal::other("muted", format!("{name} is muted in {whereabouts}")))
            }
            "wait" => {
                cx.data::<Desk>()?.wait().await;
                Ok(())
            }
            "panic" => panic!("a panic in a guard"),
            _ => Ok(()),
        }
    }
}

impl Guard<Read> for NotMuted {
    type Identity = Reader;

    async fn check(cx: Checked<'_, Read, Reader>) -> Result<(), Refusal> {
        Self::listen(cx, &cx.event().aloud).await
    }
}

impl Guard<Whisper> for NotMuted {
    type Identity = Reader;

    async fn check(cx: Checked<'_, Whisper, Reader>) -> Result<(), Refusal> {
        Self::listen(cx, &cx.event().0).await
    }
}

impl Guard<Lend> for NotMuted {
    type Identity = Reader;

    async fn check(cx: Checked<'_, Lend, Reader>) -> Result<(), Refusal> {
        Self::listen(cx, &cx.event().0).await
    }
}

impl Guard<Enter> for NotMuted {
    type Identity = Reader;

    async fn check(cx: Checked<'_, Enter, Reader>) -> Result<(), Refusal> {
        Self::listen(cx, &cx.event().greeting).await
    }
}

/// A guard of whatever event, for every session but one.
pub(crate) struct NotEve;

impl<E: Event> Guard<E> for NotEve {
    type Identity = Reader;

    async fn check(cx: Checked<'_, E, Reader>) -> Result<(), Refusal> {
        let Reader { name, .. } = cx.identity();
        match name.as_str() {
            "eve" => Err(Refusal::other("eve", format!("{} is not for eve", E::NAME))),
            _ => Ok(()),
        }
    }
}

#[derive(Serialize, Deserialize, Event)]
#[event("list", permit = "list", reply = u64)]
pub(crate) struct List;

#[derive(Serialize, Deserialize, Event)]
#[event("whisper", guard = NotMuted, guard = NotEve, reply = u64)]
pub(crate) struct Whisper(pub(crate) String);

/// A permission, and a guard.
#[derive(Serialize, Deserialize, Event)]
#[event("lend", permit = "lend", guard = NotMuted, reply = u64)]
pub(crate) struct Lend(pub(crate) String);

/// Nothing is asked about it; the answer is how many events the session has handled.
#[derive(Serialize, Deserialize, Event)]
#[event("count", reply = u64)]
pub(crate) struct Count;

pub(crate) struct Visit {
    calls: u64,
}

impl Session for Visit {
    type Identity = Reader;
    type Events = (List, Whisper, Lend, Count);
    type Sends = ();

    fn connect(_: &Candidate<'_, Reader>) -> Result<Self, Refusal> {
        Ok(Self { calls: 0 })
    }
}

impl Visit {
    fn call(&mut self) -> Result<u64, Refusal> {
        self.calls += 1;
        Ok(self.calls)
    }
}

impl On<List> for Visit {
    fn on(&mut self, _: List, _: &mut SessionContext<Self>) -> Result<u64, Refusal> {
        self.call()
    }
}

impl On<Whisper> for Visit {
    fn on(&mut self, _: Whisper, _: &mut SessionContext<Self>) -> Result<u64, Refusal> {
        self.call()
    }
}

impl On<Lend> for Visit {
    fn on(&mut self, _: Lend, _: &mut SessionContext<Self>) -> Result<u64, Refusal> {
        self.call()
    }
}

impl On<Count> for Visit {
    fn on(&mut self, _: Count, _: &mut SessionContext<Self>) -> Result<u64, Refusal> {
        self.call()
    }
}

#[derive(Serialize, Deserialize, Event)]
#[event("shelf:enter", room = Shelf(shelf), join, permit = "enter", guard = NotMuted, reply = String)]
pub(crate) struct Enter {
    pub(crate) shelf: u64,
    pub(crate) greeting: String,
}

pub(crate) fn enter(shelf: u64) -> Enter {
    Enter { shelf, greeting: String::new() }
}

/// Makes a member without a question.
#[derive(Serialize, Deserialize, Event)]
#[event("shelf:pass", room = Shelf(shelf), join)]
pub(crate) struct Pass {
    pub(crate) shelf: u64,
}

#[derive(Serialize, Deserialize, Event)]
#[event("shelf:read", room = Shelf(shelf), permit = "read", guard = NotMuted, reply = String)]
pub(crate) struct Read {
    pub(crate) shelf: u64,
    pub(crate) aloud: String,
}

pub(crate) fn read(shelf: u64) -> Read {
    Read { shelf, aloud: String::new() }
}

#[derive(Serialize, Deserialize, Event)]
#[event("shelf:leave", room = Shelf(shelf))]
pub(crate) struct Leave {
    pub(crate) shelf: u64,
}

pub(crate) struct Shelf;

impl Room for Shelf {
    const NAME: &'static str = "shelf";
    type Key = u64;
    type Identity = Reader;
    type Events = (Enter, Later<Pass>, Read, Leave);
    type Sends = ();

    fn open(_: &u64, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

/// The grant by which the sender is a member, in words.
fn grant(cx: &EventContext<'_, Shelf>) -> String {
    let Some(grant) = cx.grant(cx.sender()) else { return "none".to_owned() };
    let end = grant.end().and_then(|end| end.duration_since(SystemTime::UNIX_EPOCH).ok());
    end.map_or_else(|| "standing".to_owned(), |end| format!("until {}", end.as_secs()))
}

impl On<Enter> for Shelf {
    fn on(&mut self, _: Enter, cx: &mut EventContext<'_, Self>) -> Result<String, Refusal> {
        Ok(grant(cx))
    }
}

impl OnLater<Pass> for Shelf {
    fn on_later(&mut self, _: Pass, _: &mut EventContext<'_, Self>) -> Answer<()> {
        Answer::later(async { Ok(()) })
    }
}

impl On<Read> for Shelf {
    fn on(&mut self, event: Read, cx: &mut EventContext<'_, Self>) -> Result<String, Refusal> {
        Ok(format!("{}{}", grant(cx), event.aloud))
    }
}

impl On<Leave> for Shelf {
    fn on(&mut self, _: Leave, cx: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        cx.leave(cx.sender());
        Ok(())
    }
}

/// A Salon that is described, but for what one test wants of it.
pub(crate) type Known = salon::Builder<Identified<Reader>>;

/// A library, and what its tests see of it.
pub(crate) fn library(change: impl FnOnce(Known) -> Known) -> (Salon, Desk) {
    let desk = Desk::default();
    let builder = Salon::builder()
        .authenticate(ByWord)
        .authority(Clerk(desk.clone()))
        .data(desk.clone())
        .session::<Visit>()
        .room::<Shelf>();
    (change(builder).build().expect("a library"), desk)
}
