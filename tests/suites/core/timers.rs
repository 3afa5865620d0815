//! Timers of rooms and of sessions.
//!
//! It must never look at the wall clock: time is the lab's.

use std::time::Duration;

use salon::{
    Count,
    prelude::*,
    testing::{Client, Failure, Lab},
};

const SECOND: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
enum Deed {
    /// Something rings after two seconds.
    After,
    /// Something rings every second.
    Every,
    /// As `Every`, and the third ring is the last: it is cancelled from there.
    Thrice,
    /// What was asked for last is cancelled.
    Cancel,
    /// As `Every`, and what it would call is cancelled at once.
    Never,
    Panic,
    Close,
}

/// Has a clock do something, and says whether it was of use.
#[derive(Serialize, Deserialize, Event)]
#[event("clock:do", room = Clock(clock), join, reply = bool)]
struct Wind {
    clock: String,
    deed: Deed,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, Event)]
#[event("ring")]
struct Ring {
    of: String,
    count: u32,
}

#[derive(Clone)]
struct Now {
    last: u32,
}

struct Clock {
    count: u32,
    timer: Option<Timer>,
}

impl Room for Clock {
    const NAME: &'static str = "clock";
    type Key = String;
    type Identity = ();
    type Events = (Wind,);
    type Sends = (Ring,);

    fn open(_: &String, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        Ok(Self { count: 0, timer: None })
    }
}

impl On<Wind> for Clock {
    fn on(&mut self, event: Wind, cx: &mut EventContext<'_, Self>) -> Result<bool, Refusal> {
        assert_eq!(*cx.key(), event.clock);
        let now = Now { last: u32::MAX };
        match event.deed {
            Deed::After => self.timer = Some(cx.tell_after(2 * SECOND, now)),
            Deed::Every => self.timer = Some(cx.tell_every(SECOND, now)),
            Deed::Thrice => self.timer = Some(cx.tell_every(SECOND, Now { last: 3 })),
            Deed::Cancel => return Ok(self.timer.is_some_and(|timer| cx.cancel(timer))),
            Deed::Never => {
                let timer = cx.tell_every(SECOND, now);
                return Ok(cx.cancel(timer));
            }
            Deed::Panic => panic!("a panic in a room with timers"),
            Deed::Close => cx.close(),
        }
        Ok(true)
    }
}

impl Receive<Now> for Clock {
    fn receive(&mut self, now: Now, cx: &mut RoomContext<Self>) {
        self.count += 1;
        cx.broadcast(&Ring { of: cx.key().clone(), count: self.count });
        if let Some(timer) = self.timer.filter(|_| self.count == now.last) {
            assert!(cx.cancel(timer), "it would come again");
            assert!(!cx.cancel(timer));
        }
    }
}

/// Has a session's timers do something, and says whether it was of use.
#[derive(Serialize, Deserialize, Event)]
#[event("wrist:do", reply = bool)]
struct Wear {
    deed: Deed,
}

struct Wrist {
    count: u32,
    timer: Option<Timer>,
}

impl Wrist {
    fn ring(&mut self, last: u32, cx: &mut SessionContext<Self>) {
        self.count += 1;
        cx.try_emit(&Ring { of: "wrist".to_owned(), count: self.count })
            .expect("the client is there");
        if let Some(timer) = self.timer.filter(|_| self.count == last) {
            assert!(cx.cancel(timer), "it would come again");
        }
    }
}

impl Session for Wrist {
    type Identity = ();
    type Events = (Wear,);
    type Sends = (Ring,);

    fn connect(_: &Candidate<'_, ()>) -> Result<Self, Refusal> {
        Ok(Self { count: 0, timer: None })
    }
}

impl On<Wear> for Wrist {
    fn on(&mut self, event: Wear, cx: &mut SessionContext<Self>) -> Result<bool, Refusal> {
        let ring =
            |last| move |wrist: &mut Self, cx: &mut SessionContext<Self>| wrist.ring(last, cx);
        match event.deed {
            Deed::After => self.timer = Some(cx.after(2 * SECOND, ring(u32::MAX))),
            Deed::Every => self.timer = Some(cx.every(SECOND, ring(u32::MAX))),
            Deed::Thrice => self.timer = Some(cx.every(SECOND, ring(3))),
            Deed::Cancel => return Ok(self.timer.is_some_and(|timer| cx.cancel(timer))),
            Deed::Never => {
                let timer = cx.every(SECOND, ring(u32::MAX));
                return Ok(cx.cancel(timer));
            }
            Deed::Panic => drop(cx.every(SECOND, |_, _| panic!("a panic in a timer"))),
            Deed::Close => cx.socket().disconnect(),
        }
        Ok(true)
    }
}

/// A client of a clock and of a wrist.
struct Wearer(Client);

