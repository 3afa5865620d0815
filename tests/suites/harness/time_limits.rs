//! Handlers that take longer than they may, and what a session keeps when one panics.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use salon::{
    Answer, BuildError, Code, Count, Refusal,
    config::Timeouts,
    prelude::*,
    testing::{Failure, Lab},
};

const SECOND: Duration = Duration::from_secs(1);

/// Answered by the session after so many seconds.
#[derive(Serialize, Deserialize, Event)]
#[event("dig", reply = u64)]
struct Dig(u64);

/// Panics after so many seconds.
#[derive(Serialize, Deserialize, Event)]
#[event("collapse")]
struct Collapse(u64);

/// Counts, and panics behind it if it is told so.
#[derive(Serialize, Deserialize, Event)]
#[event("tally", reply = u32)]
struct Tally {
    panic: bool,
}

/// Enters a mine, after so many seconds.
#[derive(Serialize, Deserialize, Event)]
#[event("mine:enter", room = Mine(mine), join, reply = u64)]
struct Enter {
    mine: u32,
    seconds: u64,
}

/// Digs in a mine for so many seconds.
#[derive(Serialize, Deserialize, Event)]
#[event("mine:dig", room = Mine(mine), reply = u64)]
struct DigThere {
    mine: u32,
    seconds: u64,
}

/// How many answers have come to their end, and how many were dropped.
#[derive(Clone, Debug, Default)]
struct Ends(Arc<Figures>);

#[derive(Debug, Default)]
struct Figures {
    finished: AtomicU32,
    dropped: AtomicU32,
}

impl Ends {
    /// Finished, and dropped.
    fn figures(&self) -> (u32, u32) {
        let Figures { finished, dropped } = &*self.0;
        (finished.load(Ordering::Relaxed), dropped.load(Ordering::Relaxed))
    }
}

/// Notes what becomes of the future that owns it.
struct Shift {
    ends: Ends,
    finished: bool,
}

