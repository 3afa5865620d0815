//! Connections that belong together live on one worker, whichever worker they come to. It must never
//! depend on which one that is.

use std::{collections::BTreeMap, time::Duration};

use salon::{
    Count, Salon,
    testing::{self, Client, ConnectError, Failure, Lab, Wire},
};

use crate::{
    app::{Double, Enter, Hall, Host, Said, Say},
    workers::deliveries_between_workers,
};

const WORKERS: usize = 4;

/// The app, whose clients belong together by a lobby that they name in their requests.
fn app() -> Salon {
    let salon = Salon::builder().session::<Host>().room::<Hall>();
    let salon = salon.affinity(|handshake| {
        let lobby = handshake.query("lobby").map(str::to_owned);
        assert_ne!(lobby.as_deref(), Some("boom"), "a panic of the app's own");
        lobby
    });
    salon.build().expect("the app is in order")
}

async fn lab(seed: Option<u64>) -> Lab {
    let lab = Lab::builder(app()).workers(WORKERS);
    let lab = if let Some(seed) = seed { lab.seed(seed) } else { lab };
    lab.start().await
}

/// A client of a lobby, if it names one, that comes to a worker of that number and is in a hall.
async fn come(
    lab: &Lab,
    wire: Wire,
    worker: usize,
    lobby: Option<&str>,
    hall: u32,
) -> Result<Client, Failure> {
    let visitor = lab.visitor().worker(worker).wire(wire);
    let visitor = lobby.into_iter().fold(visitor, |visitor, name| visitor.query("lobby", name));
    let client = visitor.connect().await?;
    client.send(Enter { hall }).await?;
    Ok(client)
}

/// How many workers have a member of a hall, beside the one that the hall is on.
async fn other_workers(lab: &Lab, hall: u32, members: &[Client]) -> Result<usize, Failure> {
    let before = deliveries_between_workers(lab);
    members[0].send(Say { hall, text: "hello".to_owned() }).await?;
    for member in members {
        assert_eq!(member.expect::<Said>().await.text, "hello");
    }
    Ok(deliveries_between_workers(lab) - before)
}

#[salon::test]
async fn connections_of_one_key_live_on_one_worker_however_they_come() {
    for first in Wire::ALL {
        let lab = lab(None).await;
        let mut members = vec![come(&lab, first, 1, Some("a"), 1).await?];
        for (number, wire) in Wire::ALL.into_iter().cycle().take(8).enumerate() {
            members.push(come(&lab, wire, number % WORKERS, Some("a"), 1).await?);
        }
        assert_eq!(other_workers(&lab, 1, &members).await?, 0, "the first over {first:?}");
    }
}

#[salon::test]
async fn without_a_key_a_connection_lives_where_it_came() {
    for wire in Wire::ALL {
        let lab = lab(None).await;
        let mut members = Vec::new();
        for number in 0..8 {
            members.push(come(&lab, wire, number % WORKERS, None, 1).await?);
        }
        assert_eq!(other_workers(&lab, 1, &members).await?, WORKERS - 1, "{wire:?}");
    }
}

/// As groups do that come one after the other, when workers are given connections in turn.
#[salon::test]
async fn keys_whose_first_connections_come_to_one_worker_are_spread_over_all() {
    let lab = lab(None).await;
    let mut members = Vec::new();
    for lobby in ["a", "b", "c", "d"] {
        for worker in 0..WORKERS {
            members.push(come(&lab, Wire::WebSocket, worker, Some(lobby), 1).await?);
        }
    }
    assert_eq!(other_workers(&lab, 1, &members).await?, WORKERS - 1);
}

#[salon::test]
async fn a_key_is_given_up_with_its_last_connection_and_not_before() {
    let lab = lab(None).await;
    let first = come(&lab, Wire::WebSocket, 0, Some("a"), 1).await?;
    let second = come(&lab, Wire::Polling, 1, Some("a"), 1).await?;
    first.disconnect();
    lab.settle().await;
    // Worker 0 has one connection with a key, as few as any: this one stays where it came.
    let other = come(&lab, Wire::WebSocket, 1, Some("b"), 2).await?;
    let third = come(&lab, Wire::WebSocket, 3, Some("a"), 2).await?;
    let apart = [other, third];
    assert_eq!(other_workers(&lab, 2, &apart).await?, 1, "a lives on worker 0, b on worker 1");
    let [other, third] = apart;
    second.disconnect();
    third.disconnect();
    lab.settle().await;
    let members = [other, come(&lab, Wire::WebSocket, 0, Some("c"), 2).await?];
    assert_eq!(other_workers(&lab, 2, &members).await?, 1, "worker 0 has nobody else");
    // Only now it would not be on worker 0 if the key were still known.
    let mut again = vec![come(&lab, Wire::WebSocket, 2, Some("a"), 3).await?];
    again.push(come(&lab, Wire::WebSocket, 2, None, 3).await?);
    assert_eq!(other_workers(&lab, 3, &again).await?, 0, "it was chosen anew");
}

