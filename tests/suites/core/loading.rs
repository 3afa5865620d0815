//! Rooms that load what they are made of.
//!
//! It must never let a test pass because nothing waited: each of them sees that the room is not
//! there yet when what it is about happens.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use salon::{
    Code, Count,
    auth::{Authenticated, Authenticator, Credentials, Permissions, ScopesInClaims, What, Who},
    prelude::*,
    testing::{Client, Failure, Lab, Wire, for_seeds},
};
use serde_json::{Value, json};

use crate::table::code;

const SECOND: Duration = Duration::from_secs(1);

/// Lets everybody in, by its own word for its name, with the permission to read.
struct ByName;

impl Authenticator for ByName {
    type Identity = ();

    async fn authenticate(&self, credentials: Credentials) -> Result<Authenticated<()>, Refusal> {
        #[derive(Deserialize)]
        struct Auth {
            name: String,
        }
        let Auth { name } = credentials.auth()?;
        let permissions: Permissions = "book:*:read".parse().map_err(Refusal::internal)?;
        Ok(Authenticated::new(()).subject(name).permissions(permissions))
    }
}

/// What becomes of one loading.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
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
struct Shelf {
    fetched: Arc<AtomicU32>,
    fates: Arc<Mutex<VecDeque<Fate>>>,
}

struct Bomb;

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

    fn fetched(&self) -> u32 {
        self.fetched.load(Ordering::SeqCst)
    }
}

/// Opens the book: its edition, and what was written before.
#[derive(Serialize, Deserialize, Event)]
#[event("book:open", room = Book(0), join, reply = (u32, Vec<String>))]
struct Open(u32);

/// As [`Open`], with a permission.
#[derive(Serialize, Deserialize, Event)]
#[event("book:read", room = Book(0), join, permit = "read", reply = (u32, Vec<String>))]
struct Read(u32);

#[derive(Serialize, Deserialize, Event)]
#[event("book:write", room = Book(0), reply = u32)]
struct Write(u32, String);

#[derive(Serialize, Deserialize, Event)]
#[event("book:burn", room = Book(0))]
struct Burn(u32);

#[derive(Debug, PartialEq, Serialize, Deserialize, Event)]
#[event("book:written")]
struct Written(String);

