//! Rooms that something opens while they are being opened, and rooms whose worker has ended.
//!
//! It must never be a matter of chance which worker a room is on: clients say where they come.

use std::{
    fmt,
    hash::{Hash, Hasher},
    sync::{Arc, Mutex},
    time::Duration,
};

use salon::{
    Code, Count, RoomHandle,
    prelude::*,
    testing::{Lab, Wire},
};

use crate::table::code;

/// The key of a nest. What is held by it is told to its room while its name is made.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(from = "u32", into = "u32")]
struct Key {
    number: u32,
    held: Arc<Mutex<Option<RoomHandle<Nest>>>>,
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.number.hash(state);
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let held = self.held.lock().expect("no panic").take();
        if let Some(room) = held {
            room.open_and_tell(Egg).expect("there is a worker");
        }
        (self.number % TWIN).fmt(f)
    }
}

/// A number that is greater by this is another key of the same name.
const TWIN: u32 = 1_000;

fn key(number: u32) -> Key {
    Key { number, ..Key::default() }
}

impl From<u32> for Key {
    fn from(number: u32) -> Self {
        key(number)
    }
}

impl From<Key> for u32 {
    fn from(key: Key) -> Self {
        key.number
    }
}

/// Comes to a nest: how many eggs are in it.
#[derive(Serialize, Deserialize, Event)]
#[event("nest:come", room = Nest(nest), join, reply = u32)]
struct Come {
    nest: Key,
}

/// Says to everybody in it how many eggs there are.
#[derive(Serialize, Deserialize, Event)]
#[event("nest:count", room = Nest(nest))]
struct HowMany {
    nest: Key,
}

/// Is answered when the eggs hatch: never.
#[derive(Serialize, Deserialize, Event)]
#[event("nest:brood", room = Nest(nest))]
struct Brood {
    nest: Key,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, Event)]
#[event("nest:counted")]
struct Counted {
    eggs: u32,
}

/// A message.
struct Egg;

struct Nest {
    eggs: u32,
}

impl Room for Nest {
    const NAME: &'static str = "nest";
    type Key = Key;
    type Identity = ();
    type Events = (Come, HowMany, Later<Brood>);
    type Sends = (Counted,);

    fn open(_: &Key, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        Ok(Self { eggs: 0 })
    }
}

impl On<Come> for Nest {
    fn on(&mut self, _: Come, _: &mut EventContext<'_, Self>) -> Result<u32, Refusal> {
        Ok(self.eggs)
    }
}

impl On<HowMany> for Nest {
    fn on(&mut self, _: HowMany, cx: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        cx.broadcast(&Counted { eggs: self.eggs });
        Ok(())
    }
}

impl OnLater<Brood> for Nest {
    fn on_later(&mut self, _: Brood, _: &mut EventContext<'_, Self>) -> Answer<()> {
        Answer::later(std::future::pending())
    }
}

impl Receive<Egg> for Nest {
    fn receive(&mut self, _: Egg, _: &mut RoomContext<Self>) {
        self.eggs += 1;
    }
}

/// A lab of two workers, where a client may be in one nest.
async fn lab() -> Lab {
    let builder = Salon::builder().room::<Nest>().limits(|limits| limits.max_rooms = 1);
    Lab::builder(builder.build().expect("the app is in order")).workers(2).start().await
}

#[salon::test]
async fn a_room_that_is_opened_while_it_is_being_opened_is_one_room() {
    let lab = lab().await;
    let outer = key(1);
    *outer.held.lock().expect("no panic") = Some(lab.salon().room::<Nest>(&key(1)));
    lab.salon().room::<Nest>(&outer).open_and_tell(Egg)?;
    assert!(outer.held.lock().expect("no panic").is_none(), "its name was made");
    assert_eq!(lab.connect(()).await?.send(Come { nest: key(1) }).await?, 2, "both are in it");
    assert_eq!(lab.counters().get(Count::RoomsOpened), 1);
}

#[salon::test]
async fn a_room_whose_worker_has_ended_before_it_opened_opens_on_another() {
    for wire in Wire::ALL {
        let lab = lab().await;
        lab.stall(0);
        // Some of them on the worker that is busy.
        for nest in 0..4 {
            lab.salon().room::<Nest>(&key(nest)).open_and_tell(Egg)?;
        }
        lab.settle().await;
        lab.end_worker(0);
        lab.settle().await;
        let mut found = 0;
        for nest in 0..4 {
            let client = lab.visitor().wire(wire).worker(1).connect().await?;
            found += client.send(Come { nest: key(nest) }).await?;
            client.send(HowMany { nest: key(nest) }).await?;
            client.expect::<Counted>().await;
            lab.salon().room::<Nest>(&key(nest)).open_and_tell(Egg)?;
        }
        assert_eq!(found, 2, "what was to open on the other worker is lost with it, {wire:?}");
        assert_eq!(lab.salon().open_rooms(), 4, "{wire:?}");
    }
}

