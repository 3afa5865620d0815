//! What is acknowledged, or sent once more: at least once, and as often as it says at most.
//!
//! That it has its number each time, and that nothing else comes twice, the lab itself holds every client to.

use std::time::Duration;

use fastrand::Rng;
use salon::{
    BuildError, Count, History,
    prelude::*,
    store::MemoryStore,
    testing::{Client, Failure, Happened, Lab, Traffic, Wire, for_seeds},
    wire::engine_io::Message,
};

use crate::{
    desk::{Filled, Kind, SPAN, To, app, app_with, enter, fill, filled, lab, member, take},
    ledger::ToldStore,
};

/// For each kind of room and each wire.
fn each(seeds: u64, test: impl AsyncFn(u64, Wire, Kind) -> Result<(), Failure>) {
    for_seeds(0..seeds, async |seed| {
        for kind in Kind::ALL {
            for wire in Wire::ALL {
                test(seed, wire, kind).await?;
            }
        }
        Ok(())
    });
}

/// Time passes in which an acknowledgement is awaited, and in which what is sent then arrives.
async fn wait(lab: &Lab) {
    lab.settle().await;
    lab.advance(SPAN).await;
    lab.settle().await;
}

#[test]
fn what_is_not_acknowledged_in_its_time_is_sent_once_more_and_nothing_else() {
    each(5, async |seed, wire, kind| {
        let lab = lab(seed, |_| {}).await?;
        let ada = member(&lab, wire, kind, "ada").await?;
        let bob = member(&lab, wire, kind, "bob").await?;
        fill(&lab, &bob, kind, (3, 1), To::All).await;
        for (n, acknowledges) in [(1, true), (2, false), (3, true)] {
            take(&ada, n, acknowledges).await;
        }
        assert_eq!(filled(&bob).await, [1, 2, 3], "{wire:?} {kind:?}");
        wait(&lab).await;
        take(&ada, 2, true).await;
        assert_eq!(filled(&bob).await, [1, 2, 3], "{wire:?} {kind:?}");
        assert_eq!(lab.counters().get(Count::EventsSentAgain), 4, "{wire:?} {kind:?}");
        wait(&lab).await;
        assert_eq!(filled(&ada).await, [0; 0], "{wire:?} {kind:?}");
        for n in 1..=3 {
            take(&bob, n, true).await;
        }
        wait(&lab).await;
        wait(&lab).await;
        assert_eq!(filled(&bob).await, [0; 0], "{wire:?} {kind:?}");
        assert_eq!(lab.counters().get(Count::EventsGivenUp), 0);
        Ok(())
    });
}

#[test]
fn one_that_comes_back_is_sent_what_it_has_not_acknowledged_however_it_comes() {
    each(5, async |seed, wire, kind| {
        for resumes in [false, true] {
            let lab = lab(seed, |_| {}).await?;
            let ada = member(&lab, wire, kind, "ada").await?;
            let bob = member(&lab, wire, kind, "bob").await?;
            fill(&lab, &bob, kind, (2, 1), To::All).await;
            take(&ada, 1, true).await;
            lab.settle().await;
            ada.close();
            lab.settle().await;
            assert_eq!(filled(&ada).await, [2], "{wire:?} {kind:?}");
            fill(&lab, &bob, kind, (2, 1), To::All).await;
            match resumes {
                true => ada.resume().await?,
                false => ada.reconnect().await?,
            }
            let entering = enter(&ada, kind);
            lab.settle().await;
            assert_eq!(entering.await?, resumes, "{wire:?} {kind:?}");
            for n in [2, 4, 5] {
                take(&ada, n, true).await;
            }
            assert_eq!(filled(&ada).await, [0; 0], "{wire:?} {kind:?}");
            wait(&lab).await;
            assert_eq!(filled(&ada).await, [0; 0], "{wire:?} {kind:?}");
        }
        Ok(())
    });
}

