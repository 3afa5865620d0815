//! A server that goes away: what it was asked before, and what its clients hear of it.
//!
//! It must never be a matter of chance: what was acknowledged has reached the others.

use std::{
    cell::Cell,
    collections::BTreeSet,
    pin::pin,
    sync::{Arc, OnceLock},
    time::Duration,
};

use crate::table::code;
use actix_web::http::Method;
use futures_util::FutureExt as _;
use salon::{
    Code, Salon,
    prelude::*,
    testing::{Client, ConnectError, Failure, Lab, Wire, for_seeds},
};

const SECOND: Duration = Duration::from_secs(1);

/// What is said when the server begins to end, of those that know it.
const MIDST: usize = 50;

/// How long a slow answer takes.
const SLOW: Duration = Duration::from_millis(100);

#[derive(Serialize, Deserialize, Event)]
#[event("hall:enter", room = Hall(hall), join)]
struct Enter {
    hall: u32,
}

#[derive(Serialize, Deserialize, Event)]
#[event("hall:say", room = Hall(hall))]
struct Say {
    hall: u32,
    number: usize,
}

/// Says it in the hall beside, by way of this one.
#[derive(Serialize, Deserialize, Event)]
#[event("hall:pass", room = Hall(hall))]
struct Pass {
    hall: u32,
    number: usize,
}

#[derive(Serialize, Deserialize, Event)]
#[event("hall:said")]
struct Said {
    number: usize,
}

#[derive(Serialize, Deserialize, Event)]
#[event("slow")]
struct Slow {
    seconds: u64,
}

/// Says what the client answers when it is asked.
#[derive(Serialize, Deserialize, Event)]
#[event("consult", reply = u32)]
struct Consult;

#[derive(Serialize, Deserialize, Event)]
#[event("opinion", reply = u32)]
struct Opinion;

struct Hall;

impl Room for Hall {
    const NAME: &'static str = "hall";
    type Key = u32;
    type Identity = ();
    type Events = (Enter, Say, Pass);
    type Sends = (Said,);

