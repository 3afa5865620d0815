//! What a durable room does not say before it is kept, to whoever it may be said.
//!
//! It must never take what was said late for what was not said.

use std::time::Duration;

use salon::{
    auth::{What, Who},
    testing::{Client, Wire, for_seeds},
};
use serde_json::{Value, json};

use crate::{
    chat::come,
    ledger::{ToldStore, told},
    safe::{self, Orders, Safe, entered, held, put},
};

#[test]
fn nobody_is_shown_as_a_member_before_that_is_kept() {
    for_seeds(0..10, async |seed| {
        let store = ToldStore::default();
        let lab = safe::lab(seed, store.clone(), &Orders::default()).await?;
        let (ada, _) = entered(&lab, Wire::WebSocket, "ada").await?;
        store.slow(true);
        store.fail_after(0, false);
        let failed = ada.send(put(1));
        lab.settle().await;
        let bob = come(&lab, Wire::WebSocket, "bob").await?;
        let joining = bob.send(safe::enter());
        lab.settle().await;
        let room = lab.salon().room::<Safe>(&"a".into());
        let slow = store.clone();
        let (members, ()) = lab
            .drive(async move {
                tokio::join!(room.members(), async move {
                    tokio::task::yield_now().await;
                    slow.slow(false);
                })
            })
            .await;
        assert!(failed.await.is_err() && joining.await.is_err());
        let names: Vec<_> = members.iter().map(|it| it.identity().name.clone()).collect();
        assert_eq!(names, ["ada"], "bob has never been a member");
        Ok(())
    });
}

#[test]
fn a_room_s_line_on_its_list_waits_for_nothing_and_is_that_of_the_state_that_is_kept() {
    for_seeds(0..5, async |seed| {
        let store = ToldStore::default();
        let lab = safe::lab(seed, store.clone(), &Orders::default()).await?;
        let (ada, _) = entered(&lab, Wire::WebSocket, "ada").await?;
        ada.send(put(1)).await?;
        store.slow(true);
        store.fail_after(0, false);
        let failed = ada.send(put(1));
        lab.settle().await;
        let listed = || lab.salon().rooms::<Safe>().get(&"a".into());
        assert_eq!(listed(), Some(2));
        store.slow(false);
        assert!(failed.await.is_err());
        lab.settle().await;
        assert_ne!(listed(), Some(2));
        ada.send(put(3)).await?;
        assert_eq!(listed(), Some(4));
        Ok(())
    });
}

/// Asks for what has come behind a number, up to another.
fn ask(client: &Client, epoch: &Value, after: u64, to: u64) -> impl Future<Output = Option<u64>> {
    let gap = json!({ "room": "safe:a", "epoch": epoch, "after": after, "to": to });
    let answer = client.call::<Value>("salon:replay", (gap,));
    async move { answer.await.ok()?["to"].as_u64() }
}

#[test]
fn whoever_is_told_up_to_where_it_was_sent_what_it_missed_has_got_that() {
    for_seeds(0..10, async |seed| {
        for fails in [true, false] {
            let store = ToldStore::default();
            let lab = safe::lab(seed, store.clone(), &Orders::default()).await?;
            let (ada, _) = entered(&lab, Wire::WebSocket, "ada").await?;
            let epoch = told(&ada).await["epoch"].clone();
            for _ in 0..2 {
                ada.send(put(1)).await?;
            }
            assert_eq!(held(&ada).await, [1, 2]);
            store.slow(true);
            if fails {
                store.fail_after(0, false);
            }
            let pending = ada.send(put(1));
            lab.settle().await;
            let asked = ask(&ada, &epoch, 0, 3);
            lab.settle().await;
            let transcript = ada.transcript().to_string();
            assert!(!transcript.contains("\"to\":3}]"), "it is not kept: {transcript}");
            store.slow(false);
            assert_eq!(pending.await.is_err(), fails);
            let (to, heard) = (asked.await, held(&ada).await);
            let expected = match to {
                Some(to) => (1..=to).collect(),
                None => vec![],
            };
            assert!(expected.iter().all(|it| heard.contains(it)), "{fails}: {to:?} {heard:?}");
        }
        Ok(())
    });
}