impl Wearer {
    /// Does it in the room, or in the session.
    async fn has(&self, of: &str, deed: Deed) -> Result<bool, Refusal> {
        match of {
            "wrist" => self.0.send(Wear { deed }).await,
            clock => self.0.send(Wind { clock: clock.to_owned(), deed }).await,
        }
    }

    /// How many rings came since it was last asked.
    async fn rings(&self) -> usize {
        self.0.events().await.iter().filter(|event| event.name == "ring").count()
    }
}

async fn lab() -> Result<(Lab, Wearer), Failure> {
    let salon = Salon::builder().session::<Wrist>().room::<Clock>().build()?;
    let lab = Lab::new(salon).await;
    let wearer = Wearer(lab.connect(()).await?);
    Ok((lab, wearer))
}

#[salon::test]
async fn a_timer_rings_once_and_not_before_it_is_due() {
    for of in ["wall", "wrist"] {
        let (lab, wearer) = lab().await?;
        wearer.has(of, Deed::After).await?;
        lab.advance(2 * SECOND - Duration::from_millis(2)).await;
        assert_eq!(wearer.rings().await, 0, "{of}");
        lab.advance(10 * SECOND).await;
        assert_eq!(wearer.rings().await, 1, "{of}");
        assert!(!wearer.has(of, Deed::Cancel).await?, "{of}: it has rung");
    }
}

#[salon::test]
async fn a_tick_comes_after_each_interval_until_it_is_cancelled() {
    for of in ["wall", "wrist"] {
        let (lab, wearer) = lab().await?;
        wearer.has(of, Deed::Every).await?;
        lab.advance(SECOND / 2).await;
        assert_eq!(wearer.rings().await, 0, "{of}: the first is after an interval");
        lab.advance(10 * SECOND).await;
        assert_eq!(wearer.rings().await, 10, "{of}");
        assert!(wearer.has(of, Deed::Cancel).await?, "{of}");
        assert!(!wearer.has(of, Deed::Cancel).await?, "{of}: once is enough");
        lab.advance(10 * SECOND).await;
        assert_eq!(wearer.rings().await, 0, "{of}");
    }
}

#[salon::test]
async fn a_tick_may_be_cancelled_by_what_it_calls_and_before_it_calls_anything() {
    for of in ["wall", "wrist"] {
        let (lab, wearer) = lab().await?;
        assert!(wearer.has(of, Deed::Never).await?, "{of}");
        wearer.has(of, Deed::Thrice).await?;
        lab.advance(10 * SECOND).await;
        assert_eq!(wearer.rings().await, 3, "{of}");
    }
}

#[salon::test]
async fn a_cancelled_timer_leaves_the_others_alone() {
    for of in ["wall", "wrist"] {
        let (lab, wearer) = lab().await?;
        wearer.has(of, Deed::After).await?;
        wearer.has(of, Deed::Every).await?;
        assert!(wearer.has(of, Deed::Cancel).await?, "{of}");
        lab.advance(10 * SECOND).await;
        assert_eq!(wearer.rings().await, 1, "{of}");
    }
}

#[salon::test]
async fn ticks_of_a_state_that_is_gone_do_not_reach_the_one_after_it() {
    let (lab, wearer) = lab().await?;
    wearer.has("wall", Deed::Every).await?;
    wearer.has("wall", Deed::After).await?;
    wearer.has("wall", Deed::Panic).await.expect_err("its handler panicked");
    assert_eq!(lab.counters().get(Count::RoomsRestarted), 1);
    lab.advance(10 * SECOND).await;
    assert_eq!(wearer.rings().await, 0);
    wearer.has("wall", Deed::Every).await?;
    lab.advance(SECOND).await;
    assert_eq!(wearer.rings().await, 1, "the new state has its own");
}

#[salon::test]
async fn ticks_end_with_their_room_and_do_not_keep_it() {
    let (lab, wearer) = lab().await?;
    wearer.has("wall", Deed::Every).await?;
    wearer.has("wall", Deed::Close).await?;
    wearer.has("tower", Deed::Every).await?;
    drop(wearer);
    assert_eq!(lab.salon().open_rooms(), 1);
    lab.advance(Clock::LINGER + SECOND).await;
    assert_eq!(lab.salon().open_rooms(), 0);
    assert_eq!(lab.counters().get(Count::HandlerPanics), 0);
}

#[salon::test]
async fn ticks_of_a_session_end_with_it_and_survive_a_panic() {
    let (lab, wearer) = lab().await?;
    wearer.has("wrist", Deed::Panic).await?;
    wearer.has("wrist", Deed::Every).await?;
    lab.advance(3 * SECOND).await;
    assert_eq!(wearer.rings().await, 3);
    assert_eq!(lab.counters().get(Count::HandlerPanics), 3, "it goes on as well");
    wearer.0.emit(Wear { deed: Deed::Close });
    lab.advance(10 * SECOND).await;
    assert_eq!(wearer.rings().await, 0);
    assert_eq!(lab.counters().get(Count::HandlerPanics), 3);
}