#[test]
fn who_acknowledges_nothing_is_cut_off_in_the_end_and_has_not_to_do_with_it_any_more() {
    each(5, async |seed, wire, kind| {
        let lab = lab(seed, |limits| limits.max_acked_times = 2).await?;
        let ada = member(&lab, wire, kind, "ada").await?;
        let bob = member(&lab, wire, kind, "bob").await?;
        fill(&lab, &bob, kind, (2, 0), To::Others).await;
        for _ in 0..3 {
            assert!(ada.is_connected(), "{wire:?} {kind:?}");
            assert_eq!(filled(&ada).await, [1, 2], "{wire:?} {kind:?}");
            wait(&lab).await;
        }
        ada.closed().within(Duration::from_secs(60)).await;
        assert!(bob.is_connected(), "it was not for him");
        assert_eq!(lab.counters().get(Count::EventsSentAgain), 4);
        assert_eq!(lab.counters().get(Count::EventsGivenUp), 2);
        ada.reconnect().await?;
        enter(&ada, kind).await?;
        wait(&lab).await;
        assert_eq!(filled(&ada).await, [0; 0], "{wire:?} {kind:?}");
        // What comes now is another matter.
        fill(&lab, &bob, kind, (1, 0), To::Others).await;
        take(&ada, 3, true).await;
        wait(&lab).await;
        assert_eq!(lab.counters().get(Count::EventsGivenUp), 2);
        Ok(())
    });
}

#[test]
fn one_of_a_users_sessions_acknowledges_for_all() {
    each(3, async |seed, wire, kind| {
        let lab = lab(seed, |_| {}).await?;
        let ada = member(&lab, wire, kind, "ada").await?;
        let other = member(&lab, wire, kind, "ada").await?;
        let bob = member(&lab, wire, kind, "bob").await?;
        fill(&lab, &bob, kind, (2, 0), To::Others).await;
        take(&ada, 1, true).await;
        take(&other, 1, false).await;
        take(&other, 2, false).await;
        take(&ada, 2, false).await;
        wait(&lab).await;
        assert_eq!((filled(&ada).await, filled(&other).await), (vec![2], vec![2]), "{wire:?}");
        assert_eq!(lab.counters().get(Count::EventsSentAgain), 1);
        Ok(())
    });
}

#[test]
fn one_that_is_behind_is_not_sent_ahead_what_it_is_still_to_read() {
    each(5, async |seed, wire, kind| {
        let lab = lab(seed, |limits| limits.max_outbox_frames = 8).await?;
        let ada = member(&lab, wire, kind, "ada").await?;
        let bob = member(&lab, wire, kind, "bob").await?;
        ada.stop_reading();
        for _ in 0..30 {
            fill(&lab, &bob, kind, (1, 1), To::Others).await;
        }
        wait(&lab).await;
        ada.read_on();
        lab.settle().await;
        let came = filled(&ada).await;
        for n in (1..=59).step_by(2) {
            assert!(came.contains(&n), "{n} of {came:?}");
        }
        Ok(())
    });
}

#[test]
fn after_a_panic_the_new_order_is_acknowledged_as_the_old_one() {
    each(3, async |seed, wire, kind| {
        let lab = lab(seed, |_| {}).await?;
        let ada = member(&lab, wire, kind, "ada").await?;
        let bob = member(&lab, wire, kind, "bob").await?;
        fill(&lab, &bob, kind, (1, 0), To::Others).await;
        fill(&lab, &bob, kind, (1, 0), To::Crash).await;
        fill(&lab, &bob, kind, (1, 0), To::Others).await;
        // What a durable room has said is said.
        let all = if kind == Kind::Safe { vec![1, 2] } else { vec![1, 1] };
        assert_eq!(filled(&ada).await, all, "{wire:?} {kind:?}");
        wait(&lab).await;
        let again = if kind == Kind::Safe { vec![1, 2] } else { vec![1] };
        assert_eq!(filled(&ada).await, again, "{wire:?} {kind:?}");
        Ok(())
    });
}

