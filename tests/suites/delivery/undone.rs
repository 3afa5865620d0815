//! What could not be kept, or was of a turn that panicked, is undone: also what is not seen at once.
//!
//! It must never look at anything but what a client, a store or whoever has a handle sees.

use std::{sync::atomic::Ordering, time::Duration};

use salon::{
    Count,
    testing::{Failure, Wire, for_seeds},
};
use serde_json::json;

use crate::{
    chat::come,
    ledger::{Open, ToldStore, Write, added, lab as ledgers, told},
    safe::{self, EnterLater, Orders, Put, Safe, Then, Wait, entered, held, put},
};

/// Lets the safe be empty for so long that it closes.
async fn closes(lab: &salon::testing::Lab, by: &salon::testing::Client) -> Result<(), Failure> {
    let closed = lab.counters().get(Count::RoomsClosed);
    by.send(Put { then: Then::Leave, ..put(0) }).await?;
    lab.advance(Duration::from_secs(6)).await;
    assert_eq!(lab.counters().get(Count::RoomsClosed), closed + 1);
    Ok(())
}

#[salon::test]
async fn that_nothing_is_to_be_left_is_undone_with_the_turn_that_said_so() {
    for fails in [false, true] {
        let store = ToldStore::default();
        let lab = safe::lab(0, store.clone(), &Orders::default()).await?;
        let (ada, _) = entered(&lab, Wire::WebSocket, "ada").await?;
        assert_eq!(ada.send(put(5)).await?, 5);
        if fails {
            store.fail_after(0, false);
        }
        let then = if fails { Then::KeepNothing } else { Then::KeepNothingAndCrash };
        assert!(ada.send(Put { then, ..put(1) }).await.is_err());
        closes(&lab, &ada).await?;
        assert_eq!(ada.send(safe::enter()).await?, 5, "the turn was undone: {fails}");
    }
}

#[salon::test]
async fn since_when_somebody_is_a_member_is_kept_also_behind_a_joining_that_was_undone() {
    for fails in [false, true] {
        let store = ToldStore::default();
        let before = ledgers(0, store.clone()).await?;
        let diary = || Open { room: "b".into() };
        let bob = come(&before, Wire::WebSocket, "bob").await?;
        bob.send(diary()).await?;
        let ada = come(&before, Wire::WebSocket, "ada").await?;
        match fails {
            true => store.fail_after(0, false),
            false => before.panic_in::<Open>(),
        }
        assert!(ada.send(diary()).await.is_err());
        ada.send(diary()).await?;
        let pages = told(&ada).await;
        ada.send(Write { room: "b".into(), n: 1 }).await?;
        drop((ada, bob, before));
        let after = ledgers(1, store).await?;
        let seen = json!({ "epoch": pages["epoch"], "seq": 0 });
        let auth = json!({ "name": "ada", "salon": { "after": { "diary:b": seen } } });
        let ada = after.visitor().auth(auth).connect().await?;
        assert!(ada.send(diary()).await?, "she was a member when it was written: {fails}");
        assert_eq!(added(&ada).await, [(1, 1)]);
    }
}

#[salon::test]
async fn what_is_handled_still_is_not_handled_again_though_a_commit_fails() {
    let (store, orders) = (ToldStore::default(), Orders::default());
    let lab = safe::lab(0, store.clone(), &orders).await?;
    let (ada, _) = entered(&lab, Wire::WebSocket, "ada").await?;
    let wait = Wait { room: "a".into(), id: "k".into() };
    let first = ada.send(wait.clone());
    lab.settle().await;
    store.fail_after(0, false);
    assert!(ada.send(put(1)).await.is_err());
    let again = ada.send(wait.clone());
    lab.settle().await;
    lab.advance(Duration::from_secs(3)).await;
    let (first, again) = (first.await, again.await);
    assert_eq!(orders.waits.load(Ordering::Relaxed), 1, "{first:?} {again:?}");
    assert_eq!((first?, again?), (0, 0));
}

#[test]
fn one_that_is_behind_gets_what_was_kept_though_its_commit_failed() {
    for_seeds(0..20, async |seed| {
        for wire in Wire::ALL {
            let store = ToldStore::default();
            let lab = safe::lab(seed, store.clone(), &Orders::default()).await?;
            let (ada, _) = entered(&lab, wire, "ada").await?;
            let (bob, _) = entered(&lab, wire, "bob").await?;
            ada.stop_reading();
            for _ in 0..40 {
                bob.send(put(1)).await?;
            }
            assert_eq!(lab.counters().get(Count::MembersBehind), 1);
            store.fail_after(0, true);
            assert!(bob.send(put(1)).await.is_err());
            for _ in 0..3 {
                bob.send(put(1)).await?;
            }
            ada.read_on();
            assert_eq!(held(&ada).await, (1..=44).collect::<Vec<_>>(), "{wire:?}");
            assert_eq!(held(&bob).await, (1..=44).collect::<Vec<_>>(), "{wire:?}");
        }
        Ok(())
    });
}

