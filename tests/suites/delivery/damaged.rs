//! Stores that have less than they were given, or something else: nobody is made to believe that all is there.
//!
//! It must never ask a room to mend anything.

use std::{collections::HashMap, thread};

use salon::{
    At, Position,
    store::{Batch, Kind, MemoryStore, RoomName, Store, Stored},
    testing::{Client, Wire},
};
use serde_json::Value;

use crate::{
    chat::come,
    ledger::{Add, Open, Write, add, joined, lab as ledgers, told},
};

fn named(name: &str) -> RoomName {
    RoomName { namespace: "/".into(), name: name.to_owned().into() }
}

/// Takes what there is of a room, and puts something else in its place.
async fn replace(store: &MemoryStore, room: &str, change: impl FnOnce(&mut Stored)) {
    let room = named(room);
    let mut stored = store.open(&room).await.expect("it opens").expect("it is there");
    change(&mut stored);
    let mut batch = Batch::default();
    batch.revision = stored.revision + 1;
    batch.replaces = true;
    (batch.head, batch.state, batch.records) = (stored.head, stored.state, stored.records);
    store.append(&room, batch).await.expect("it is kept");
}

fn records(stored: &Stored, kind: Kind) -> Vec<usize> {
    let all = stored.records.iter().enumerate();
    all.filter(|(_, record)| record.kind == kind).map(|(at, _)| at).collect()
}

#[salon::test]
async fn an_order_of_which_an_answer_is_missing_is_followed_by_another() {
    for missing in [0, 1, 2] {
        let store = MemoryStore::new();
        let before = ledgers(0, store.clone()).await?;
        let ada = joined(&before, Wire::WebSocket, "ada").await?;
        let epoch = told(&ada).await["epoch"].clone();
        for n in 1..=3 {
            ada.send(Add { id: Some(n.to_string()), ..add(n) }).await?;
        }
        drop((ada, before));
        replace(&store, "ledger:a", |stored| {
            let at = records(stored, Kind::Answer)[missing];
            stored.records.remove(at);
        })
        .await;
        let after = ledgers(1, store).await?;
        let ada = joined(&after, Wire::WebSocket, "ada").await?;
        // The first may have gone by itself: that it is missing is not seen.
        assert_eq!(told(&ada).await["epoch"] == epoch, missing == 0, "answer {missing} is missing");
    }
}

#[salon::test]
async fn an_order_of_which_a_member_is_missing_is_followed_by_another() {
    let store = MemoryStore::new();
    let before = ledgers(0, store.clone()).await?;
    let diary = || Open { room: "b".into() };
    let mut epoch = Value::Null;
    for name in ["ada", "bob", "cyd"] {
        let client = come(&before, Wire::WebSocket, name).await?;
        client.send(diary()).await?;
        client.send(Write { room: "b".into(), n: 1 }).await?;
        epoch = told(&client).await["epoch"].clone();
    }
    drop(before);
    replace(&store, "diary:b", |stored| {
        let at = records(stored, Kind::Member)[1];
        stored.records.remove(at);
    })
    .await;
    let after = ledgers(1, store).await?;
    let ada = come(&after, Wire::WebSocket, "ada").await?;
    ada.send(diary()).await?;
    assert_ne!(told(&ada).await["epoch"], epoch);
}

#[salon::test]
async fn a_record_of_any_number_is_none_but_its_own() {
    for number in [0, 7, u64::MAX - 1, u64::MAX] {
        let store = MemoryStore::new();
        let before = ledgers(0, store.clone()).await?;
        let ada = joined(&before, Wire::WebSocket, "ada").await?;
        let epoch = told(&ada).await["epoch"].clone();
        ada.send(add(1)).await?;
        drop((ada, before));
        replace(&store, "ledger:a", |stored| {
            let at = records(stored, Kind::Event)[0];
            stored.records[at].number = number;
        })
        .await;
        let after = ledgers(1, store).await?;
        let ada = joined(&after, Wire::WebSocket, "ada").await?;
        assert_ne!(told(&ada).await["epoch"], epoch, "{number}");
        assert_eq!(ada.send(add(1)).await?, 2);
    }
}

/// What was said under each number, of what came.
async fn numbered(client: &Client) -> Vec<((String, u64), String)> {
    let events = client.events().await.into_iter().filter(|event| event.name == "ledger:added");
    let numbered = events.filter_map(|event| {
        let Position { epoch, at: At::Seq(number), .. } = event.position? else { return None };
        Some(((epoch, number), event.payload.json().to_owned()))
    });
    numbered.collect()
}

/// What somebody hears of the ledger in another process that has the same store.
fn elsewhere(store: MemoryStore) -> Vec<((String, u64), String)> {
    let other = thread::spawn(move || {
        let mut heard = Vec::new();
        salon::testing::run(async {
            let lab = ledgers(1, store).await?;
            let bob = joined(&lab, Wire::WebSocket, "bob").await?;
            assert_eq!(bob.send(add(10)).await?, 11);
            heard = numbered(&bob).await;
            Ok(())
        });
        heard
    });
    other.join().expect("it does not panic")
}

#[salon::test]
async fn where_another_process_has_the_room_no_number_is_of_two_events() {
    let store = MemoryStore::new();
    let lab = ledgers(0, store.clone()).await?;
    let ada = joined(&lab, Wire::WebSocket, "ada").await?;
    assert_eq!(ada.send(add(1)).await?, 1);
    let theirs = elsewhere(store);
    // The number is theirs by now.
    assert!(ada.send(add(100)).await.is_err());
    assert_eq!(ada.send(add(1_000)).await?, 1_011);
    let ours: HashMap<_, _> = numbered(&ada).await.into_iter().collect();
    for (place, said) in theirs {
        assert_eq!(ours.get(&place).unwrap_or(&said), &said, "{place:?}");
    }
}