#[salon::test]
async fn what_is_missed_over_a_restart_is_acknowledged_as_what_was_missed_before() {
    for wire in Wire::ALL {
        let store = MemoryStore::new();
        let mut lab = Lab::builder(app_with(store.clone()).build()?).start().await;
        let ada = member(&lab, wire, Kind::Safe, "ada").await?;
        let bob = member(&lab, Wire::WebSocket, Kind::Safe, "bob").await?;
        fill(&lab, &bob, Kind::Safe, (1, 0), To::Others).await;
        take(&ada, 1, true).await;
        lab.settle().await;
        ada.reset();
        lab.settle().await;
        fill(&lab, &bob, Kind::Safe, (2, 1), To::Others).await;
        lab.restart(app_with(store).build()?).await;
        // The room is open again for longer than it waits for an acknowledgement.
        bob.resume().await?;
        assert!(enter(&bob, Kind::Safe).await?);
        lab.advance(3 * SPAN).await;
        ada.resume().await?;
        assert!(enter(&ada, Kind::Safe).await?);
        take(&ada, 2, true).await;
        take(&ada, 3, false).await;
        assert_eq!(filled(&ada).await, [0; 0], "{wire:?}: each came once");
        wait(&lab).await;
        take(&ada, 3, true).await;
        wait(&lab).await;
        wait(&lab).await;
        assert_eq!((filled(&ada).await, filled(&bob).await), (vec![], vec![]), "{wire:?}");
        assert_eq!(lab.counters().get(Count::EventsGivenUp), 0);
    }
}

#[salon::test]
async fn what_was_said_before_a_commit_that_failed_can_be_acknowledged_behind_it() {
    for wire in Wire::ALL {
        let store = ToldStore::default();
        let lab = Lab::builder(app_with(store.clone()).build()?).start().await;
        let ada = member(&lab, wire, Kind::Safe, "ada").await?;
        let bob = member(&lab, Wire::WebSocket, Kind::Safe, "bob").await?;
        fill(&lab, &bob, Kind::Safe, (1, 0), To::Others).await;
        take(&ada, 1, false).await;
        store.fail_after(0, false);
        fill(&lab, &bob, Kind::Safe, (1, 0), To::Others).await;
        wait(&lab).await;
        take(&ada, 1, true).await;
        for _ in 0..10 {
            wait(&lab).await;
        }
        assert_eq!(filled(&ada).await, [0; 0], "{wire:?}");
        assert!(ada.is_connected(), "{wire:?}: she has acknowledged all that was said");
    }
}

#[salon::test]
async fn what_is_not_kept_any_more_is_given_up() {
    let lab = lab(0, |_| {}).await?;
    let ada = member(&lab, Wire::WebSocket, Kind::Desk, "ada").await?;
    let bob = member(&lab, Wire::WebSocket, Kind::Desk, "bob").await?;
    fill(&lab, &bob, Kind::Desk, (1, 200), To::Others).await;
    wait(&lab).await;
    assert_eq!(lab.counters().get(Count::EventsGivenUp), 1);
    ada.closed().within(Duration::from_secs(1)).await;
    assert!(bob.is_connected());
}

#[salon::test]
async fn of_more_users_than_it_may_know_a_room_forgets_who_was_there_longest_ago() {
    let lab = lab(0, |limits| limits.max_acked_users = 2).await?;
    let ada = member(&lab, Wire::WebSocket, Kind::Desk, "ada").await?;
    let bob = member(&lab, Wire::WebSocket, Kind::Desk, "bob").await?;
    fill(&lab, &bob, Kind::Desk, (1, 0), To::All).await;
    ada.close();
    wait(&lab).await;
    let cyd = member(&lab, Wire::WebSocket, Kind::Desk, "cyd").await?;
    fill(&lab, &bob, Kind::Desk, (1, 0), To::All).await;
    filled(&ada).await;
    ada.reconnect().await?;
    enter(&ada, Kind::Desk).await?;
    assert_eq!(filled(&ada).await, [0; 0], "nobody knows that she owes it");
    assert!(bob.is_connected() && cyd.is_connected());
}

