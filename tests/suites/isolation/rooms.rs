//! Where the code of an app's rooms panics.

use std::{
    future::pending,
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

use salon::{
    Answer, Code, Count, LeaveReason, Listing, Presence, Present, Restart,
    prelude::*,
    testing::{Lab, Wire},
};
use serde::Serializer;
use serde_json::json;

use crate::{
    app::{Bomb, Bystanders, Hall, bomb, counted},
    sessions::{ByName, Guest},
};

/// Where it panics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
enum Place {
    #[default]
    Nowhere,
    Open,
    Admit,
    Handler,
    LateHandler,
    LateFuture,
    /// The future of an answer is dropped, with the room.
    LateDrop,
    InReply,
    LateReply,
    ReplyDrop,
    /// An event is dropped that `admit` refuses.
    Refused,
    /// An event is dropped whose sender is no member.
    Outsider,
    InBroadcast,
    InTimer,
    TimerDrop,
    TwoTimersDrop,
    InFuture,
    TwoFuturesDrop,
    Received,
    Meta,
    Left,
    Absent,
    Closing,
    /// The room's state is dropped.
    State,
    /// An entry of the list is compared with the one before.
    EntryEq,
    /// An entry of the list is dropped, with the room.
    EntryDrop,
    /// An entry of the list is dropped for another.
    EntryReplaced,
}

use Place::*;

#[derive(Debug, Deserialize)]
struct Answered {
    panics: bool,
    #[serde(skip)]
    _bomb: Bomb,
}

impl Serialize for Answered {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        assert!(!self.panics, "a reply");
        json!({ "panics": false }).serialize(serializer)
    }
}

fn answered(place: Place) -> Answered {
    let panics = matches!(place, InReply | LateReply);
    Answered { panics, _bomb: Bomb { live: place == ReplyDrop } }
}

/// Comes to a trap.
#[derive(Serialize, Deserialize, Event)]
#[event("trap:come", room = Trap(trap), join)]
struct Come {
    trap: u32,
    place: Place,
}

/// Steps into it.
#[derive(Serialize, Deserialize, Event)]
#[event("trap:step", room = Trap(trap), reply = Answered)]
struct Step {
    trap: u32,
    place: Place,
    #[serde(skip, default = "bomb")]
    bomb: Bomb,
}

#[derive(Serialize, Deserialize, Event)]
#[event("trap:wait", room = Trap(trap), reply = Answered)]
struct StepLater {
    trap: u32,
    place: Place,
}

/// Somebody stepped.
#[derive(Debug, Serialize, Deserialize, Event)]
#[event("trap:stepped")]
struct Stepped;

#[derive(Event)]
#[event("trap:unsendable")]
struct Unsendable {
    _text: &'static str,
}

const UNSENDABLE: Unsendable = Unsendable { _text: "nothing" };

impl Serialize for Unsendable {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        panic!("an event that is broadcast")
    }
}

/// What a trap is told.
#[derive(Clone)]
struct Word(Place, Bomb);

impl Word {
    fn of(place: Place) -> Self {
        Self(place, Bomb::default())
    }
}

#[derive(Clone, Debug)]
struct Entry {
    panics: bool,
    _bomb: Bomb,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        assert!(!self.panics && !other.panics, "two entries");
        false
    }
}

struct Trap {
    place: Place,
    _bomb: Bomb,
}

impl Room for Trap {
    const NAME: &'static str = "trap";
    const PRESENCE: Presence<Self> = Presence::on();
    const RESTART: Restart = Restart::Within { restarts: 8, period: Duration::from_secs(60) };
    type Key = u32;
    type Identity = Guest;
    type Events = (Come, Step, Later<StepLater>);
    type Sends = (Stepped, Unsendable);

    fn open(key: &u32, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        assert!(*key != 13, "open");
        Ok(Self { place: Nowhere, _bomb: Bomb::default() })
    }

    fn admit(&mut self, _: &Member<Guest>, cx: &mut RoomContext<Self>) -> Result<(), Refusal> {
        match cx.joining::<Come>().map(|come| come.place) {
            Some(Admit) => panic!("admit"),
            Some(Refused) => return Err(Refusal::forbidden("it is not to be")),
            Some(place) => self.place = place,
            None => {}
        }
        Ok(())
    }

    fn left(&mut self, _: &Member<Guest>, _: LeaveReason, _: &mut RoomContext<Self>) {
        assert!(self.place != Left, "left");
    }

    fn closing(&mut self, _: &mut RoomContext<Self>) {
        assert!(self.place != Closing, "closing");
    }
}

impl Present for Trap {
    type Meta = u32;

    fn meta(&self, _: &Member<Guest>) -> u32 {
        assert!(self.place != Meta, "meta");
        1
    }

