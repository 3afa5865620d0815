//! Rooms that are kept: what they say after they were closed, and after their process ended.

use std::time::Duration;

use salon::{
    Count,
    store::MemoryStore,
    testing::{Failure, Lab, Wire, for_seeds},
};
use serde_json::{Value, json};

use crate::{
    chat::come,
    ledger::{Add, Joined, Open, Then, Write, add, added, app, join, joined, lab, told},
};

/// What a client of that name says that it has seen.
fn seen(name: &str, room: &str, seen: &Value) -> Value {
    json!({ "name": name, "salon": { "after": { (room): seen } } })
}

/// The position of one who has seen that number of the order.
fn position(told: &Value, seq: u64) -> Value {
    json!({ "epoch": told["epoch"], "seq": seq })
}

#[test]
fn a_room_goes_on_in_the_next_process_and_whoever_comes_back_has_missed_nothing() {
    for_seeds(0..10, async |seed| {
        for wire in Wire::ALL {
            let store = MemoryStore::new();
            let mut lab = lab(seed, store.clone()).await?;
            let (ada, bob) = (joined(&lab, wire, "ada").await?, joined(&lab, wire, "bob").await?);
            let epoch = told(&ada).await;
            told(&bob).await;
            ada.send(add(1)).await?;
            lab.settle().await;
            ada.reset();
            lab.settle().await;
            for n in 2..=4 {
                bob.send(add(n)).await?;
            }
            lab.restart(app(store)?).await;
            for client in [&ada, &bob] {
                client.resume().await?;
                assert_eq!(join(client).await?, Joined { total: 10, resumed: true });
            }
            let told = told(&ada).await;
            assert_eq!((&told["epoch"], &told["replay"]), (&epoch["epoch"], &json!(3)));
            assert_eq!(ada.send(add(5)).await?, 15);
            let all = [(1, 1), (2, 2), (3, 3), (4, 4), (5, 5)];
            assert_eq!((added(&ada).await, added(&bob).await), (all.to_vec(), all.to_vec()));
        }
        Ok(())
    });
}

#[salon::test]
async fn a_room_that_was_closed_is_found_again_where_it_was() {
    let lab = lab(0, MemoryStore::new()).await?;
    let ada = joined(&lab, Wire::WebSocket, "ada").await?;
    let epoch = told(&ada).await;
    ada.send(Add { then: Then::Leave, ..add(7) }).await?;
    lab.advance(Duration::from_secs(6)).await;
    assert_eq!(lab.counters().get(Count::RoomsClosed), 1);
    assert_eq!(join(&ada).await?, Joined { total: 7, resumed: false });
    let told = told(&ada).await;
    assert_eq!((&told["epoch"], &told["after"]), (&epoch["epoch"], &json!(1)));
}

#[salon::test]
async fn one_that_keeps_nothing_more_begins_anew_when_it_has_closed() {
    let lab = lab(0, MemoryStore::new()).await?;
    let ada = joined(&lab, Wire::WebSocket, "ada").await?;
    let epoch = told(&ada).await;
    ada.send(Add { then: Then::KeepNothing, ..add(7) }).await?;
    assert_eq!(ada.send(Add { then: Then::Leave, ..add(1) }).await?, 8);
    lab.advance(Duration::from_secs(6)).await;
    assert_eq!(join(&ada).await?.total, 0);
    let told = told(&ada).await;
    assert_ne!(told["epoch"], epoch["epoch"]);
    assert_eq!(told["after"], json!(0));
}

#[salon::test]
async fn an_event_that_comes_again_after_a_restart_is_answered_as_before() {
    let store = MemoryStore::new();
    let before = lab(0, store.clone()).await?;
    let ada = joined(&before, Wire::WebSocket, "ada").await?;
    let once = Add { id: Some("k1".into()), ..add(3) };
    assert_eq!(ada.send(once.clone()).await?, 3);
    assert_eq!(ada.send(add(1)).await?, 4);
    drop((ada, before));
    let after = lab(1, store).await?;
    let ada = joined(&after, Wire::WebSocket, "ada").await?;
    assert_eq!(ada.send(once.clone()).await?, 3);
    let other = ada.send(Add { n: 9, ..once.clone() }).await;
    assert_eq!(other.expect_err("it is another event").code().as_str(), "key_reused");
    assert_eq!(ada.send(add(1)).await?, 5);
    let bob = joined(&after, Wire::WebSocket, "bob").await?;
    assert_eq!(bob.send(once.clone()).await?, 8, "the key is another one's");
    assert_eq!(after.counters().get(Count::DuplicatesAnswered), 1);
    after.advance(Duration::from_secs(11 * 60)).await;
    let ada = joined(&after, Wire::WebSocket, "ada").await?;
    assert_eq!(ada.send(once).await?, 11, "its window is over");
}

#[salon::test]
async fn nothing_of_a_turn_that_panics_is_said_or_kept() {
    let lab = lab(0, MemoryStore::new()).await?;
    let (ada, bob) =
        (joined(&lab, Wire::WebSocket, "ada").await?, joined(&lab, Wire::WebSocket, "bob").await?);
    let before = told(&bob).await;
    assert_eq!(ada.send(add(1)).await?, 1);
    let crash = Add { id: Some("k".into()), then: Then::Crash, ..add(5) };
    let refused = ada.send(crash.clone()).await.expect_err("it panics");
    assert_eq!(refused.code().as_str(), "internal");
    let restarted = bob.expect_named("salon:restarted").await.json()[0].clone();
    assert_eq!((&restarted["epoch"], &restarted["after"]), (&before["epoch"], &json!(1)));
    assert_eq!(ada.send(Add { then: Then::Nothing, ..crash }).await?, 6, "it may come again");
    assert_eq!(added(&bob).await, [(1, 1), (2, 5)]);
}