#[salon::test]
async fn a_room_whose_worker_has_ended_before_it_opened_is_open_no_more() {
    let builder = Salon::builder().room::<Nest>().limits(|limits| limits.max_open_rooms = 4);
    let lab = Lab::builder(builder.build()?).workers(2).start().await;
    lab.stall(0);
    for nest in 0..4 {
        lab.salon().room::<Nest>(&key(nest)).open_and_tell(Egg)?;
    }
    assert_eq!(code(lab.salon().room::<Nest>(&key(4)).open_and_tell(Egg)), Code::LimitExceeded);
    lab.settle().await;
    lab.end_worker(0);
    lab.settle().await;
    assert_eq!(lab.salon().open_rooms(), 2, "those on the other worker");
    let counters = lab.counters();
    assert_eq!((counters.get(Count::RoomsOpened), counters.get(Count::RoomsClosed)), (4, 2));
    for nest in 4..8 {
        let told = lab.salon().room::<Nest>(&key(nest)).open_and_tell(Egg);
        assert_eq!(told.is_ok(), nest < 6, "others have their places");
    }
    lab.advance(Duration::from_secs(11)).await;
    assert_eq!((lab.salon().open_rooms(), counters.get(Count::RoomsClosed)), (0, 6));
}

#[salon::test]
async fn the_name_of_a_room_whose_worker_has_ended_before_it_opened_is_free_for_another_key() {
    let lab = lab().await;
    lab.stall(0);
    for nest in 0..4 {
        lab.salon().room::<Nest>(&key(nest)).open_and_tell(Egg)?;
        let refused = lab.salon().room::<Nest>(&key(TWIN + nest)).open_and_tell(Egg);
        assert_eq!(code(refused), Code::from("name_taken"));
    }
    lab.end_worker(0);
    lab.settle().await;
    let client = lab.visitor().worker(1).connect().await?;
    let mut taken = 0;
    for nest in 0..4 {
        taken += u32::from(lab.salon().room::<Nest>(&key(TWIN + nest)).open_and_tell(Egg).is_err());
    }
    assert_eq!(taken, 2, "by those on the other worker");
    assert_eq!(lab.salon().open_rooms(), 4, "one of each name");
    for nest in 0..4 {
        let own = lab.salon().room::<Nest>(&key(nest)).open_and_tell(Egg).is_ok();
        let twin = lab.salon().room::<Nest>(&key(TWIN + nest)).open_and_tell(Egg).is_ok();
        assert!(own != twin, "the name is that of one of the two");
    }
    drop(client);
}

#[salon::test]
async fn the_members_of_a_room_whose_worker_has_ended_are_in_it_no_more_and_may_come_back() {
    for wire in Wire::ALL {
        let lab = lab().await;
        let first = lab.visitor().worker(0).connect().await?;
        first.send(Come { nest: key(1) }).await?;
        let ada = lab.visitor().wire(wire).worker(1).connect().await?;
        ada.send(Come { nest: key(1) }).await?;
        ada.send(HowMany { nest: key(1) }).await?;
        assert_eq!(ada.expect::<Counted>().await, Counted { eggs: 0 });
        lab.end_worker(0);
        lab.settle().await;
        assert_eq!(lab.salon().open_rooms(), 0, "{wire:?}");
        // It may be in one room, and is in none.
        lab.salon().room::<Nest>(&key(1)).open_and_tell(Egg)?;
        assert_eq!(ada.send(Come { nest: key(1) }).await?, 1, "{wire:?}");
        ada.send(HowMany { nest: key(1) }).await?;
        assert_eq!(ada.expect::<Counted>().await, Counted { eggs: 1 }, "{wire:?}");
        ada.expect_none_of::<Counted>().await;
    }
}

#[salon::test]
async fn whoever_waits_for_a_room_whose_worker_ends_is_answered_and_its_members_are_told() {
    for wire in Wire::ALL {
        let lab = lab().await;
        let first = lab.visitor().worker(0).connect().await?;
        first.send(Come { nest: key(1) }).await?;
        let [ada, ben] = [lab.visitor().wire(wire).worker(1), lab.visitor().wire(wire).worker(1)];
        let (ada, ben) = (ada.connect().await?, ben.connect().await?);
        ada.send(Come { nest: key(1) }).await?;
        let brooding = ada.send(Brood { nest: key(1) });
        lab.settle().await;
        lab.stall(0);
        // These have not come to the room yet.
        let counting = ada.send(HowMany { nest: key(1) });
        ada.emit(HowMany { nest: key(1) });
        let coming = ben.send(Come { nest: key(1) });
        lab.settle().await;
        lab.end_worker(0);
        lab.settle().await;
        assert_eq!(code(brooding.await), Code::Closed, "{wire:?}");
        assert_eq!(code(counting.await), Code::Closed, "{wire:?}");
        assert_eq!(code(coming.await), Code::Closed, "{wire:?}");
        let refused = ada.expect_named("salon:refused").await.json()[0].clone();
        assert_eq!(
            (&refused["event"], &refused["error"]["code"]),
            (&"nest:count".into(), &"closed".into())
        );
        let evicted = ada.expect_named("salon:evicted").await.json()[0].clone();
        assert_eq!((&evicted["room"], &evicted["code"]), (&"nest:1".into(), &"closed".into()));
        ben.expect_none().await;
        // All of them may go on: nothing is in flight any more, and the next opens another.
        assert_eq!(ben.send(Come { nest: key(1) }).await?, 0, "{wire:?}");
        assert_eq!(ada.send(Come { nest: key(1) }).await?, 0, "{wire:?}");
    }
}