    fn open(_: &u32, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl On<Enter> for Hall {
    fn on(&mut self, _: Enter, _: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        Ok(())
    }
}

impl On<Say> for Hall {
    fn on(&mut self, say: Say, cx: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        cx.broadcast(&Said { number: say.number });
        end_in_the_midst(say.number, cx)
    }
}

/// The server ends while others have much to say still.
fn end_in_the_midst(number: usize, cx: &RoomContext<Hall>) -> Result<(), Refusal> {
    if number == MIDST
        && let Ok(salon) = cx.data::<Arc<OnceLock<Salon>>>()
        && let Some(salon) = salon.get().cloned()
    {
        actix_web::rt::spawn(async move { salon.shutdown(5 * SECOND).await });
    }
    Ok(())
}

impl On<Pass> for Hall {
    fn on(&mut self, pass: Pass, cx: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        cx.room::<Hall>(&(pass.hall + 1)).open_and_tell(pass.number)?;
        end_in_the_midst(pass.number, cx)
    }
}

impl Receive<usize> for Hall {
    fn receive(&mut self, number: usize, cx: &mut RoomContext<Self>) {
        cx.broadcast(&Said { number });
    }
}

struct Visitor;

impl Session for Visitor {
    type Identity = ();
    type Events = (Later<Slow>, Later<Consult>);
    type Sends = (Opinion,);

    fn connect(_: &Candidate<'_, ()>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl OnLater<Slow> for Visitor {
    fn on_later(&mut self, slow: Slow, _: &mut SessionContext<Self>) -> Answer<()> {
        Answer::later(async move {
            tokio::time::sleep(SLOW + Duration::from_secs(slow.seconds)).await;
            Ok(())
        })
    }
}

impl OnLater<Consult> for Visitor {
    fn on_later(&mut self, _: Consult, cx: &mut SessionContext<Self>) -> Answer<u32> {
        let asked = cx.ask(&Opinion, 5 * SECOND);
        Answer::later(async move { Ok(asked.await?) })
    }
}

async fn lab(seed: u64) -> Result<Lab, Failure> {
    let salon = Salon::builder().session::<Visitor>().room::<Hall>().build()?;
    Ok(Lab::builder(salon).workers(4).seed(seed).start().await)
}

async fn lab_with(seed: u64, itself: &Arc<OnceLock<Salon>>) -> Result<Lab, Failure> {
    let builder = Salon::builder().session::<Visitor>().room::<Hall>().data(itself.clone());
    Ok(Lab::builder(builder.build()?).workers(4).seed(seed).start().await)
}

async fn come(lab: &Lab, wire: Wire, worker: usize, hall: u32) -> Result<Client, Failure> {
    let client = lab.visitor().wire(wire).worker(worker).connect().await?;
    client.send(Enter { hall }).await?;
    Ok(client)
}

/// A crowd on four workers talks while its server goes away.
fn what_is_acknowledged_is_heard(pass: bool) {
    let some = Cell::new(false);
    for_seeds(0..30, async |seed| {
        for wire in Wire::ALL {
            let salon = Arc::<OnceLock<Salon>>::default();
            let lab = lab_with(seed, &salon).await?;
            let _ = salon.set(lab.salon().clone());
            let (speakers, listeners) = (if pass { 1 } else { 2 }, 2);
            let (mut talking, mut listening) = (Vec::new(), Vec::new());
            for worker in 0..4 {
                talking.push(come(&lab, wire, worker, speakers).await?);
                listening.push(come(&lab, wire, worker, listeners).await?);
            }
            let mut answers = Vec::new();
            for number in 0..100 {
                let speaker = &talking[number % talking.len()];
                answers.push(if pass {
                    speaker.send(Pass { hall: speakers, number })
                } else {
                    speaker.send(Say { hall: speakers, number })
                });
            }
            lab.advance(5 * SECOND).await;
            let mut acknowledged = Vec::new();
            for (number, answer) in answers.into_iter().enumerate() {
                if answer.await.is_ok() {
                    acknowledged.push(number);
                }
            }
            some.set(some.get() || (1..100).contains(&acknowledged.len()));
            for listener in &listening {
                let mut heard = BTreeSet::new();
                for event in listener.events().await {
                    if event.name == "hall:said" {
                        heard.insert(event.json()[0]["number"].as_u64().ok_or("a number")?);
                    }
                }
                let missed: Vec<_> = acknowledged
                    .iter()
                    .filter(|number| !heard.contains(&(**number as u64)))
                    .collect();
                assert!(missed.is_empty(), "{wire:?}: {missed:?} of {acknowledged:?}");
            }
        }
        Ok(())
    });
    assert!(some.get(), "the end never came in the midst of it");
}

#[test]
fn what_a_room_acknowledged_before_the_end_has_reached_its_members_on_every_worker() {
    what_is_acknowledged_is_heard(false);
}

#[test]
fn what_a_room_told_another_before_the_end_has_reached_the_members_of_that() {
    what_is_acknowledged_is_heard(true);
}

#[salon::test]
async fn an_answer_that_takes_its_time_comes_before_the_news() {
    for wire in Wire::ALL {
        let lab = lab(0).await?;
        let client = lab.connect_over(wire, ()).await?;
        let answered = client.send(Slow { seconds: 0 });
        lab.settle().await;
        lab.drive(lab.salon().shutdown(5 * SECOND)).await;
        assert!(answered.await.is_ok(), "{wire:?}");
    }
}

#[salon::test]
async fn a_client_may_answer_still_what_a_handler_asked_it() {
    for wire in Wire::ALL {
        let lab = lab(0).await?;
        let client = lab.connect_over(wire, ()).await?;
        let consulted = client.send(Consult);
        let question = client.expect_question::<Opinion>().await;
        let (salon, before) = (lab.salon(), lab.elapsed());
        let parting = async {
            let mut parting = pin!(salon.shutdown(5 * SECOND));
            assert!(parting.as_mut().now_or_never().is_none(), "it waits for the answer");
            question.answer(&7);
            parting.await;
        };
        lab.drive(parting).await;
        assert_eq!(consulted.await?, 7, "{wire:?}");
        assert!(lab.elapsed() - before < SECOND, "{wire:?}: nobody has waited for more");
    }
}

#[salon::test]
async fn an_answer_that_takes_too_long_does_not_hold_up_the_news() {
    for wire in Wire::ALL {
        let lab = lab(0).await?;
        let late = lab.connect_over(wire, ()).await?;
        let answer = late.send(Slow { seconds: 20 });
        lab.settle().await;
        let before = lab.elapsed();
        lab.drive(lab.salon().shutdown(4 * SECOND)).await;
        assert!(lab.elapsed() - before <= 4 * SECOND, "{wire:?}");
        assert_eq!(code(answer.await), Code::Disconnected, "{wire:?}");
        assert_eq!(late.closed().await.code, Code::Disconnected, "{wire:?}");
    }
}

#[salon::test]
async fn nothing_is_done_and_nobody_let_in_once_the_server_parts_with_its_clients() {
    for wire in Wire::ALL {
        let lab = lab(0).await?;
        let (busy, other) = (come(&lab, wire, 0, 1).await?, come(&lab, wire, 1, 1).await?);
        let slow = busy.send(Slow { seconds: 0 });
        lab.settle().await;
        let salon = lab.salon();
        let parting = async {
            let mut parting = pin!(salon.shutdown(5 * SECOND));
            assert!(parting.as_mut().now_or_never().is_none(), "it waits for the answer");
            let said = other.send(Say { hall: 1, number: 1 });
            parting.await;
            said
        };
        let said = lab.drive(parting).await;
        assert_eq!(code(said.await), Code::Disconnected, "{wire:?}");
        let late = lab.visitor().wire(wire).open().await;
        assert!(
            matches!(late, Err(ConnectError::Rejected { status: 503, .. })),
            "{wire:?}: {late:?}"
        );
        assert!(slow.await.is_ok(), "{wire:?}");
        assert!(busy.events().await.is_empty(), "{wire:?}: what was not taken was not said");
    }
}

#[salon::test]
async fn who_reads_slowly_gets_all_that_was_queued_and_then_the_news() {
    let salon = Salon::builder().session::<Visitor>().room::<Hall>().build()?;
    let lab = Lab::builder(salon).workers(2).window(1_024).start().await;
    let (slow, quick) =
        (come(&lab, Wire::WebSocket, 0, 1).await?, come(&lab, Wire::WebSocket, 1, 1).await?);
    // It takes longer than a close may take otherwise.
    slow.read_slowly(2_000);
    for number in 0..200 {
        quick.send(Say { hall: 1, number }).await?;
    }
    lab.drive(lab.salon().shutdown(60 * SECOND)).await;
    let heard = slow.events().await.len();
    assert_eq!((heard, slow.closed().await.close_code), (200, Some(1012)));
}

#[salon::test]
async fn who_does_not_read_does_not_keep_the_server_longer_than_it_was_to_take() {
    for wire in [Wire::WebSocket, Wire::Upgrade] {
        let salon = Salon::builder().session::<Visitor>().room::<Hall>().build()?;
        let lab = Lab::builder(salon).workers(2).window(64).start().await;
        let (silent, quick) = (come(&lab, wire, 0, 1).await?, come(&lab, wire, 1, 1).await?);
        silent.stop_reading();
        for number in 0..200 {
            quick.send(Say { hall: 1, number }).await?;
        }
        let before = lab.elapsed();
        lab.drive(lab.salon().shutdown(5 * SECOND)).await;
        assert_eq!(lab.elapsed() - before, 5 * SECOND, "{wire:?}");
        assert_eq!(quick.closed().await.close_code, Some(1012), "{wire:?}");
    }
}

#[salon::test]
async fn a_client_that_polls_no_more_does_not_keep_the_server_longer_than_a_close_may_take() {
    let salon = Salon::builder().timeouts(|timeouts| timeouts.close = 3 * SECOND).build()?;
    let lab = Lab::new(salon).await;
    let open = "/socket.io/?EIO=4&transport=polling";
    let opened = lab.visitor().request(Method::GET, open, "").await?.text();
    let opened: serde_json::Value = serde_json::from_str(&opened[1..])?;
    let session = format!("{open}&sid={}", opened["sid"].as_str().ok_or("no session")?);
    lab.visitor().request(Method::POST, &session, "40").await?;
    lab.visitor().request(Method::GET, &session, "").await?;
    assert_eq!(lab.salon().connections(), 1);
    // Between two polls there is no socket to be closed, and nothing that says whether it comes.
    let before = lab.elapsed();
    lab.drive(lab.salon().shutdown(60 * SECOND)).await;
    assert_eq!(lab.elapsed() - before, 3 * SECOND);
}

#[salon::test]
async fn a_client_that_polls_is_told_on_whatever_poll_comes_next() {
    let lab = lab(0).await?;
    let clients = [
        come(&lab, Wire::Polling, 0, 1).await?,
        come(&lab, Wire::Polling, 1, 1).await?,
        come(&lab, Wire::Polling, 2, 1).await?,
    ];
    clients[0].emit(Say { hall: 1, number: 1 });
    lab.drive(lab.salon().shutdown(5 * SECOND)).await;
    for client in &clients {
        let closed = client.closed().await;
        assert_eq!(closed.code, Code::Disconnected);
        let transcript = client.transcript().to_string();
        assert!(transcript.contains("close"), "{transcript}");
    }
    assert_eq!(lab.salon().connections(), 0);
}