/// From the app.
struct Note(&'static str);

/// From the app: what was written.
struct Lines;

/// From the book itself, of which it is told before it is loaded.
struct Opened;

struct Book {
    edition: u32,
    lines: Vec<String>,
}

impl Room for Book {
    const NAME: &'static str = "book";
    type Key = u32;
    type Identity = ();
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

    fn left(&mut self, _: &Member<()>, why: LeaveReason, _: &mut RoomContext<Self>) {
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
struct Take {
    card: u32,
}

/// As a [`Book`], in one block.
struct Card {
    of: String,
}

#[salon::room(key = u32)]
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
struct Two {
    lab: Lab,
    shelf: Shelf,
    ada: Client,
    ben: Client,
}

impl Two {
    async fn over(wire: Wire, fates: &[Fate]) -> Result<Self, Failure> {
        Self::with(wire, fates, None).await
    }

    async fn with(wire: Wire, fates: &[Fate], seed: Option<u64>) -> Result<Self, Failure> {
        let shelf = Shelf::of(fates);
        let salon = Salon::builder()
            .authenticate(ByName)
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
        let ada = lab.visitor().wire(wire).worker(0).auth(json!({ "name": "ada" }));
        let ada = ada.connect().await?;
        let ben = lab.visitor().worker(1).auth(json!({ "name": "ben" })).connect().await?;
        Ok(Self { lab, shelf, ada, ben })
    }

    fn book(&self) -> salon::RoomHandle<Book> {
        self.lab.salon().room::<Book>(&1)
    }

    fn count(&self, count: Count) -> u64 {
        self.lab.counters().get(count)
    }

    /// What is written in the book.
    async fn lines(&self) -> Result<Vec<String>, Refusal> {
        self.lab.drive(self.book().ask(Lines)).await
    }
}

#[salon::test]
async fn what_comes_while_a_room_is_loaded_waits_in_its_order() {
    for wire in Wire::ALL {
        let two = Two::over(wire, &[]).await?;
        let opened = two.ada.send(Open(1));
        two.lab.settle().await;
        two.book().tell(Note("a note"))?;
        let written = two.ada.send(Write(1, "a line".to_owned()));
        two.lab.settle().await;
        let published = two.book().broadcast(Written("from outside".to_owned()));
        let read = two.ben.send(Read(1));
        two.lab.settle().await;
        let asked = two.book().ask(Lines);
        two.lab.advance(SECOND - Duration::from_millis(1)).await;
        two.ada.expect_none().await;
        assert_eq!(two.count(Count::RoomsOpened), 1);
        two.lab.advance(2 * Duration::from_millis(1)).await;
        assert_eq!(opened.await?, (1, vec!["open".to_owned()]), "{wire:?}");
        assert_eq!(written.await?, 1);
        let all = ["open", "a note", "a line", "read"].map(str::to_owned);
        assert_eq!(read.await?, (1, all.to_vec()), "{wire:?}");
        assert_eq!(two.lab.drive(asked).await?, all, "{wire:?}");
        assert_eq!(two.lab.drive(two.book().members()).await.len(), 2);
        two.lab.drive(published).await;
        for line in ["a line", "from outside"] {
            assert_eq!(two.ada.expect::<Written>().await.0, line, "{wire:?}");
        }
        two.ben.expect_none_of::<Written>().await;
        assert_eq!(two.lines().await?.last().map(String::as_str), Some("a timer"));
    }
}

#[test]
fn two_who_come_at_once_have_it_loaded_once() {
    for_seeds(0..20, async |seed| {
        for wire in Wire::ALL {
            let two = Two::with(wire, &[], Some(seed)).await?;
            let both = [two.ada.send(Open(1)), two.ben.send(Open(1))];
            two.lab.advance(2 * SECOND).await;
            for opened in both {
                assert_eq!(opened.await?.0, 1, "{wire:?}");
            }
            assert_eq!((two.shelf.fetched(), two.lab.salon().open_rooms()), (1, 1));
        }
        Ok(())
    });
}

#[salon::test]
async fn a_refusal_is_the_answer_to_all_who_wait_and_the_next_opens_anew() {
    for wire in Wire::ALL {
        let two = Two::over(wire, &[Fate::Refused]).await?;
        let opened = [two.ada.send(Open(1)), two.ben.send(Open(1))];
        two.lab.settle().await;
        let written = two.ada.send(Write(1, String::new()));
        let asked = two.book().open_and_ask(Lines);
        two.lab.advance(2 * SECOND).await;
        let lent = || Code::Other("lent".into());
        for opened in opened {
            assert_eq!(code(opened.await), lent(), "{wire:?}");
        }
        assert_eq!(code(written.await), lent(), "{wire:?}");
        assert_eq!(code(two.lab.drive(asked).await), lent(), "{wire:?}");
        assert!(two.lab.drive(two.book().members()).await.is_empty());
        assert_eq!(two.lab.salon().open_rooms(), 0);
        let opened = two.ada.send(Open(1));
        two.lab.advance(2 * SECOND).await;
        assert_eq!(opened.await?.0, 2, "it was loaded anew, over {wire:?}");
    }
}

#[salon::test]
async fn a_panic_is_internal_to_all_who_wait_and_is_counted_once() {
    for wire in Wire::ALL {
        for fate in [Fate::Panics, Fate::MakePanics] {
            let two = Two::over(wire, &[fate]).await?;
            let opened = [two.ada.send(Open(1)), two.ben.send(Open(1))];
            two.lab.advance(2 * SECOND).await;
            for opened in opened {
                assert_eq!(code(opened.await), Code::Internal, "{fate:?} over {wire:?}");
            }
            assert_eq!(two.count(Count::HandlerPanics), 1, "{fate:?} over {wire:?}");
            assert_eq!(two.lab.salon().open_rooms(), 0);
            let opened = two.ben.send(Open(1));
            two.lab.advance(2 * SECOND).await;
            assert_eq!(opened.await?.0, 2, "{fate:?} over {wire:?}");
        }
    }
}

#[salon::test]
async fn what_takes_too_long_is_refused_as_timeout_and_dropped_where_it_harms_nobody() {
    for wire in Wire::ALL {
        let two = Two::over(wire, &[Fate::Never]).await?;
        let opened = two.ada.send(Open(1));
        two.lab.advance(9 * SECOND).await;
        let late = two.ben.send(Open(1));
        two.lab.settle().await;
        assert_eq!(two.lab.salon().open_rooms(), 1);
        assert_eq!(two.count(Count::HandlerPanics), 0, "it goes on for all of its time");
        two.lab.advance(SECOND).await;
        for opened in [opened, late] {
            assert_eq!(code(opened.await), Code::Timeout, "{wire:?}");
        }
        assert_eq!(two.count(Count::HandlerPanics), 1, "by its drop, over {wire:?}");
        assert_eq!(two.lab.salon().open_rooms(), 0);
        let opened = two.ben.send(Open(1));
        two.lab.advance(2 * SECOND).await;
        assert_eq!(opened.await?.0, 2, "{wire:?}");
    }
}

#[salon::test]
async fn who_is_gone_meanwhile_is_no_member_of_what_was_loaded() {
    for wire in Wire::ALL {
        for others in [false, true] {
            let two = Two::over(wire, &[]).await?;
            let gone = two.ada.send(Open(1));
            let opened = others.then(|| two.ben.send(Open(1)));
            two.lab.settle().await;
            two.ada.close();
            two.lab.advance(2 * SECOND).await;
            drop(gone);
            let members = two.lab.drive(two.book().members()).await;
            assert_eq!(members.len(), usize::from(others), "{wire:?}");
            assert_eq!(two.book().is_open(), others, "nobody was in it, over {wire:?}");
            if let Some(opened) = opened {
                opened.await?;
            }
        }
    }
}

#[salon::test]
async fn who_loses_the_right_meanwhile_is_not_let_in() {
    let rights = [What::permission("read"), What::room("book:1")];
    for (wire, what) in Wire::ALL.into_iter().flat_map(|wire| rights.clone().map(|it| (wire, it))) {
        let two = Two::over(wire, &[]).await?;
        let read = two.ada.send(Read(1));
        two.lab.settle().await;
        two.lab.drive(two.lab.salon().revoke(Who::user("ada"), what.clone())).await;
        two.lab.advance(2 * SECOND).await;
        assert_eq!(code(read.await), Code::Revoked, "{what:?} over {wire:?}");
        assert!(two.lab.drive(two.book().members()).await.is_empty());
    }
}

#[salon::test]
async fn a_room_that_is_closed_while_it_is_loaded_closes_behind_what_came_before() {
    for wire in Wire::ALL {
        let two = Two::over(wire, &[]).await?;
        let opened = two.ada.send(Open(1));
        two.lab.settle().await;
        let closed = two.book().close();
        two.lab.settle().await;
        let late = two.ben.send(Open(1));
        two.lab.advance(2 * SECOND).await;
        assert_eq!(opened.await?.0, 1, "{wire:?}");
        assert!(two.lab.drive(closed).await, "it was open");
        assert_eq!(two.ada.expect_named("salon:evicted").await.json()[0]["code"], "closed");
        assert_eq!(code(late.await), Code::Closed, "{wire:?}");
        assert_eq!(two.lab.salon().open_rooms(), 0);
    }
}

#[salon::test]
async fn who_is_put_out_while_a_room_is_loaded_is_put_out_once_it_is_in() {
    for wire in Wire::ALL {
        let two = Two::over(wire, &[]).await?;
        let opened = two.ada.send(Open(1));
        two.lab.settle().await;
        let id = two.ada.id().ok_or("it is connected")?;
        let out = two.book().evict(&id);
        two.lab.advance(2 * SECOND).await;
        opened.await?;
        assert!(two.lab.drive(out).await, "it was in, over {wire:?}");
        two.ada.expect_named("salon:evicted").await;
    }
}

#[salon::test]
async fn a_room_that_panics_is_loaded_anew_by_the_same_way_while_its_members_wait() {
    for wire in Wire::ALL {
        let two = Two::over(wire, &[]).await?;
        let opened = [two.ada.send(Open(1)), two.ben.send(Open(1))];
        two.lab.advance(2 * SECOND).await;
        for opened in opened {
            opened.await?;
        }
        let burnt = two.ben.send(Burn(1));
        two.lab.settle().await;
        assert_eq!(code(burnt.await), Code::Internal);
        let written = two.ada.send(Write(1, "anew".to_owned()));
        two.lab.settle().await;
        two.ben.close();
        two.lab.settle().await;
        assert_eq!(two.count(Count::RoomsRestarted), 0, "it is not there yet, over {wire:?}");
        two.lab.advance(2 * SECOND).await;
        assert_eq!(written.await?, 2, "{wire:?}");
        assert_eq!(two.count(Count::RoomsRestarted), 1, "{wire:?}");
        two.ada.expect_named("salon:restarted").await;
        assert_eq!(two.ada.expect::<Written>().await.0, "anew", "{wire:?}");
        let lines = two.lines().await?;
        assert!(lines[0] == "anew" && lines[1].starts_with("left: Disconnected"), "{lines:?}");
    }
}

#[salon::test]
async fn members_of_a_room_that_does_not_load_anew_are_out_with_its_code() {
    for wire in Wire::ALL {
        for (fate, code) in
            [(Fate::Refused, "lent"), (Fate::Panics, "internal"), (Fate::Never, "timeout")]
        {
            let two = Two::over(wire, &[Fate::Loaded, fate]).await?;
            let opened = two.ada.send(Open(1));
            two.lab.advance(2 * SECOND).await;
            opened.await?;
            let burnt = two.ada.send(Burn(1));
            two.lab.advance(11 * SECOND).await;
            burnt.await.expect_err("it panics");
            let evicted: Value = two.ada.expect_named("salon:evicted").await.json()[0].clone();
            assert_eq!(evicted["code"], code, "{wire:?}");
            assert_eq!(two.count(Count::RoomsRestarted), 0);
            assert_eq!(two.lab.salon().open_rooms(), 0);
        }
    }
}

#[salon::test]
async fn a_server_that_stops_waits_for_what_is_loaded_and_no_longer_than_it_may() {
    for wire in Wire::ALL {
        for (fate, is_in) in [(Fate::Loaded, true), (Fate::Never, false)] {
            let two = Two::over(wire, &[fate]).await?;
            let opened = two.ada.send(Open(1));
            two.lab.settle().await;
            let began = two.lab.elapsed();
            two.lab.drive(two.lab.salon().shutdown(5 * SECOND)).await;
            let took = two.lab.elapsed() - began;
            assert!(took <= 8 * SECOND, "{took:?} for {fate:?} over {wire:?}");
            assert_eq!(opened.await.is_ok(), is_in, "{fate:?} over {wire:?}");
        }
    }
}

#[salon::test]
async fn a_worker_that_ends_drops_what_is_loaded_on_it_where_it_harms_nobody() {
    let two = Two::over(Wire::WebSocket, &[Fate::Never]).await?;
    let lost = two.ada.send(Open(1));
    two.lab.settle().await;
    two.lab.end_worker(0);
    two.lab.settle().await;
    drop(lost);
    assert_eq!(two.lab.salon().open_rooms(), 0);
    assert_eq!(two.count(Count::HandlerPanics), 1, "by its drop");
    let opened = two.ben.send(Open(1));
    two.lab.advance(2 * SECOND).await;
    assert_eq!(opened.await?.0, 2);
}

#[salon::test]
async fn what_is_there_at_once_is_not_waited_for() {
    let two = Two::over(Wire::WebSocket, &[Fate::AtOnce]).await?;
    assert_eq!(two.ada.send(Open(1)).await?.0, 1);
}

#[salon::test]
async fn a_room_is_what_open_returns_and_not_what_else_was_to_be_loaded() {
    let two = Two::over(Wire::WebSocket, &[Fate::NotReturned]).await?;
    assert_eq!(two.ada.send(Open(1)).await?.0, 0);
    two.lab.advance(2 * SECOND).await;
    assert_eq!(two.shelf.fetched(), 0);
}

#[salon::test]
async fn what_open_asks_for_beside_is_done_once_the_room_is_there() {
    for (fate, fetched) in [(Fate::Beside, 11), (Fate::BesideRefused, 1)] {
        let two = Two::over(Wire::WebSocket, &[fate]).await?;
        let opened = two.ada.send(Open(1));
        two.lab.settle().await;
        assert_eq!(two.shelf.fetched(), 1, "it is not there yet");
        two.lab.advance(2 * SECOND).await;
        assert_eq!(two.shelf.fetched(), fetched, "{fate:?}");
        if opened.await.is_ok() {
            assert_eq!(two.lines().await?, ["open", "a future", "a timer"]);
        }
    }
}

#[salon::test]
async fn what_is_loaded_does_not_load_once_more() {
    let two = Two::over(Wire::WebSocket, &[Fate::Again]).await?;
    let opened = two.ada.send(Open(1));
    two.lab.advance(2 * SECOND).await;
    assert_eq!(code(opened.await), Code::Internal);
    assert_eq!(two.lab.salon().open_rooms(), 0);
}

#[salon::test]
async fn an_open_that_is_async_in_a_block_has_the_key_and_what_is_the_apps() {
    for wire in Wire::ALL {
        let two = Two::over(wire, &[Fate::Refused]).await?;
        let taken = two.ada.send(Take { card: 7 });
        two.lab.advance(SECOND).await;
        assert_eq!(code(taken.await), Code::Other("lent".into()), "{wire:?}");
        let taken = two.ada.send(Take { card: 7 });
        two.lab.advance(SECOND).await;
        assert_eq!(taken.await?, "card:7 of book:7, edition 2", "{wire:?}");
    }
}