#[salon::test]
async fn a_function_that_panics_refuses_its_connection_and_nobody_elses() {
    let lab = lab(None).await;
    let before = lab.visitor().worker(0).query("lobby", "a").connect().await?;
    for wire in Wire::ALL {
        let refused = lab.visitor().worker(0).wire(wire).query("lobby", "boom").connect().await;
        match refused {
            Err(ConnectError::Rejected { status: 403, body }) => {
                assert!(body.contains("internal error"), "{wire:?}: {body}");
            }
            other => panic!("{wire:?}: {other:?}"),
        }
    }
    assert_eq!(lab.counters().get(Count::HandlerPanics), Wire::ALL.len() as u64);
    assert_eq!(lab.salon().connections(), 1);
    assert_eq!(before.send(Double(1)).await?, 2);
    let after = lab.visitor().worker(0).query("lobby", "a").connect().await?;
    assert_eq!(after.send(Double(2)).await?, 4);
}

#[salon::test]
async fn a_connection_waits_for_a_worker_that_is_busy_and_loses_nothing() {
    for wire in [Wire::WebSocket, Wire::Polling] {
        let lab = lab(None).await;
        let first = come(&lab, wire, 0, Some("a"), 1).await?;
        lab.stall(0);
        let waiting = lab.visitor().worker(1).wire(wire).query("lobby", "a").connect().await;
        assert!(matches!(waiting, Err(ConnectError::Unanswered(_))), "{wire:?}: {waiting:?}");
        lab.resume(0);
        let second = come(&lab, wire, 1, Some("a"), 1).await?;
        assert_eq!(other_workers(&lab, 1, &[first, second]).await?, 0, "{wire:?}");
    }
}

#[salon::test]
async fn when_their_worker_ends_those_of_a_key_are_told_and_come_back_to_another() {
    for wire in Wire::ALL {
        let lab = lab(None).await;
        let mut members = Vec::new();
        for worker in 0..3 {
            members.push(come(&lab, wire, worker, Some("a"), 1).await?);
        }
        lab.end_worker(0);
        lab.settle().await;
        assert_eq!(lab.salon().connections(), 0, "{wire:?}");
        assert!(members.iter().all(|member| !member.is_connected()), "{wire:?}");
        let mut members = Vec::new();
        for worker in [2, 1, 3] {
            members.push(come(&lab, wire, worker, Some("a"), 1).await?);
        }
        assert_eq!(other_workers(&lab, 1, &members).await?, 0, "{wire:?}");
    }
}

/// Somebody comes to a worker of its own, and is to live on the one that is stalled.
async fn is_late(lab: &Lab, wire: Wire) {
    let late = lab.visitor().worker(1).wire(wire).query("lobby", "a").connect().await;
    assert!(matches!(late, Err(ConnectError::Unanswered(_))), "{wire:?}: {late:?}");
}

/// Every connection that was opened has ended, and none is kept.
fn nobody_is_left(lab: &Lab, wire: Wire) {
    assert_eq!(lab.salon().connections(), 0, "{wire:?}");
    let opened = lab.counters().get(Count::ConnectionsOpened);
    assert_eq!(lab.counters().get(Count::ConnectionsClosed), opened, "{wire:?}");
}

#[salon::test]
async fn a_connection_whose_worker_ends_before_it_starts_there_has_ended() {
    for wire in Wire::ALL {
        let lab = lab(None).await;
        let _first = come(&lab, wire, 0, Some("a"), 1).await?;
        lab.stall(0);
        is_late(&lab, wire).await;
        lab.end_worker(0);
        lab.settle().await;
        nobody_is_left(&lab, wire);
        come(&lab, wire, 1, Some("a"), 2).await?;
    }
}

#[salon::test]
async fn a_connection_that_has_not_started_is_closed_with_the_server() {
    for wire in Wire::ALL {
        let lab = lab(None).await;
        let _first = come(&lab, wire, 0, Some("a"), 1).await?;
        lab.stall(0);
        is_late(&lab, wire).await;
        lab.drive(lab.salon().shutdown(Duration::from_secs(1))).await;
        lab.resume(0);
        // As long as a client that polls may take to collect the news.
        lab.advance(Duration::from_secs(60)).await;
        nobody_is_left(&lab, wire);
    }
}

/// Connections of a few keys come and go in an order that chance decides.
#[test]
fn under_every_seed_all_of_one_key_are_on_one_worker_whoever_comes_and_goes() {
    testing::for_seeds(0..100, async |seed| {
        let lab = lab(Some(seed)).await;
        let mut chance = fastrand::Rng::with_seed(seed);
        let mut present = BTreeMap::<u32, Vec<Client>>::new();
        for _ in 0..40 {
            let hall = chance.u32(0..3);
            let members = present.entry(hall).or_default();
            if !members.is_empty() && chance.bool() {
                // Its end and the next arrival meet: nothing is settled in between.
                members.swap_remove(chance.usize(..members.len())).disconnect();
                continue;
            }
            let wire = Wire::ALL[chance.usize(..Wire::ALL.len())];
            let lobby = hall.to_string();
            let worker = chance.usize(..WORKERS);
            let client = come(&lab, wire, worker, Some(&lobby), hall).await?;
            members.push(client);
        }
        present.retain(|_, members| !members.is_empty());
        lab.settle().await;
        for (hall, members) in &present {
            // One that opens now: where a hall is was up to whoever opened it.
            let hall = hall + 10;
            for member in members {
                member.send(Enter { hall }).await?;
            }
            assert_eq!(other_workers(&lab, hall, members).await?, 0, "hall {hall}");
        }
        Ok(())
    });
}