#[salon::test]
async fn nothing_is_heard_again_though_a_store_answers_for_a_later_batch_first() {
    let store = ToldStore::default();
    let lab = safe::lab(0, store.clone(), &Orders::default()).await?;
    let (ada, _) = entered(&lab, Wire::WebSocket, "ada").await?;
    store.slow(true);
    let (first, second) = (ada.send(put(1)), ada.send(put(1)));
    lab.settle().await;
    store.commit_last();
    lab.settle().await;
    store.slow(false);
    assert_eq!((first.await?, second.await?), (1, 2));
    store.fail_after(0, true);
    assert!(ada.send(put(1)).await.is_err());
    assert_eq!(ada.send(put(1)).await?, 4);
    assert_eq!(held(&ada).await, [1, 2, 3, 4]);
}

#[test]
fn what_was_done_before_a_commit_that_fails_is_kept_also_if_that_is_known_later() {
    for_seeds(0..20, async |seed| {
        for wire in Wire::ALL {
            let store = ToldStore::default();
            let lab = safe::lab(seed, store.clone(), &Orders::default()).await?;
            let (ada, _) = entered(&lab, wire, "ada").await?;
            let bob = come(&lab, wire, "bob").await?;
            store.slow(true);
            let first = ada.send(put(1));
            lab.settle().await;
            let joining = bob.send(safe::enter());
            lab.settle().await;
            store.fail_after(0, seed % 2 == 0);
            let second = ada.send(put(1));
            lab.settle().await;
            store.commit_last();
            lab.settle().await;
            store.slow(false);
            assert_eq!(first.await?, 1, "it was kept");
            assert!(second.await.is_err());
            assert_eq!(joining.await?, 1, "he came before");
            let holds = ada.send(put(1)).await?;
            assert_eq!(held(&ada).await, (1..=holds).collect::<Vec<_>>(), "{wire:?}");
            assert_eq!(held(&bob).await, (2..=holds).collect::<Vec<_>>(), "{wire:?}");
        }
        Ok(())
    });
}

#[test]
fn a_room_asks_once_what_is_kept_of_it_though_duplicates_wait_for_what_failed() {
    for_seeds(0..10, async |seed| {
        let store = ToldStore::default();
        let lab = safe::lab(seed, store.clone(), &Orders::default()).await?;
        let (ada, _) = entered(&lab, Wire::WebSocket, "ada").await?;
        store.slow(true);
        store.fail_after(0, false);
        let once = Put { id: Some("k".into()), ..put(1) };
        let answers = [ada.send(once.clone()), ada.send(once.clone()), ada.send(once)];
        lab.settle().await;
        store.slow(false);
        for answer in answers {
            assert_eq!(answer.await.expect_err("it failed").code().as_str(), "internal");
        }
        assert_eq!(ada.send(put(1)).await?, 1);
        assert_eq!((store.opened(), lab.counters().get(Count::RoomsRestarted)), (2, 1));
        Ok(())
    });
}

#[test]
fn whoever_asks_a_room_whose_commit_has_failed_is_not_told_that_it_is_kept() {
    for_seeds(0..40, async |seed| {
        let store = ToldStore::default();
        let lab = safe::lab(seed, store.clone(), &Orders::default()).await?;
        let (ada, _) = entered(&lab, Wire::WebSocket, "ada").await?;
        store.slow(true);
        store.fail_after(0, false);
        let failed = ada.send(put(1));
        lab.settle().await;
        store.slow(false);
        let asked = lab.drive(lab.salon().room::<Safe>(&"a".into()).ask(10_u64)).await;
        assert!(failed.await.is_err());
        let holds = ada.send(put(0)).await?;
        assert_eq!(asked.is_ok(), holds > 0, "{asked:?}, and it holds {holds}");
        Ok(())
    });
}

#[test]
fn whoever_joins_to_be_answered_later_is_refused_where_that_is_not_kept() {
    for_seeds(0..10, async |seed| {
        let store = ToldStore::default();
        let lab = safe::lab(seed, store.clone(), &Orders::default()).await?;
        let (ada, _) = entered(&lab, Wire::WebSocket, "ada").await?;
        store.slow(true);
        store.fail_after(0, false);
        let failed = ada.send(put(1));
        lab.settle().await;
        let bob = come(&lab, Wire::WebSocket, "bob").await?;
        let joining = bob.send(EnterLater { room: "a".into() });
        lab.settle().await;
        store.slow(false);
        lab.settle().await;
        assert!(failed.await.is_err());
        ada.send(put(2)).await?;
        lab.advance(Duration::from_secs(2)).await;
        let refused = joining.await.expect_err("it is undone");
        assert_eq!(refused.code().as_str(), "internal");
        assert!(bob.events().await.is_empty(), "he has heard nothing");
        let refused = bob.send(put(1)).await.expect_err("he is no member");
        assert_eq!(refused.code().as_str(), "not_a_member");
        Ok(())
    });
}