#[salon::test]
async fn whoever_was_left_out_or_came_late_has_no_more_of_the_past_after_a_restart() {
    let store = MemoryStore::new();
    let before = lab(0, store.clone()).await?;
    let ada = joined(&before, Wire::WebSocket, "ada").await?;
    let epoch = told(&ada).await;
    ada.send(add(1)).await?;
    ada.send(Add { then: Then::LeaveOut, ..add(2) }).await?;
    let eve = come(&before, Wire::WebSocket, "eve").await?;
    let dora = come(&before, Wire::WebSocket, "dora").await?;
    let diary = || Open { room: "b".into() };
    eve.send(diary()).await?;
    let pages = told(&eve).await;
    eve.send(Write { room: "b".into(), n: 1 }).await?;
    dora.send(diary()).await?;
    eve.send(Write { room: "b".into(), n: 2 }).await?;
    drop((ada, eve, dora));
    drop(before);

    let after = lab(1, store).await?;
    let ada = after.visitor().auth(seen("ada", "ledger:a", &position(&epoch, 0))).connect().await?;
    assert!(join(&ada).await?.resumed);
    assert_eq!(added(&ada).await, [(1, 1)], "the second was not for her");
    let comes = async |name, seq| -> Result<(bool, Vec<(u64, u64)>), Failure> {
        let auth = seen(name, "diary:b", &position(&pages, seq));
        let client = after.visitor().auth(auth).connect().await?;
        Ok((client.send(Open { room: "b".into() }).await?, added(&client).await))
    };
    assert_eq!(comes("eve", 0).await?, (true, vec![(1, 1), (2, 2)]));
    assert_eq!(comes("dora", 0).await?, (false, vec![]));
    assert_eq!(comes("dora", 1).await?, (true, vec![(2, 2)]));
    assert_eq!(comes("fay", 1).await?, (false, vec![]));
    after.advance(Duration::from_secs(61)).await;
    assert_eq!(comes("eve", 0).await?, (false, vec![]), "it is too old");
    assert_eq!(comes("eve", 2).await?, (true, vec![]));
}

/// Runs a ledger up to its last event, spoils what is kept of it, and says what whoever has seen that
/// event is told by the next process.
async fn spoilt(spoil: impl AsyncFn(&MemoryStore)) -> Result<(Joined, Value, Value), Failure> {
    let store = MemoryStore::new();
    let before = lab(0, store.clone()).await?;
    let ada = joined(&before, Wire::WebSocket, "ada").await?;
    let epoch = told(&ada).await;
    for n in 1..=3 {
        ada.send(add(n)).await?;
    }
    drop((ada, before));
    spoil(&store).await;
    let after: Lab = lab(1, store).await?;
    let ada = after.visitor().auth(seen("ada", "ledger:a", &position(&epoch, 3))).connect().await?;
    let answer = join(&ada).await?;
    Ok((answer, epoch, told(&ada).await))
}

#[salon::test]
async fn an_order_of_which_something_is_missing_is_followed_by_another() {
    use salon::store::{Batch, Kind, RoomName, Store, Stored};

    /// Takes what there is of the ledger, and puts something else in its place.
    async fn replace(store: &MemoryStore, change: impl FnOnce(&mut Stored)) {
        let room = RoomName { namespace: "/".into(), name: "ledger:a".into() };
        let mut stored = store.open(&room).await.expect("it opens").expect("it is there");
        change(&mut stored);
        let mut batch = Batch::default();
        batch.revision = stored.revision + 1;
        batch.replaces = true;
        (batch.head, batch.state, batch.records) = (stored.head, stored.state, stored.records);
        store.append(&room, batch).await.expect("it is kept");
    }

    let (answer, epoch, told) = spoilt(async |store| replace(store, |_| {}).await).await?;
    assert_eq!((answer.resumed, &told["epoch"]), (true, &epoch["epoch"]), "nothing is missing");

    type Spoil = fn(&mut Stored);
    let cases: [(&str, Spoil, u64); 5] = [
        ("the last event is missing", |stored| drop(stored.records.pop()), 6),
        ("one within is missing", |stored| drop(stored.records.remove(1)), 6),
        (
            "an event is not whole",
            |stored| {
                let last = stored.records.last_mut().expect("there are events");
                assert_eq!(last.kind, Kind::Event);
                last.bytes = last.bytes.slice(1..);
            },
            6,
        ),
        ("the head is not whole", |stored| stored.head = stored.head.slice(..9), 6),
        (
            "the state is not whole",
            |stored| {
                stored.state = stored.state.as_ref().map(|state| state.slice(1..));
            },
            0,
        ),
    ];
    for (what, spoil, total) in cases {
        let (answer, epoch, told) = spoilt(async |store| replace(store, spoil).await).await?;
        assert_eq!(answer, Joined { total, resumed: false }, "{what}");
        assert_ne!(told["epoch"], epoch["epoch"], "{what}");
        assert_eq!((&told["lost"], &told["after"]), (&json!("epoch"), &json!(0)), "{what}");
    }
}