    fn absent(&mut self, _: &str, _: &mut RoomContext<Self>) {
        assert!(self.place != Absent, "absent");
    }
}

impl Listing for Trap {
    type Entry = Entry;
}

impl On<Come> for Trap {
    fn on(&mut self, _: Come, cx: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        match self.place {
            State => self._bomb = bomb(),
            EntryDrop => cx.list(Entry { panics: false, _bomb: bomb() }),
            EntryReplaced => {
                cx.list(Entry { panics: false, _bomb: bomb() });
                cx.list(Entry { panics: false, _bomb: Bomb::default() });
            }
            EntryEq => {
                cx.list(Entry { panics: true, _bomb: Bomb::default() });
                cx.list(Entry { panics: true, _bomb: Bomb::default() });
            }
            _ => {}
        }
        Ok(())
    }
}

impl On<Step> for Trap {
    fn on(&mut self, mut step: Step, cx: &mut EventContext<'_, Self>) -> Result<Answered, Refusal> {
        step.bomb.live = false;
        match step.place {
            Handler => panic!("a handler"),
            InBroadcast => cx.broadcast(&UNSENDABLE),
            InTimer => drop(cx.tell_after(Duration::from_secs(1), Word::of(InTimer))),
            TimerDrop => {
                let timer = cx.tell_after(Duration::from_secs(1), Word(Nowhere, bomb()));
                cx.cancel(timer);
            }
            TwoTimersDrop => {
                cx.tell_after(Duration::from_secs(1_000), Word(Nowhere, bomb()));
                cx.tell_after(Duration::from_secs(1_000), Word(Nowhere, bomb()));
            }
            InFuture => cx.tell_when(async { panic!("a future") as Word }),
            TwoFuturesDrop => {
                for bomb in [bomb(), bomb()] {
                    cx.tell_when(async move {
                        pending::<()>().await;
                        Word(Nowhere, bomb)
                    });
                }
            }
            _ => {}
        }
        cx.broadcast(&Stepped);
        Ok(answered(step.place))
    }
}

impl OnLater<StepLater> for Trap {
    fn on_later(&mut self, step: StepLater, _: &mut EventContext<'_, Self>) -> Answer<Answered> {
        let place = step.place;
        assert!(place != LateHandler, "a handler that answers later");
        Answer::later(async move {
            match place {
                LateFuture => panic!("an answer"),
                LateDrop => {
                    let _bomb = bomb();
                    pending::<()>().await;
                }
                _ => {}
            }
            Ok(answered(place))
        })
    }
}

impl Receive<Word> for Trap {
    fn receive(&mut self, Word(place, _bomb): Word, _: &mut RoomContext<Self>) {
        assert!(!matches!(place, InTimer | Received), "a message");
    }
}

impl Reply<Word> for Trap {
    type Output = Bomb;

    fn reply(&mut self, Word(place, bomb): Word, _: &mut RoomContext<Self>) -> Bomb {
        assert!(place != Received, "a question");
        bomb
    }
}

fn app() -> Salon {
    let builder = Salon::builder().authenticate(ByName).room::<Trap>().room::<Hall>();
    builder.build().expect("the app is in order")
}

/// What a sender is told.
type Told = Result<(), Code>;

/// Where it panics, what its sender is told, how many panics that is, whether the room is opened anew
/// by it, and what the log calls it.
const PLACES: &[(Place, Told, u64, bool, &str)] = &[
    (Nowhere, Ok(()), 0, false, ""),
    (Admit, Err(Code::Internal), 1, true, "\"admit\""),
    (Handler, Err(Code::Internal), 1, true, "trap:step"),
    (LateHandler, Err(Code::Internal), 1, true, "trap:wait"),
    (LateFuture, Err(Code::Internal), 1, true, "trap:wait"),
    (InReply, Err(Code::Internal), 1, false, "trap:step"),
    (LateReply, Err(Code::Internal), 1, false, "trap:wait"),
    (ReplyDrop, Err(Code::Internal), 1, false, "trap:step"),
    (Refused, Err(Code::Forbidden), 0, false, ""),
    (Outsider, Err(Code::NotAMember), 1, false, "Step"),
    (InBroadcast, Err(Code::Internal), 1, true, "trap:step"),
    (InTimer, Ok(()), 1, true, "a timer"),
    (TimerDrop, Ok(()), 1, false, ""),
    (InFuture, Ok(()), 1, true, "a future"),
    (Meta, Err(Code::Internal), 1, true, "meta"),
    (EntryEq, Err(Code::Internal), 1, true, "trap:come"),
    (EntryReplaced, Ok(()), 1, false, "Entry"),
    // With its members, or when it closes.
    (Left, Ok(()), 1, true, "left"),
    (Absent, Ok(()), 1, true, "absent"),
    (Closing, Ok(()), 1, false, "closing"),
    (LateDrop, Err(Code::Timeout), 1, false, ""),
    (TwoTimersDrop, Ok(()), 2, false, ""),
    (TwoFuturesDrop, Ok(()), 2, false, ""),
    (State, Ok(()), 1, false, "its state"),
    (EntryDrop, Ok(()), 1, false, "Entry"),
];

