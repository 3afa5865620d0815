//! Stores that never answer, or panic: what of a room goes on all the same.
//!
//! It must never wait for what such a store does not say.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    time::Duration,
};

use salon::{
    Code,
    auth::{What, Who},
    store::{Batch, MemoryStore, RoomName, Store, StoreFuture, Stored},
    testing::{Wire, for_seeds},
};

use crate::{
    chat::come,
    ledger::ToldStore,
    safe::{self, Orders, entered, held, put},
};

/// What panics of a store.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Panics {
    Nothing,
    Append,
    AppendLater,
    Open,
    OpenLater,
    Release,
}

#[derive(Clone, Debug, Default)]
struct Panicky {
    memory: MemoryStore,
    panics: Arc<AtomicU8>,
}

impl Panicky {
    fn panic(&self, what: Panics) {
        self.panics.store(what as u8, Ordering::Relaxed);
    }

    fn panics(&self, what: Panics) -> bool {
        self.panics.load(Ordering::Relaxed) == what as u8
    }

    fn now(&self, what: Panics) {
        assert!(!self.panics(what), "a store panics");
    }

    fn later<T: Send + 'static>(&self, what: Panics, done: StoreFuture<T>) -> StoreFuture<T> {
        let this = self.clone();
        Box::pin(async move {
            this.now(what);
            done.await
        })
    }
}

impl Store for Panicky {
    fn open(&self, room: &RoomName) -> StoreFuture<Option<Stored>> {
        self.now(Panics::Open);
        self.later(Panics::OpenLater, self.memory.open(room))
    }

    fn append(&self, room: &RoomName, batch: Batch) -> StoreFuture<()> {
        self.now(Panics::Append);
        let later = self.panics(Panics::AppendLater);
        let done = self.memory.append(room, batch);
        if later { self.later(Panics::AppendLater, done) } else { done }
    }

    fn remove(&self, room: &RoomName) -> StoreFuture<()> {
        self.memory.remove(room)
    }

    fn release(&self, _: &RoomName) {
        self.now(Panics::Release);
    }

    fn close(&self) -> StoreFuture<()> {
        self.memory.close()
    }
}

#[salon::test]
async fn a_store_that_panics_has_failed_and_no_more_than_that() {
    for what in
        [Panics::Append, Panics::AppendLater, Panics::Open, Panics::OpenLater, Panics::Release]
    {
        let store = Panicky::default();
        let lab = safe::lab(0, store.clone(), &Orders::default()).await?;
        let (ada, _) = entered(&lab, Wire::WebSocket, "ada").await?;
        assert_eq!(ada.send(put(5)).await?, 5);
        if matches!(what, Panics::Open | Panics::OpenLater | Panics::Release) {
            store.panic(what);
            lab.drive(lab.salon().room::<safe::Safe>(&"a".into()).close()).await;
            lab.settle().await;
            let again = ada.send(safe::enter()).await;
            assert_eq!(again.is_ok(), what == Panics::Release);
            store.panic(Panics::Nothing);
            lab.settle().await;
        } else {
            store.panic(what);
            let refused = ada.send(put(1)).await.expect_err("it panics");
            assert_eq!(refused.code().as_str(), "internal");
            store.panic(Panics::Nothing);
        }
        let holds = if what == Panics::AppendLater { 6 } else { 5 };
        lab.settle().await;
        assert_eq!(ada.send(safe::enter()).await?, holds);
        assert_eq!(ada.send(put(1)).await?, holds + 1);
    }
}

#[test]
fn a_right_that_is_revoked_is_gone_though_the_store_never_answers() {
    for_seeds(0..10, async |seed| {
        let store = ToldStore::default();
        let lab = safe::lab(seed, store.clone(), &Orders::default()).await?;
        let (ada, _) = entered(&lab, Wire::WebSocket, "ada").await?;
        store.slow(true);
        // More than a room has wait for its store.
        let answers: Vec<_> = (0..12).map(|_| ada.send(put(1))).collect();
        lab.settle().await;
        let salon = lab.salon().clone();
        let revoked = async move { salon.revoke(Who::user("ada"), What::room("safe:a")).await };
        lab.drive(async move {
            let limit = Duration::from_secs(60);
            let _ = tokio::time::timeout(limit, revoked).await;
        })
        .await;
        assert_eq!(held(&ada).await, Vec::<u64>::new());
        drop(answers);
        store.slow(false);
        ada.expect_named("salon:evicted").await;
        assert_eq!(held(&ada).await, Vec::<u64>::new(), "she has lost it");
        Ok(())
    });
}

#[test]
fn a_salon_ends_in_its_time_though_the_store_never_answers() {
    for_seeds(0..10, async |seed| {
        let store = ToldStore::default();
        let lab = safe::lab(seed, store.clone(), &Orders::default()).await?;
        let (ada, _) = entered(&lab, Wire::WebSocket, "ada").await?;
        store.slow(true);
        let answer = ada.send(put(1));
        lab.settle().await;
        let salon = lab.salon().clone();
        lab.drive(async move {
            let ends = salon.shutdown(Duration::from_secs(5));
            assert!(tokio::time::timeout(Duration::from_secs(20), ends).await.is_ok(), "it ends");
        })
        .await;
        assert!(answer.await.is_err(), "it was not said to be kept");
        Ok(())
    });
}

#[test]
fn whoever_goes_while_commits_wait_leaves_no_ghost() {
    for_seeds(0..20, async |seed| {
        for wire in Wire::ALL {
            for fails in [false, true] {
                let store = ToldStore::default();
                let lab = safe::lab(seed, store.clone(), &Orders::default()).await?;
                let (bob, _) = entered(&lab, wire, "bob").await?;
                store.slow(true);
                if fails {
                    store.fail_after(0, false);
                }
                let answer = bob.send(put(1));
                let ada = come(&lab, wire, "ada").await?;
                lab.settle().await;
                let joining = ada.send(safe::enter());
                lab.settle().await;
                ada.reset();
                lab.settle().await;
                store.slow(false);
                assert_eq!(answer.await.is_err(), fails);
                assert!(joining.await.is_err());
                let members =
                    lab.drive(lab.salon().room::<safe::Safe>(&"a".into()).members()).await;
                assert_eq!(members.len(), 1, "{fails} {wire:?}");
                drop((ada, bob));
                lab.advance(Duration::from_secs(60)).await;
                assert_eq!(lab.salon().connections(), 0);
                assert!(!lab.salon().room::<safe::Safe>(&"a".into()).is_open());
            }
        }
        Ok(())
    });
}

#[salon::test]
async fn a_store_that_another_salon_has_closed_is_said_to_be_so() {
    let store = MemoryStore::new();
    let before = safe::lab(0, store.clone(), &Orders::default()).await?;
    before.drive(before.salon().shutdown(Duration::from_secs(1))).await;
    drop(before);
    let after = safe::lab(1, store.clone(), &Orders::default()).await?;
    let ada = come(&after, Wire::WebSocket, "ada").await?;
    let refused = ada.send(safe::enter()).await.expect_err("the store is closed");
    assert_eq!(refused.code(), &Code::Internal, "no client is told that the server ends");
    let transcript = after.transcript();
    assert!(transcript.traced().any(|line| line.contains("`reopened()`")), "{transcript}");
    drop((ada, after));
    let anew = safe::lab(2, store.reopened(), &Orders::default()).await?;
    come(&anew, Wire::WebSocket, "ada").await?.send(safe::enter()).await?;
}
