//! Rooms and sessions that always have something to do that is ready.

use std::{
    future::ready,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use salon::{
    Count, Listing,
    prelude::*,
    testing::{Client, Failure, Lab, Wire},
};

use crate::{
    app::{Bystanders, Hall, logged},
    sessions::{ByName, Guest},
};

/// How something gives itself work.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
enum Way {
    /// A message to itself in `receive`.
    Tell,
    /// A future that is ready.
    Spawn,
    /// A timer that is due at once.
    After,
    /// Many timers that are due at once.
    AfterMany,
    /// It changes the list that it watches.
    Watch,
    /// It and another tell each other in turns.
    InTurns,
    /// Each room that opens has another opened.
    Chain,
    /// It has another opened, which closes, and says so.
    Reopen,
}

/// What goes on until it is stopped.
#[derive(Clone, Default)]
struct Going {
    stopped: Arc<AtomicBool>,
    rounds: Arc<AtomicU64>,
}

impl Going {
    /// Whether there is to be one more.
    fn on(&self) -> bool {
        self.rounds.fetch_add(1, Ordering::Relaxed);
        !self.stopped.load(Ordering::Relaxed)
    }
}

#[derive(Serialize, Deserialize, Event)]
#[event("mill:start", room = Mill(mill), join)]
struct Start {
    mill: u64,
    way: Way,
}

#[derive(Clone)]
struct Round(Way);

struct Mill {
    turns: u64,
}

impl Room for Mill {
    const NAME: &'static str = "mill";
    type Key = u64;
    type Identity = Guest;
    type Events = (Start,);
    type Sends = ();

    fn open(key: &u64, cx: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        if *key >= 1_000 && cx.data::<Going>()?.on() {
            cx.room::<Self>(&(key + 1)).open_and_tell(Round(Way::Chain))?;
        }
        Ok(Self { turns: 0 })
    }

    fn closing(&mut self, cx: &mut RoomContext<Self>) {
        if *cx.key() == REOPENED && cx.data::<Going>().is_ok_and(Going::on) {
            let _ = cx.room::<Self>(&2).open_and_tell(Round(Way::Reopen));
        }
    }
}

impl Listing for Mill {
    type Entry = u64;
}

/// The mill that closes as soon as it is open.
const REOPENED: u64 = 900;

impl On<Start> for Mill {
    fn on(&mut self, start: Start, cx: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        self.receive(Round(start.way), cx);
        Ok(())
    }
}

impl Receive<Round> for Mill {
    fn receive(&mut self, Round(way): Round, cx: &mut RoomContext<Self>) {
        let going = cx.data::<Going>().expect("it was given").clone();
        if !going.on() {
            return;
        }
        self.turns += 1;
        let told = match way {
            Way::Tell => cx.room::<Self>(cx.key()).open_and_tell(Round(way)),
            Way::InTurns => cx.room::<Self>(&(cx.key() ^ 1)).open_and_tell(Round(way)),
            Way::Chain => cx.room::<Self>(&(1_000 + cx.key())).open_and_tell(Round(way)),
            Way::Reopen if *cx.key() == REOPENED => {
                cx.close();
                Ok(())
            }
            Way::Reopen => cx.room::<Self>(&REOPENED).open_and_tell(Round(way)),
            Way::Spawn => {
                cx.tell_when(async move { Round(way) });
                Ok(())
            }
            Way::After => {
                cx.tell_after(Duration::ZERO, Round(way));
                Ok(())
            }
            Way::AfterMany => {
                for _ in 0..100 {
                    cx.tell_after(Duration::ZERO, Round(Way::After));
                }
                Ok(())
            }
            Way::Watch => {
                let mut watch = cx.rooms::<Self>().watch();
                cx.list(self.turns);
                cx.tell_when(async move {
                    watch.changed().await;
                    Round(way)
                });
                Ok(())
            }
        };
        told.expect("a worker is there");
    }
}

#[derive(Serialize, Deserialize, Event)]
#[event("spin")]
struct Spin {
    way: Way,
}

struct Spinner;

impl Session for Spinner {
    type Identity = Guest;
    type Events = (Spin,);
    type Sends = ();

    fn connect(_: &Candidate<'_, Guest>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl Spinner {
    fn spin(way: Way, cx: &mut SessionContext<Self>) {
        if !cx.data::<Going>().expect("it was given").on() {
            return;
        }
        match way {
            Way::Spawn => cx.spawn(ready(()), move |_, (), cx| Self::spin(way, cx)),
            Way::After => drop(cx.after(Duration::ZERO, move |_, cx| Self::spin(way, cx))),
            Way::AfterMany => {
                for _ in 0..100 {
                    cx.after(Duration::ZERO, |_, cx| Self::spin(Way::After, cx));
                }
            }
            _ => unreachable!("it is for rooms"),
        }
    }
}

impl On<Spin> for Spinner {
    fn on(&mut self, spin: Spin, cx: &mut SessionContext<Self>) -> Result<(), Refusal> {
        Self::spin(spin.way, cx);
        Ok(())
    }
}

fn app(going: &Going) -> Salon {
    Salon::builder()
        .authenticate(ByName)
        .data(going.clone())
        .session::<Spinner>()
        .room::<Mill>()
        .room::<Hall>()
        .build()
        .expect("the app is in order")
}

/// Starts something that does not rest, and has others talk meanwhile.
async fn others_talk(
    lab: &Lab,
    going: &Going,
    what: &str,
    start: impl AsyncFn(&Lab) -> Result<Client, Failure>,
) -> Result<(), Failure> {
    let bystanders = Bystanders::come(lab).await?;
    let _client = start(lab).await?;
    let rounds = || going.rounds.load(Ordering::Relaxed);
    let before = rounds();
    for talks in 0..1_000 {
        bystanders.talk().await?;
        if talks >= 20 && rounds() > before {
            break;
        }
    }
    assert!(rounds() > before, "{what} goes on meanwhile");
    going.stopped.store(true, Ordering::Relaxed);
    assert_eq!(logged(lab), [""; 0]);
    Ok(())
}

/// What takes no time; the lab's clock stands while anything is ready.
const TIMELESS: [Way; 6] =
    [Way::Tell, Way::Spawn, Way::Watch, Way::InTurns, Way::Chain, Way::Reopen];

#[salon::test]
async fn a_room_that_never_rests_leaves_its_worker_to_others_as_well() {
    for way in TIMELESS {
        for wire in Wire::ALL {
            let going = Going::default();
            let lab = Lab::new(app(&going)).await;
            let what = format!("{way:?} over {wire:?}");
            let start = async |lab: &Lab| {
                let miller = lab.connect_over(wire, ()).await?;
                miller.send(Start { mill: 2, way }).await?;
                Ok(miller)
            };
            others_talk(&lab, &going, &what, start).await?;
        }
    }
}

#[salon::test]
async fn a_session_that_never_rests_leaves_its_worker_to_others_as_well() {
    for wire in Wire::ALL {
        let going = Going::default();
        let lab = Lab::new(app(&going)).await;
        let what = format!("a session over {wire:?}");
        let start = async |lab: &Lab| {
            let spinner = lab.connect_over(wire, ()).await?;
            spinner.send(Spin { way: Way::Spawn }).await?;
            Ok(spinner)
        };
        others_talk(&lab, &going, &what, start).await?;
    }
}

/// Over real sockets, where time passes.
#[salon::test]
async fn timers_that_are_due_at_once_leave_their_worker_to_others_as_well() {
    for way in [Way::After, Way::AfterMany] {
        for of_session in [false, true] {
            let going = Going::default();
            let lab = Lab::serve(app(&going)).await?;
            let what = format!("{way:?}");
            let start = async |lab: &Lab| {
                let client = lab.connect(()).await?;
                if of_session {
                    client.send(Spin { way }).await?;
                } else {
                    client.send(Start { mill: 2, way }).await?;
                }
                Ok(client)
            };
            others_talk(&lab, &going, &what, start).await?;
        }
    }
}

#[salon::test]
async fn whoever_never_rests_is_named_and_counted() {
    for (way, of_session) in [(Way::Tell, false), (Way::Spawn, false), (Way::Spawn, true)] {
        let going = Going::default();
        let lab = Lab::new(app(&going)).await;
        let client = lab.connect(()).await?;
        let named = if of_session {
            client.send(Spin { way }).await?;
            client.id().expect("it is connected")
        } else {
            client.send(Start { mill: 2, way }).await?;
            "mill:2".to_owned()
        };
        let other = lab.connect(()).await?;
        let found = || lab.counters().get(Count::GreedyTurns) > 0;
        other.send(crate::app::Enter { hall: 1 }).await?;
        for _ in 0..20_000 {
            if found() {
                break;
            }
            other.send(crate::app::Say { hall: 1 }).await?;
        }
        assert!(found(), "{way:?}");
        let transcript = lab.transcript();
        let busy = |line: &&str| line.contains("keeps its worker busy");
        let line = transcript.traced().find(busy).expect("it is logged");
        assert!(line.contains(&named), "{line}");
        going.stopped.store(true, Ordering::Relaxed);
    }
}

#[salon::test]
async fn one_that_is_busy_with_what_clients_send_is_not_called_greedy() {
    let lab = Lab::new(app(&Going::default())).await;
    let client = lab.connect(()).await?;
    client.send(crate::app::Enter { hall: 1 }).await?;
    for _ in 0..100 {
        for _ in 0..60 {
            client.emit(crate::app::Say { hall: 1 });
        }
        lab.settle().await;
    }
    assert_eq!(lab.counters().get(Count::GreedyTurns), 0);
}

/// Over real sockets: in the lab no time passes while anything is ready to run.
#[salon::test]
async fn a_shutdown_ends_the_clients_of_a_room_and_a_session_that_never_rest() {
    for wire in [Wire::WebSocket, Wire::Polling] {
        let going = Going::default();
        let lab = Lab::serve(app(&going)).await?;
        let client = lab.connect_over(wire, ()).await?;
        client.send(Start { mill: 2, way: Way::Tell }).await?;
        client.send(Spin { way: Way::Spawn }).await?;
        lab.drive(lab.salon().shutdown(Duration::from_secs(8))).await;
        client.closed().await;
        going.stopped.store(true, Ordering::Relaxed);
    }
}