#[salon::test]
async fn a_panic_of_a_room_is_its_own_alone_and_counted_once() {
    for (place, outcome, panics, restarts, named) in PLACES {
        for wire in Wire::ALL {
            let lab = Lab::new(app()).await;
            let bystanders = Bystanders::come(&lab).await?;
            // Another room of the kind, with a member that hears it.
            let neighbour = lab.connect(()).await?;
            let calm = || Come { trap: 2, place: Nowhere };
            neighbour.send(calm()).await?;
            let client = lab.connect_over(wire, ()).await?;
            let place = *place;
            let comes = matches!(place, Admit | Refused | Meta | EntryEq);
            let mut answer = Ok(());
            if place == Outsider {
                let other = lab.connect(()).await?;
                other.send(Come { trap: 1, place: Nowhere }).await?;
                other.disconnect();
            } else {
                answer = client.send(Come { trap: 1, place }).await;
            }
            if !comes {
                answer?;
                answer = match place {
                    LateHandler | LateFuture | LateReply | LateDrop => {
                        let sent = client.send(StepLater { trap: 1, place });
                        lab.advance(Duration::from_secs(100)).await;
                        sent.await.map(drop)
                    }
                    _ => {
                        let step = Step { trap: 1, place, bomb: Bomb::default() };
                        client.send(step).await.map(drop)
                    }
                };
            }
            assert_eq!(answer.map_err(|refusal| refusal.code().clone()), *outcome, "{place:?}");
            lab.advance(Duration::from_secs(2)).await;
            bystanders.talk().await?;
            neighbour.send(Step { trap: 2, place: Nowhere, bomb: Bomb::default() }).await?;
            neighbour.expect::<Stepped>().await;
            client.disconnect();
            neighbour.disconnect();
            lab.advance(crate::app::A_WHILE).await;
            bystanders.talk().await?;
            bystanders.go(&lab).await;
            counted(&lab, *panics, &[named]);
            let restarted = lab.counters().get(Count::RoomsRestarted);
            assert_eq!(restarted, u64::from(*restarts), "{place:?}");
        }
    }
}

#[salon::test]
async fn a_room_that_does_not_open_refuses_and_is_counted_once() {
    let lab = Lab::new(app()).await;
    let bystanders = Bystanders::come(&lab).await?;
    let client = lab.connect(()).await?;
    let come = Come { trap: 13, place: Open };
    let refused = client.send(come).await.expect_err("it does not open");
    assert_eq!(*refused.code(), Code::Internal);
    bystanders.talk().await?;
    client.disconnect();
    bystanders.go(&lab).await;
    counted(&lab, 1, &["trap:13"]);
}

#[salon::test]
async fn what_comes_from_outside_harms_no_room() {
    let lab = Lab::new(app()).await;
    let bystanders = Bystanders::come(&lab).await?;
    let client = lab.connect(()).await?;
    client.send(Come { trap: 1, place: Nowhere }).await?;
    let room = lab.salon().room::<Trap>(&1);
    let closed = lab.salon().room::<Trap>(&3);
    // An event that cannot be written is its sender's: here, the test's.
    let written = catch_unwind(AssertUnwindSafe(|| drop(room.broadcast(&UNSENDABLE))));
    assert!(written.is_err());
    lab.drive(closed.broadcast(&UNSENDABLE)).await;
    lab.settle().await;
    counted(&lab, 0, &[]);
    // A question whose answer nobody waits for, and one to a room that is not open.
    drop(room.ask(Word(Nowhere, bomb())));
    lab.settle().await;
    counted(&lab, 1, &[]);
    let answer = lab.drive(closed.ask(Word(Nowhere, bomb()))).await;
    assert_eq!(answer.expect_err("it is not open").code(), &Code::NotFound);
    counted(&lab, 2, &[]);
    assert_eq!(lab.counters().get(Count::RoomsRestarted), 0);
    // What the room's own code does with it is the room's.
    let answer = lab.drive(room.ask(Word::of(Received))).await;
    assert_eq!(answer.expect_err("it panics").code(), &Code::Internal);
    room.open_and_tell(Word::of(Received))?;
    lab.settle().await;
    counted(&lab, 4, &["\"reply\"", "\"receive\""]);
    assert_eq!(lab.counters().get(Count::RoomsRestarted), 2);
    bystanders.talk().await?;
    client.send(Step { trap: 1, place: Nowhere, bomb: Bomb::default() }).await?;
    client.disconnect();
    bystanders.go(&lab).await;
}