impl Drop for Shift {
    fn drop(&mut self) {
        let Figures { finished, dropped } = &*self.ends.0;
        let counter = if self.finished { finished } else { dropped };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

fn dig(ends: Result<&Ends, Refusal>, seconds: u64) -> Answer<u64> {
    let ends = ends.cloned();
    Answer::later(async move {
        let mut shift = Shift { ends: ends?, finished: false };
        tokio::time::sleep(seconds as u32 * SECOND).await;
        shift.finished = true;
        Ok(seconds)
    })
}

struct Digger {
    tally: u32,
}

impl Session for Digger {
    type Identity = ();
    type Events = (Later<Dig>, Later<Collapse>, Tally);
    type Sends = ();

    fn connect(_: &Candidate<'_, ()>) -> Result<Self, Refusal> {
        Ok(Self { tally: 0 })
    }
}

impl OnLater<Dig> for Digger {
    fn on_later(&mut self, Dig(seconds): Dig, cx: &mut SessionContext<Self>) -> Answer<u64> {
        dig(cx.data(), seconds)
    }
}

impl OnLater<Collapse> for Digger {
    fn on_later(&mut self, event: Collapse, _: &mut SessionContext<Self>) -> Answer<()> {
        Answer::later(async move {
            tokio::time::sleep(event.0 as u32 * SECOND).await;
            panic!("a panic in an answer");
        })
    }
}

impl On<Tally> for Digger {
    fn on(&mut self, event: Tally, _: &mut SessionContext<Self>) -> Result<u32, Refusal> {
        self.tally += 1;
        assert!(!event.panic, "a panic after a change of the session's state");
        Ok(self.tally)
    }
}

struct Mine;

impl Room for Mine {
    const NAME: &'static str = "mine";
    const LINGER: Duration = SECOND;
    type Key = u32;
    type Identity = ();
    type Events = (Later<Enter>, Later<DigThere>);
    type Sends = ();

    fn open(_: &u32, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl OnLater<Enter> for Mine {
    fn on_later(&mut self, event: Enter, cx: &mut EventContext<'_, Self>) -> Answer<u64> {
        dig(cx.data(), event.seconds)
    }
}

impl OnLater<DigThere> for Mine {
    fn on_later(&mut self, event: DigThere, cx: &mut EventContext<'_, Self>) -> Answer<u64> {
        dig(cx.data(), event.seconds)
    }
}

async fn lab(change: impl FnOnce(&mut Timeouts), in_flight: usize) -> Result<(Lab, Ends), Failure> {
    let ends = Ends::default();
    let salon = Salon::builder()
        .session::<Digger>()
        .room::<Mine>()
        .data(ends.clone())
        .timeouts(change)
        .limits(|limits| limits.max_events_in_flight = in_flight)
        .build()?;
    Ok((Lab::new(salon).await, ends))
}

fn ten_seconds(timeouts: &mut Timeouts) {
    timeouts.handler = Some(10 * SECOND);
}

#[salon::test]
async fn an_answer_that_is_late_is_refused_to_the_second_and_its_result_dropped() {
    let (lab, ends) = lab(ten_seconds, 64).await?;
    let client = lab.connect(()).await?;
    client.send(Enter { mine: 1, seconds: 0 }).await?;
    let (of_session, of_room) =
        (client.send(Dig(15)), client.send(DigThere { mine: 1, seconds: 15 }));
    lab.advance(10 * SECOND - Duration::from_millis(1)).await;
    assert_eq!(lab.counters().get(Count::LateAnswers), 0);
    lab.advance(Duration::from_millis(1)).await;
    for sent in [of_session, of_room] {
        assert_eq!(*sent.await.expect_err("too late").code(), Code::Timeout);
    }
    assert_eq!(lab.counters().get(Count::LateAnswers), 2);
    assert_eq!(ends.figures(), (1, 0), "they go on");
    let before = client.transcript().to_string();
    lab.advance(10 * SECOND).await;
    assert_eq!(ends.figures(), (3, 0), "to their end");
    assert_eq!(client.transcript().to_string(), before, "of which nobody hears");
    assert_eq!(lab.counters().get(Count::LateAnswers), 2);
}

#[salon::test]
async fn an_answer_in_time_is_none_that_is_late() {
    let (lab, ends) = lab(ten_seconds, 64).await?;
    let client = lab.connect(()).await?;
    let answers = [client.send(Dig(10)), client.send(Enter { mine: 1, seconds: 10 })];
    lab.advance(10 * SECOND).await;
    for sent in answers {
        assert_eq!(sent.await?, 10);
    }
    assert_eq!(lab.counters().get(Count::LateAnswers), 0);
    assert_eq!(ends.figures(), (2, 0));
}

#[salon::test]
async fn a_late_answer_gives_its_place_in_flight_back_and_is_dropped_after_as_long_again() {
    let (lab, ends) = lab(ten_seconds, 1).await?;
    let client = lab.connect(()).await?;
    client.send(Enter { mine: 1, seconds: 0 }).await?;
    let stuck = [client.send(Dig(1_000)), client.send(DigThere { mine: 1, seconds: 1_000 })];
    let waits = client.send(Tally { panic: false });
    lab.advance(20 * SECOND - Duration::from_millis(1)).await;
    assert_eq!(lab.counters().get(Count::EventsReceived), 3, "one after the other");
    assert_eq!(ends.figures(), (1, 0));
    lab.advance(Duration::from_millis(1)).await;
    assert_eq!(waits.await?, 1);
    assert_eq!(ends.figures(), (1, 1), "the first has had as long again");
    lab.advance(10 * SECOND).await;
    assert_eq!(ends.figures(), (1, 2));
    for sent in stuck {
        assert_eq!(*sent.await.expect_err("too late").code(), Code::Timeout);
    }
}

#[salon::test]
async fn a_late_answer_ends_with_its_client() {
    let (lab, ends) = lab(ten_seconds, 64).await?;
    let client = lab.connect(()).await?;
    client.send(Enter { mine: 1, seconds: 0 }).await?;
    let stuck = [client.send(Dig(1_000)), client.send(DigThere { mine: 1, seconds: 1_000 })];
    lab.advance(11 * SECOND).await;
    assert_eq!(ends.figures(), (1, 0));
    client.close();
    lab.settle().await;
    assert_eq!(ends.figures(), (1, 2));
    drop(stuck);
    lab.advance(2 * SECOND).await;
    assert_eq!(lab.salon().open_rooms(), 0, "nothing holds the room");
}

#[salon::test]
async fn an_event_that_was_to_make_a_member_makes_none_if_its_answer_is_late() {
    let (lab, _) = lab(ten_seconds, 64).await?;
    let client = lab.connect(()).await?;
    let entering = client.send(Enter { mine: 1, seconds: 15 });
    lab.advance(20 * SECOND).await;
    assert_eq!(*entering.await.expect_err("too late").code(), Code::Timeout);
    let refused = client.send(DigThere { mine: 1, seconds: 0 }).await.expect_err("no member");
    assert_eq!(*refused.code(), Code::NotAMember);
}

#[salon::test]
async fn without_a_limit_an_answer_may_take_as_long_as_its_session_lasts() {
    let (lab, ends) = lab(|timeouts| timeouts.handler = None, 64).await?;
    let client = lab.connect(()).await?;
    client.send(Enter { mine: 1, seconds: 0 }).await?;
    let slow = [client.send(Dig(3_600)), client.send(DigThere { mine: 1, seconds: 3_600 })];
    let slower = [client.send(Dig(7_200)), client.send(DigThere { mine: 1, seconds: 7_200 })];
    lab.advance(3_600 * SECOND).await;
    for sent in slow {
        assert_eq!(sent.await?, 3_600);
    }
    client.close();
    lab.settle().await;
    assert_eq!(ends.figures(), (3, 2));
    drop(slower);
    assert_eq!(lab.counters().get(Count::LateAnswers), 0);
}

#[salon::test]
async fn a_late_answer_that_panics_is_counted_and_harms_nobody() {
    let (lab, _) = lab(ten_seconds, 64).await?;
    let client = lab.connect(()).await?;
    let stuck = client.send(Collapse(15));
    lab.advance(20 * SECOND).await;
    assert_eq!(*stuck.await.expect_err("too late").code(), Code::Timeout);
    assert_eq!(lab.counters().get(Count::HandlerPanics), 1);
    assert_eq!(client.send(Tally { panic: false }).await?, 1);
}

#[salon::test]
async fn a_session_whose_handler_panicked_goes_on_with_its_state() {
    let (lab, _) = lab(ten_seconds, 64).await?;
    let (client, other) = (lab.connect(()).await?, lab.connect(()).await?);
    client.send(Enter { mine: 1, seconds: 0 }).await?;
    assert_eq!(client.send(Tally { panic: false }).await?, 1);
    let refused = client.send(Tally { panic: true }).await.expect_err("its handler panicked");
    assert_eq!(*refused.code(), Code::Internal);
    assert_eq!(client.send(Tally { panic: false }).await?, 3, "as the panic left it");
    assert_eq!(client.send(DigThere { mine: 1, seconds: 0 }).await?, 0, "a member still");
    assert_eq!(other.send(Tally { panic: false }).await?, 1);
    assert_eq!(lab.counters().get(Count::HandlerPanics), 1);
}

#[salon::test]
async fn a_time_limit_of_nothing_or_of_days_is_refused_at_build() {
    for limit in [Duration::ZERO, 86_401 * SECOND] {
        let built = Salon::builder().timeouts(|timeouts| timeouts.handler = Some(limit)).build();
        let Err(BuildError::Setting { name, .. }) = built else { panic!("{built:?}") };
        assert_eq!(name, "timeouts.handler");
    }
}
