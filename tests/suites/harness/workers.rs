//! The workers of a lab: chance decides their turns, by a seed, and what passes between them is
//! counted. It must never depend on one seed.

use std::collections::BTreeSet;

use salon::testing::{self, Failure, Lab, Wire};

use crate::app::{Double, Enter, Said, Say, app};

/// Four clients on four workers speak at once in one room; what each of them hears.
async fn race(seed: u64) -> Result<(Vec<Vec<String>>, String), Failure> {
    let lab = Lab::builder(app()).workers(4).seed(seed).start().await;
    let mut clients = Vec::new();
    for worker in 0..4 {
        let wire = if worker % 2 == 0 { Wire::WebSocket } else { Wire::Polling };
        let client = lab.visitor().worker(worker).wire(wire).connect().await?;
        client.send(Enter { hall: 1 }).await?;
        clients.push(client);
    }
    for round in 0..3 {
        for (number, client) in clients.iter().enumerate() {
            client.emit(Say { hall: 1, text: format!("{number}.{round}") });
        }
    }
    let mut heard = Vec::new();
    for client in &clients {
        let mut texts = Vec::new();
        for _ in 0..12 {
            texts.push(client.expect::<Said>().await.text);
        }
        heard.push(texts);
    }
    Ok((heard, lab.transcript().to_string()))
}

#[test]
fn every_seed_keeps_the_order_of_the_room_and_seeds_differ() {
    let orders = std::cell::RefCell::new(BTreeSet::new());
    testing::for_seeds(0..50, async |seed| {
        let (heard, _) = race(seed).await?;
        assert!(heard.iter().all(|texts| *texts == heard[0]), "{heard:?}");
        orders.borrow_mut().insert(heard[0].clone());
        Ok(())
    });
    let orders = orders.into_inner().len();
    assert!(orders > 10 || std::env::var_os("SALON_SEED").is_some(), "{orders} orders only");
}

#[test]
fn a_lab_without_a_seed_has_that_of_the_loop_around_it() {
    let seeds = std::cell::RefCell::new(Vec::new());
    testing::for_seeds([3, 4], async |seed| {
        let lab = Lab::new(app()).await;
        assert_eq!(lab.seed(), seed);
        let id = lab.connect(()).await?.id();
        seeds.borrow_mut().push(id);
        Ok(())
    });
    if std::env::var_os("SALON_SEED").is_none() {
        let seeds = seeds.into_inner();
        assert!(seeds.len() == 2 && seeds[0] != seeds[1], "{seeds:?}");
    }
}

#[test]
fn a_seed_gives_the_same_transcript_every_time() {
    let transcript = std::cell::RefCell::new(None);
    for _ in 0..1_000 {
        testing::run(async {
            let (_, again) = race(5).await?;
            let mut transcript = transcript.borrow_mut();
            assert_eq!(*transcript.get_or_insert_with(|| again.clone()), again);
            Ok(())
        });
    }
}

/// How many deliveries have gone from one worker to another.
pub(crate) fn deliveries_between_workers(lab: &Lab) -> usize {
    let transcript = lab.transcript();
    let told = |line: &&str| line.contains("a message to a shard delivery=true");
    transcript.traced().filter(told).count()
}

#[salon::test]
async fn a_broadcast_is_one_message_to_each_other_worker_however_many_members_are_there() {
    for (members, occupied) in [(1, 1), (3, 3), (4, 4), (40, 4), (40, 2)] {
        let lab = Lab::builder(app()).workers(4).start().await;
        let mut clients = Vec::new();
        for number in 0..members {
            let client = lab.visitor().worker(number % occupied).connect().await?;
            client.send(Enter { hall: 1 }).await?;
            clients.push(client);
        }
        // The hall is on the worker of its first member, which needs no message.
        let before = deliveries_between_workers(&lab);
        clients[0].send(Say { hall: 1, text: "hello".to_owned() }).await?;
        for client in &clients {
            assert_eq!(client.expect::<Said>().await.text, "hello");
        }
        let crossed = deliveries_between_workers(&lab) - before;
        assert_eq!(crossed, occupied - 1, "{members} members on {occupied} workers");
    }
}

#[salon::test]
async fn a_worker_whose_members_have_left_gets_no_message_of_their_room() {
    let lab = Lab::builder(app()).workers(4).start().await;
    let mut clients = Vec::new();
    for number in 0..8 {
        let client = lab.visitor().worker(number % 4).connect().await?;
        client.send(Enter { hall: 1 }).await?;
        clients.push(client);
    }
    // Both of one worker, one of another, and none of the others.
    for number in [7, 6, 3] {
        clients.swap_remove(number).disconnect();
    }
    lab.settle().await;
    clients[0].events().await;
    let before = deliveries_between_workers(&lab);
    clients[0].send(Say { hall: 1, text: "hello".to_owned() }).await?;
    lab.settle().await;
    assert_eq!(deliveries_between_workers(&lab) - before, 2);
}

#[salon::test]
async fn an_event_for_a_namespace_is_one_message_to_each_worker_however_many_sessions_are_there() {
    for sessions in [4, 40] {
        let lab = Lab::builder(app()).workers(4).start().await;
        let mut clients = Vec::new();
        for number in 0..sessions {
            clients.push(lab.visitor().worker(number % 4).connect().await?);
        }
        lab.salon().namespace("/").emit(&Double(1));
        for client in &clients {
            client.expect::<Double>().await;
        }
        // The app is on none of the workers.
        assert_eq!(deliveries_between_workers(&lab), 4, "{sessions} sessions");
    }
}
