//! The barrier of durable rooms: nobody hears of anything before it is kept, nor of what could not be.

use std::time::Duration;

use salon::{
    Count,
    testing::{Wire, for_seeds},
};
use serde_json::json;

use crate::{
    chat::come,
    ledger::{Add, Then, ToldStore, Total, add, added, join, joined, lab, told},
};

#[test]
fn nothing_goes_out_before_it_is_kept_and_then_in_order() {
    for_seeds(0..10, async |seed| {
        for wire in Wire::ALL {
            let store = ToldStore::default();
            let lab = lab(seed, store.clone()).await?;
            let (ada, bob) = (joined(&lab, wire, "ada").await?, joined(&lab, wire, "bob").await?);
            store.slow(true);
            let answers = [ada.send(add(1)), ada.send(add(2)), bob.send(add(3))];
            lab.settle().await;
            assert_eq!(store.waiting(), 3, "turns do not wait for one another");
            assert_eq!((added(&ada).await, added(&bob).await), (vec![], vec![]));
            // What has changed nothing waits for what it has seen.
            let total = bob.send(Total { room: "a".into() });
            store.commit_one();
            lab.settle().await;
            assert_eq!(added(&bob).await.len(), 1);
            store.slow(false);
            let [first, second, third] = answers;
            let first = first.await?;
            let second = second.await?;
            let third = third.await?;
            assert_eq!([first, second, third].into_iter().max(), Some(6));
            assert_eq!(total.await?, 6);
            assert_eq!(
                added(&ada).await.iter().map(|(seq, _)| *seq).collect::<Vec<_>>(),
                [1, 2, 3]
            );
        }
        Ok(())
    });
}

#[test]
fn a_commit_that_fails_is_undone_and_no_number_is_given_twice() {
    for_seeds(0..20, async |seed| {
        for (wire, keeps) in Wire::ALL.into_iter().flat_map(|wire| [(wire, false), (wire, true)]) {
            let store = ToldStore::default();
            let lab = lab(seed, store.clone()).await?;
            let (ada, bob) = (joined(&lab, wire, "ada").await?, joined(&lab, wire, "bob").await?);
            let before = told(&bob).await;
            assert_eq!(ada.send(add(1)).await?, 1);
            store.slow(true);
            store.fail_after(1, keeps);
            let once = Add { id: Some("k".into()), ..add(100) };
            let kept = ada.send(add(2));
            lab.settle().await;
            let failed = ada.send(once.clone());
            lab.settle().await;
            let behind = bob.send(Total { room: "a".into() });
            lab.settle().await;
            store.slow(false);
            assert_eq!(kept.await?, 3);
            for refused in [failed.await, behind.await] {
                let refused = refused.expect_err("it is not kept");
                assert_eq!(refused.code().as_str(), "internal", "{refused}");
            }
            let restarted = bob.expect_named("salon:restarted").await.json()[0].clone();
            assert_eq!(restarted["epoch"], before["epoch"]);
            // The store may have kept it, and not known that.
            let total = if keeps { 103 } else { 3 };
            assert_eq!(bob.send(Total { room: "a".into() }).await?, total);
            assert_eq!(ada.send(once).await?, 103, "it is done once");
            let all = vec![(1, 1), (2, 2), (3, 100)];
            assert_eq!((added(&ada).await, added(&bob).await), (all.clone(), all));
            assert_eq!(lab.counters().get(Count::CommitsFailed), 1);
        }
        Ok(())
    });
}

#[salon::test]
async fn whoever_joined_by_what_could_not_be_kept_is_no_member() {
    let store = ToldStore::default();
    let lab = lab(0, store.clone()).await?;
    let ada = joined(&lab, Wire::WebSocket, "ada").await?;
    store.slow(true);
    store.fail_after(0, false);
    let failed = ada.send(add(1));
    lab.settle().await;
    let bob = come(&lab, Wire::WebSocket, "bob").await?;
    let joining = bob.send(crate::ledger::Join { room: "a".into() });
    lab.settle().await;
    store.slow(false);
    assert!(failed.await.is_err());
    assert_eq!(joining.await.expect_err("it is undone").code().as_str(), "internal");
    assert_eq!(ada.send(add(2)).await?, 2);
    assert!(added(&bob).await.is_empty());
    assert_eq!(join(&bob).await?.total, 2);
}

#[salon::test]
async fn a_store_that_always_fails_ends_the_room_and_loses_nothing_of_what_was_kept() {
    let store = ToldStore::default();
    let lab = lab(0, store.clone()).await?;
    let ada = joined(&lab, Wire::WebSocket, "ada").await?;
    let epoch = told(&ada).await;
    assert_eq!(ada.send(add(1)).await?, 1);
    for _ in 0..4 {
        store.fail_after(0, false);
        assert!(ada.send(add(5)).await.is_err());
        lab.settle().await;
    }
    let evicted = ada.expect_named("salon:evicted").await.json()[0].clone();
    assert_eq!(evicted["code"], json!("internal"));
    assert_eq!(join(&ada).await?.total, 1);
    assert_eq!(told(&ada).await["epoch"], epoch["epoch"]);
}

#[salon::test]
async fn a_room_that_waits_for_its_store_takes_no_more_than_its_limit() {
    let store = ToldStore::default();
    let salon = salon::Salon::builder()
        .authenticate(salon_tests::guests::ByName::default())
        .limits(|limits| limits.max_uncommitted = 3)
        .store(store.clone())
        .room::<crate::ledger::Ledger>()
        .build()?;
    let lab = salon::testing::Lab::new(salon).await;
    let ada = joined(&lab, Wire::WebSocket, "ada").await?;
    store.slow(true);
    let answers: Vec<_> = (0..10).map(|_| ada.send(add(1))).collect();
    lab.settle().await;
    assert_eq!(store.waiting(), 3);
    store.slow(false);
    let mut totals = Vec::new();
    for answer in answers {
        totals.push(answer.await?);
    }
    assert_eq!(totals, (1..=10).collect::<Vec<_>>());
}

#[salon::test]
async fn a_room_closes_and_is_opened_again_though_its_store_is_slow() {
    let store = ToldStore::default();
    let lab = lab(0, store.clone()).await?;
    let ada = joined(&lab, Wire::WebSocket, "ada").await?;
    store.slow(true);
    let answer = ada.send(Add { then: Then::Close, ..add(4) });
    lab.settle().await;
    let joining = ada.send(crate::ledger::Join { room: "a".into() });
    lab.settle().await;
    store.slow(false);
    assert_eq!(answer.await?, 4);
    assert_eq!(ada.expect_named("salon:evicted").await.json()[0]["code"], json!("closed"));
    // What comes before it has closed is refused, as in every room.
    assert_eq!(joining.await.expect_err("it closes").code().as_str(), "closed");
    assert_eq!(join(&ada).await?.total, 4);
    lab.advance(Duration::from_secs(60)).await;
    assert_eq!(ada.send(add(1)).await?, 5);
}

#[salon::test]
async fn a_turn_that_changes_nothing_is_no_commit() {
    let store = ToldStore::default();
    let lab = lab(0, store.clone()).await?;
    let ada = joined(&lab, Wire::WebSocket, "ada").await?;
    assert_eq!(ada.send(Total { room: "a".into() }).await?, 0);
    assert_eq!(store.appended(), 0);
    ada.send(add(1)).await?;
    assert_eq!(store.appended(), 1, "one event is one commit");
}
