//! Rooms that keep something while they open or close: what they are when they are opened again.
//!
//! It must never leave anybody who comes without an answer.

use std::{sync::atomic::Ordering, time::Duration};

use salon::{
    store::MemoryStore,
    testing::{Wire, for_seeds},
};
use serde_json::json;

use crate::{
    ledger::{ToldStore, told},
    safe::{self, Opening, Orders, Put, Then, entered, put},
};

#[salon::test]
async fn what_a_room_keeps_while_it_opens_is_kept_though_it_did_not_ask_what_there_was() {
    let (store, orders) = (MemoryStore::new(), Orders::default());
    let lab = safe::lab(0, store.clone(), &orders).await?;
    let (ada, _) = entered(&lab, Wire::WebSocket, "ada").await?;
    let epoch = told(&ada).await["epoch"].clone();
    assert_eq!(ada.send(put(5)).await?, 5);
    drop((ada, lab));
    orders.open(Opening::Keeps(1_000));
    let lab = safe::lab(1, store.clone(), &orders).await?;
    let (ada, holds) = entered(&lab, Wire::WebSocket, "ada").await?;
    assert_eq!(holds, 1_000);
    assert_ne!(told(&ada).await["epoch"], epoch, "it is another room");
    drop((ada, lab));
    orders.open(Opening::Asks);
    let lab = safe::lab(2, store, &orders).await?;
    assert_eq!(entered(&lab, Wire::WebSocket, "ada").await?.1, 1_000);
}

#[salon::test]
async fn nothing_is_kept_of_what_a_room_says_that_does_not_open() {
    for opening in [Opening::KeepsAndRefuses(9), Opening::KeepsAndPanics(9)] {
        let (store, orders) = (MemoryStore::new(), Orders::default());
        let lab = safe::lab(0, store.clone(), &orders).await?;
        let (ada, _) = entered(&lab, Wire::WebSocket, "ada").await?;
        assert_eq!(ada.send(Put { then: Then::Leave, ..put(5) }).await?, 5);
        lab.advance(Duration::from_secs(6)).await;
        orders.open(opening);
        assert!(ada.send(safe::enter()).await.is_err());
        orders.open(Opening::Asks);
        assert_eq!(ada.send(safe::enter()).await?, 5, "{opening:?}");
    }
}

#[test]
fn a_room_goes_on_in_its_order_though_what_it_kept_at_its_end_could_not_be() {
    for_seeds(0..10, async |seed| {
        let (store, orders) = (ToldStore::default(), Orders::default());
        orders.keeps_at_the_end.store(100, Ordering::Relaxed);
        let lab = safe::lab(seed, store.clone(), &orders).await?;
        let (ada, _) = entered(&lab, Wire::WebSocket, "ada").await?;
        let epoch = told(&ada).await["epoch"].clone();
        ada.send(Put { then: Then::Leave, ..put(5) }).await?;
        store.slow(true);
        store.fail_after(0, false);
        lab.advance(Duration::from_secs(6)).await;
        assert_eq!(store.waiting(), 1, "its end waits to be kept");
        let joining = ada.send(safe::enter());
        lab.settle().await;
        store.slow(false);
        assert_eq!(joining.await?, 5);
        let told = told(&ada).await;
        assert_eq!((&told["epoch"], &told["after"]), (&epoch, &json!(1)));
        Ok(())
    });
}