#[test]
fn whoever_loses_the_right_while_a_commit_waits_gets_nothing_more() {
    for_seeds(0..20, async |seed| {
        for wire in Wire::ALL {
            let store = ToldStore::default();
            let lab = safe::lab(seed, store.clone(), &Orders::default()).await?;
            let (ada, _) = entered(&lab, wire, "ada").await?;
            let (bob, _) = entered(&lab, wire, "bob").await?;
            ada.send(put(1)).await?;
            assert_eq!(held(&ada).await, [1]);
            store.slow(true);
            let (own, other) = (ada.send(put(1)), bob.send(put(1)));
            lab.settle().await;
            let salon = lab.salon().clone();
            lab.drive(async move { salon.revoke(Who::user("ada"), What::room("safe:a")).await })
                .await;
            store.slow(false);
            assert_eq!(own.await.expect_err("she is out").code().as_str(), "lapsed", "{wire:?}");
            other.await?;
            bob.send(put(1)).await?;
            ada.expect_named("salon:evicted").await;
            assert_eq!(held(&ada).await, Vec::<u64>::new(), "{wire:?}");
            assert_eq!(ada.send(safe::enter()).await?, 4);
            bob.send(put(1)).await?;
            assert_eq!(held(&ada).await, [5], "{wire:?}");
        }
        Ok(())
    });
}

#[test]
fn whoever_joins_and_loses_the_right_while_that_waits_gets_nothing() {
    for_seeds(0..20, async |seed| {
        for wire in Wire::ALL {
            let store = ToldStore::default();
            let lab = safe::lab(seed, store.clone(), &Orders::default()).await?;
            let (bob, _) = entered(&lab, wire, "bob").await?;
            let ada = come(&lab, wire, "ada").await?;
            store.slow(true);
            let first = bob.send(put(1));
            lab.settle().await;
            let joining = ada.send(safe::enter());
            lab.settle().await;
            let second = bob.send(put(1));
            lab.settle().await;
            let salon = lab.salon().clone();
            lab.drive(async move { salon.revoke(Who::user("ada"), What::room("safe:a")).await })
                .await;
            store.slow(false);
            first.await?;
            second.await?;
            assert_eq!(joining.await.expect_err("she is out").code().as_str(), "lapsed");
            let came: Vec<_> = ada.events().await.into_iter().map(|event| event.name).collect();
            assert_eq!(came, ["salon:evicted"], "{wire:?}");
        }
        Ok(())
    });
}

#[test]
fn nobody_is_left_without_an_answer_where_a_worker_ends_while_commits_wait() {
    for_seeds(0..20, async |seed| {
        for worker in 0..3 {
            let store = ToldStore::default();
            let lab = safe::lab(seed, store.clone(), &Orders::default()).await?;
            let mut clients = Vec::new();
            for (at, name) in ["ada", "bob", "cyd"].into_iter().enumerate() {
                let client =
                    lab.visitor().worker(at).auth(json!({ "name": name })).connect().await?;
                client.send(safe::enter()).await?;
                clients.push(client);
            }
            clients[0].send(put(1)).await?;
            store.slow(true);
            let answers: Vec<_> = clients.iter().map(|client| client.send(put(1))).collect();
            lab.settle().await;
            lab.end_worker(worker);
            lab.settle().await;
            store.slow(false);
            lab.advance(Duration::from_secs(1)).await;
            for answer in answers {
                // Kept or not: it is known.
                let _ = answer.await;
            }
            let mut holds = Vec::new();
            for (at, client) in clients.iter().enumerate().filter(|(at, _)| *at != worker) {
                let _ = client.send(safe::enter()).await?;
                holds.push(client.send(put(0)).await?);
                assert!(client.is_connected(), "{at}");
            }
            assert!(holds.iter().all(|it| *it == 4), "{holds:?}");
        }
        Ok(())
    });
}