#[test]
fn whatever_happens_each_gets_each_until_it_has_acknowledged_it() {
    for_seeds(0..40, async |seed| {
        let mut rng = Rng::with_seed(seed);
        let kind = rng.choice(Kind::ALL).unwrap_or(Kind::Desk);
        let lab = lab(seed, |limits| limits.max_acked_times = 1_000).await?;
        let teller = member(&lab, Wire::WebSocket, kind, "teller").await?;
        let mut guests = Vec::new();
        for name in ["ada", "bob", "cyd"] {
            let wire = rng.choice(Wire::ALL).unwrap_or_default();
            let client = member(&lab, wire, kind, name).await?;
            let acknowledged = Vec::new();
            guests.push(Forgetful { client, wire, is_away: false, acknowledged, looked: 0 });
        }
        let mut all = 0;
        for _ in 0..30 {
            let guest = rng.usize(0..guests.len());
            let guest = &mut guests[guest];
            match rng.u8(0..8) {
                0..=2 => {
                    fill(&lab, &teller, kind, (1, 0), To::Others).await;
                    all += 1;
                }
                3 | 4 if !guest.is_away => guest.acknowledge(&lab, &mut rng).await,
                5 if !guest.is_away => {
                    guest.client.reset();
                    lab.settle().await;
                    guest.looked = guest.client.transcript().entries().len();
                    guest.is_away = true;
                }
                6 if guest.is_away => {
                    come_back(&lab, &guest.client, kind, rng.bool()).await?;
                    guest.is_away = false;
                }
                _ => lab.advance(SPAN / 2).await,
            }
        }
        for guest in &mut guests {
            if guest.is_away {
                come_back(&lab, &guest.client, kind, rng.bool()).await?;
            }
            for _ in 0..60 {
                wait(&lab).await;
                guest.acknowledge(&lab, &mut rng).await;
            }
            guest.acknowledged.sort_unstable();
            guest.acknowledged.dedup();
            assert_eq!(guest.acknowledged, (1..=all).collect::<Vec<_>>());
            guest.client.events().await;
            wait(&lab).await;
            assert_eq!(filled(&guest.client).await, [0; 0], "all of it is acknowledged");
        }
        assert_eq!(lab.counters().get(Count::EventsGivenUp), 0);
        Ok(())
    });
}

/// One who acknowledges now and then.
struct Forgetful {
    client: Client,
    wire: Wire,
    is_away: bool,
    acknowledged: Vec<u64>,
    /// How much of what has happened to it it has looked at.
    looked: usize,
}

impl Forgetful {
    /// Looks at what has come, and acknowledges some of it.
    async fn acknowledge(&mut self, lab: &Lab, rng: &mut Rng) {
        lab.settle().await;
        let transcript = self.client.transcript();
        for entry in &transcript.entries()[self.looked..] {
            let Happened::Came(Traffic::Event { name, id: Some(id), json }) = &entry.what else {
                continue;
            };
            assert_eq!(name, "order:filled");
            let digits =
                json.split(|digit: char| !digit.is_ascii_digit()).find(|it| !it.is_empty());
            if rng.bool() {
                self.acknowledged.extend(digits.and_then(|digits| digits.parse::<u64>().ok()));
                let answer = [-(i64::try_from(*id).expect("few are asked") + 1)];
                self.client.send_raw(match self.wire {
                    Wire::Plain | Wire::EventStream | Wire::PlainPolling => {
                        Message::Text(format!("{answer:?}").into())
                    }
                    Wire::PlainMsgpack => {
                        let answer = rmp_serde::to_vec(&answer).expect("a number has a form");
                        Message::Binary(answer.into())
                    }
                    _ => Message::Text(format!("3{id}[]").into()),
                });
            }
        }
        self.looked = transcript.entries().len();
        lab.settle().await;
    }
}

async fn come_back(lab: &Lab, client: &Client, kind: Kind, resumes: bool) -> Result<(), Failure> {
    match resumes {
        true => client.resume().await?,
        false => client.reconnect().await?,
    }
    let entering = enter(client, kind);
    lab.settle().await;
    entering.await?;
    Ok(())
}

#[derive(Deserialize, Event)]
#[event("stall:enter", room = Stall(stall), join)]
struct EnterStall {
    stall: u32,
}

#[derive(Default)]
struct Stall;

#[salon::room(key = u32, sends = (Filled,), history = History::NONE)]
impl Stall {
    #[on]
    fn enter(&mut self, _: EnterStall) {}
}

#[derive(Default)]
struct Clerk;

#[salon::session(sends = (Filled,))]
impl Clerk {}

#[test]
fn what_is_to_be_acknowledged_is_kept() {
    let built = Salon::builder().room::<Stall>().build();
    let Err(error @ BuildError::AckedWithoutHistory { event: "order:filled", .. }) = built else {
        panic!("a room that keeps nothing cannot send it once more")
    };
    assert!(error.to_string().contains("room \"stall\" keeps no history"), "{error}");
    let built = Salon::builder().session::<Clerk>().build();
    assert!(matches!(built, Err(BuildError::AckedWithoutHistory { .. })), "nor can a session");
    assert!(app().build().is_ok());
}
