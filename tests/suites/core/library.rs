//! The app of the tests of permissions: a library whose readers bring their rights with them.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use salon::{
    auth::{Authenticated, Authenticator, Authority, Credentials, Grant, Question},
    prelude::*,
};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

/// Who reads, and what the clerk answers about each permission.
#[derive(Deserialize)]
pub(crate) struct Reader {
    pub(crate) name: String,
    rights: HashMap<String, Right>,
}

/// How a permission is answered; one that is not named is refused.
#[derive(Clone, Copy, Deserialize)]
enum Right {
    Standing,
    /// For as long as `MOMENT`.
    Brief,
    Past,
    /// When the test lets it.
    Slow,
    Never,
    Panic,
}

pub(crate) const MOMENT: Duration = Duration::from_millis(200);

pub(crate) fn reader(rights: &Value) -> Value {
    json!({ "name": "ada", "rights": rights })
}

pub(crate) struct ByWord;

impl Authenticator for ByWord {
    type Identity = Reader;

    async fn authenticate(
        &self,
        credentials: Credentials,
    ) -> Result<Authenticated<Reader>, Refusal> {
        Ok(Authenticated::new(credentials.auth()?))
    }
}

/// What the tests see of the checks, and how they let them go on.
#[derive(Clone)]
pub(crate) struct Desk {
    questions: Arc<AtomicUsize>,
    /// A permit for each check that has begun to wait.
    pub(crate) begun: Arc<Semaphore>,
    /// A permit for each check that may go on.
    pub(crate) gate: Arc<Semaphore>,
    /// A permit for each check whose waiting was given up.
    pub(crate) given_up: Arc<Semaphore>,
}

impl Desk {
    pub(crate) fn new() -> Self {
        let semaphore = || Arc::new(Semaphore::new(0));
        let (begun, gate, given_up) = (semaphore(), semaphore(), semaphore());
        Self { questions: Arc::default(), begun, gate, given_up }
    }

    /// How often the authority was asked.
    pub(crate) fn questions(&self) -> usize {
        self.questions.load(Ordering::SeqCst)
    }

    pub(crate) async fn take(semaphore: &Semaphore) {
        semaphore.acquire().await.expect("never closed").forget();
    }

    async fn wait(&self) {
        struct GivenUp<'a>(&'a Semaphore);

        impl Drop for GivenUp<'_> {
            fn drop(&mut self) {
                self.0.add_permits(1);
            }
        }

        let given_up = GivenUp(&self.given_up);
        self.begun.add_permits(1);
        Self::take(&self.gate).await;
        std::mem::forget(given_up);
    }
}

/// The authority: it answers what the reader's rights say.
pub(crate) struct Clerk(pub(crate) Desk);

impl Authority for Clerk {
    type Identity = Reader;

    async fn decide(&self, question: Question<Reader>) -> Result<Grant, Refusal> {
        self.0.questions.fetch_add(1, Ordering::SeqCst);
        let permission = question.permission();
        match question.identity().rights.get(permission) {
            Some(Right::Standing) => Ok(Grant::standing()),
            Some(Right::Brief) => Ok(Grant::until(question.now() + MOMENT)),
            Some(Right::Past) => Ok(Grant::until(SystemTime::UNIX_EPOCH)),
            Some(Right::Slow) => {
                self.0.wait().await;
                Ok(Grant::standing())
            }
            Some(Right::Never) => {
                self.0.begun.add_permits(1);
                std::future::pending().await
            }
            Some(Right::Panic) => panic!("a panic in the authority"),
            None => {
                let whereabouts = question.room().unwrap_or("no room");
                Err(Refusal::forbidden(format!("no {permission:?} in {whereabouts}")))
            }
        }
    }
}

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

#[derive(Deserialize, Event)]
#[event("list", permit = "list", reply = u64)]
pub(crate) struct List;

#[derive(Deserialize, Event)]
#[event("whisper", guard = NotMuted, guard = NotEve, reply = u64)]
pub(crate) struct Whisper(String);

/// Nothing is asked about it.
#[derive(Deserialize, Event)]
#[event("count", reply = u64)]
pub(crate) struct Count;

pub(crate) struct Visit {
    calls: u64,
}

impl Session for Visit {
    type Identity = Reader;
    type Events = (List, Whisper, Count);

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

impl On<Count> for Visit {
    fn on(&mut self, _: Count, _: &mut SessionContext<Self>) -> Result<u64, Refusal> {
        self.call()
    }
}

#[derive(Deserialize, Event)]
#[event("shelf:enter", room = Shelf(shelf), join, permit = "enter", guard = NotMuted, reply = String)]
pub(crate) struct Enter {
    shelf: u64,
    #[serde(default)]
    greeting: String,
}

/// Makes a member without a question.
#[derive(Deserialize, Event)]
#[event("shelf:pass", room = Shelf(shelf), join)]
pub(crate) struct Pass {
    shelf: u64,
}

#[derive(Deserialize, Event)]
#[event("shelf:read", room = Shelf(shelf), permit = "read", guard = NotMuted, reply = String)]
pub(crate) struct Read {
    shelf: u64,
    #[serde(default)]
    aloud: String,
}

#[derive(Deserialize, Event)]
#[event("shelf:leave", room = Shelf(shelf))]
pub(crate) struct Leave {
    shelf: u64,
}

pub(crate) struct Shelf;

impl Room for Shelf {
    const NAME: &'static str = "shelf";
    type Key = u64;
    type Identity = Reader;
    type Events = (Enter, Later<Pass>, Read, Leave);

    fn open(_: &u64, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

/// The grant by which the sender is a member, in words.
fn grant(cx: &RoomContext<Shelf>) -> String {
    match cx.grant(&cx.sender()) {
        None => "none".to_owned(),
        Some(grant) if grant.end().is_none() => "standing".to_owned(),
        Some(_) => "brief".to_owned(),
    }
}

impl On<Enter> for Shelf {
    fn on(&mut self, _: Enter, cx: &mut RoomContext<Self>) -> Result<String, Refusal> {
        Ok(grant(cx))
    }
}

impl OnLater<Pass> for Shelf {
    fn on_later(&mut self, _: Pass, _: &mut RoomContext<Self>) -> Answer<()> {
        Answer::later(async { Ok(()) })
    }
}

impl On<Read> for Shelf {
    fn on(&mut self, event: Read, cx: &mut RoomContext<Self>) -> Result<String, Refusal> {
        Ok(format!("{}{}", grant(cx), event.aloud))
    }
}

impl On<Leave> for Shelf {
    fn on(&mut self, _: Leave, cx: &mut RoomContext<Self>) -> Result<(), Refusal> {
        let sender = cx.sender();
        cx.leave(&sender);
        Ok(())
    }
}

/// A library, and what its tests see of it.
pub(crate) fn library(change: impl FnOnce(salon::Builder) -> salon::Builder) -> (Salon, Desk) {
    let desk = Desk::new();
    let builder = Salon::builder()
        .authenticate(ByWord)
        .authority(Clerk(desk.clone()))
        .data(desk.clone())
        .session::<Visit>()
        .room::<Shelf>();
    (change(builder).build().expect("a library"), desk)
}
