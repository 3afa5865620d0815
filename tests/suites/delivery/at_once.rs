//! Several promises at once, with absurd clients among those that keep them.
//!
//! It must never leave anybody stuck.

use std::time::Duration;

use salon::{
    Code, Count, Namespace,
    prelude::*,
    testing::{Client, Failure, Lab, Wire, for_seeds},
    wire::msgpack::MsgpackParser,
};
use salon_tests::guests::ByName;
use serde_json::{Value, json};

use crate::chat::{Burst, Join, KEPT, Say, To, come, join, joined, lab, said, say};
use crate::den::{Den, Do, OUTBOX, Then, act, behind, enter, small_dens};

/// All or nothing: who is told that everything follows gets everything.
#[test]
fn who_is_told_that_all_follows_gets_all_also_at_the_edge_of_what_is_kept() {
    for_seeds(0..40, async |seed| {
        let lab = lab(seed, |_| {}).await?;
        let ada = come(&lab, Wire::WebSocket, "ada").await?;
        join(&ada).await?;
        ada.reset();
        lab.settle().await;
        say(&lab, 1..=KEPT as u64).await;
        ada.resume().await?;
        let joining = ada.send(Join { room: "a".into() });
        let eve = come(&lab, Wire::WebSocket, "eve").await?;
        eve.emit(Burst { room: "a".into(), events: 3, bytes: 1 });
        lab.settle().await;
        if !ada.is_connected() {
            let told = ada.transcript().to_string();
            assert!(!told.contains("\"resumed\":true"), "all was to follow, and she is cut off");
            return Ok(());
        }
        let resumed = joining.await?.resumed;
        let told = joined(&ada).await;
        let told = if told["resumed"].is_null() { joined(&ada).await } else { told };
        assert_eq!(told["resumed"], json!(resumed));
        if resumed {
            assert_eq!(said(&ada).await.len(), KEPT, "{told}");
        }
        Ok(())
    });
}

fn words(room: &str, text: u64) -> Say {
    Say { room: room.into(), text: text.to_string(), to: To::All }
}

/// "What a client has put off … waits for the joining, up to `timeouts.loading`."
#[salon::test]
async fn what_is_put_off_later_has_all_of_its_own_time() {
    let lab = lab(0, |_| {}).await?;
    let ada = come(&lab, Wire::WebSocket, "ada").await?;
    for room in ["a", "b"] {
        ada.send(Join { room: room.into() }).await?;
    }
    lab.settle().await;
    ada.reset();
    lab.settle().await;
    ada.resume().await?;
    let first = ada.send(words("a", 1));
    lab.settle().await;
    ada.send(Join { room: "a".into() }).await?;
    first.await?;
    // Nothing waits. Shortly before the time of the first would have been over, another comes.
    lab.advance(Duration::from_millis(9_500)).await;
    let second = ada.send(words("b", 2));
    lab.advance(Duration::from_secs(1)).await;
    ada.send(Join { room: "b".into() }).await?;
    second.await?;
}

/// Of several rooms each waits for its own, and nothing for long.
#[test]
fn what_is_put_off_for_two_rooms_comes_behind_the_joining_of_each() {
    for_seeds(0..10, async |seed| {
        for wire in Wire::ALL {
            let lab = lab(seed, |_| {}).await?;
            let ada = come(&lab, wire, "ada").await?;
            for room in ["a", "b"] {
                ada.send(Join { room: room.into() }).await?;
            }
            lab.settle().await;
            ada.reset();
            lab.settle().await;
            ada.resume().await?;
            let early: Vec<_> =
                ["a", "b", "a", "b"].map(|room| ada.send(words(room, 7))).into_iter().collect();
            lab.settle().await;
            let joins = ["b", "a"].map(|room| ada.send(Join { room: room.into() }));
            for joining in joins {
                assert!(joining.await?.resumed);
            }
            let mut numbers = Vec::new();
            for sent in early {
                numbers.push(sent.await?);
            }
            assert_eq!(numbers, [1, 1, 2, 2], "{wire:?}");
        }
        Ok(())
    });
}

#[salon::test]
async fn absurd_numbers_are_refused_and_harm_nobody() {
    let lab = lab(0, |_| {}).await?;
    let ada = come(&lab, Wire::WebSocket, "ada").await?;
    join(&ada).await?;
    let epoch = joined(&ada).await["epoch"].clone();
    say(&lab, 1..=3).await;
    assert_eq!(said(&ada).await, [1, 2, 3]);
    for (after, to) in [
        (u64::MAX, Some(u64::MAX)),
        (u64::MAX - 1, Some(u64::MAX)),
        (u64::MAX, Some(0)),
        (4, Some(5)),
    ] {
        let gap = json!({ "room": "chat:a", "epoch": epoch, "after": after, "to": to });
        let refused = ada.call::<Value>("salon:replay", (gap,)).await.expect_err("ahead");
        assert_eq!(refused.code(), &Code::Gone);
    }
    let gap = json!({ "room": "chat:a", "epoch": epoch, "after": 3, "to": 0 });
    assert_eq!(ada.call::<Value>("salon:replay", (gap,)).await?["to"], json!(3));
    for seq in [json!(u64::MAX), json!(u64::MAX - 1)] {
        let after = json!({ "chat:a": { "epoch": epoch, "seq": seq } });
        let auth = json!({ "name": "eve", "salon": { "after": after } });
        let eve = lab.visitor().auth(auth).connect().await?;
        assert!(!join(&eve).await?.resumed);
        assert_eq!(joined(&eve).await["lost"], json!("ahead"));
    }
    assert_eq!(lab.counters().get(Count::HandlerPanics), 0);
}

/// Untyped recovery and a history: a session that is recovered comes back to its room as any other.
#[test]
fn one_whose_session_is_recovered_resumes_its_rooms_too() {
    for_seeds(0..10, async |seed| {
        for wire in Wire::SOCKET_IO {
            let salon = Salon::builder()
                .authenticate(ByName::default())
                .limits(|limits| limits.max_outbox_frames = OUTBOX)
                .recovery(Duration::from_secs(60))
                .room::<Den>()
                .build()?;
            let lab = Lab::builder(salon).workers(3).seed(seed).window(512).start().await;
            let (ada, bob) = behind(&lab, wire).await?;
            let id = ada.id();
            ada.reset();
            lab.settle().await;
            act(&lab, &bob, 5, Then::Nothing).await?;
            ada.resume().await?;
            assert_eq!(ada.id(), id, "it is recovered");
            assert!(ada.send(enter()).await?);
            act(&lab, &bob, 1, Then::Nothing).await?;
            assert_eq!(said(&ada).await, (1..=66).collect::<Vec<_>>(), "{wire:?}");
            assert_eq!(lab.counters().get(Count::OutboxOverflows), 0);
        }
        Ok(())
    });
}

/// One that is behind on a link that is dead comes back by another, and goes on from what it has seen.
#[test]
fn one_that_is_behind_may_vanish_and_comes_back_beside_its_old_connection() {
    for_seeds(0..10, async |seed| {
        for wire in Wire::ALL {
            let lab = small_dens(seed).await?;
            let (ada, bob) = behind(&lab, wire).await?;
            ada.vanish();
            act(&lab, &bob, 3, Then::Nothing).await?;
            ada.resume().await?;
            let entering = ada.send(enter());
            act(&lab, &bob, 3, Then::Nothing).await?;
            assert!(entering.await?, "{wire:?}");
            assert_eq!(said(&ada).await, (1..=66).collect::<Vec<_>>(), "{wire:?}");
        }
        Ok(())
    });
}

/// A key in what was put off: it is handled once, behind the joining.
#[test]
fn what_is_put_off_twice_with_one_key_is_said_once() {
    for_seeds(0..10, async |seed| {
        for wire in Wire::ALL {
            let lab = lab(seed, |_| {}).await?;
            let ada = come(&lab, wire, "ada").await?;
            join(&ada).await?;
            joined(&ada).await;
            ada.reset();
            lab.settle().await;
            ada.resume().await?;
            let words = json!({ "room": "a", "text": "1", "to": "All" });
            let key = json!({ "$": { "key": "k" } });
            let sent: Vec<_> =
                (0..3).map(|_| ada.call::<u64>("chat:say", (words.clone(), key.clone()))).collect();
            lab.settle().await;
            assert!(join(&ada).await?.resumed);
            for sent in sent {
                assert_eq!(sent.await?, 1);
            }
            assert_eq!(said(&ada).await, [1]);
        }
        Ok(())
    });
}

/// A session that ends beside one that is behind, on the same connection, takes nothing of it along.
#[salon::test]
async fn a_session_that_ends_beside_one_that_is_behind_leaves_that_alone() {
    // Two namespaces on one connection.
    let salon = Salon::builder()
        .authenticate(ByName::default())
        .limits(|limits| limits.max_outbox_frames = OUTBOX)
        .room::<Den>()
        .namespace(Namespace::new("/other").on("x", |_, _| {}))
        .build()?;
    let lab = Lab::builder(salon).workers(2).window(512).start().await;
    let (ada, bob) = behind(&lab, Wire::WebSocket).await?;
    ada.send_raw(salon::wire::engine_io::Message::Text("40/other,{\"name\":\"ada\"}".into()));
    ada.send_raw(salon::wire::engine_io::Message::Text("41/other,".into()));
    lab.settle().await;
    act(&lab, &bob, 3, Then::Nothing).await?;
    ada.read_on();
    assert_eq!(said(&ada).await, (1..=63).collect::<Vec<_>>());
    assert_eq!(lab.counters().get(Count::OutboxOverflows), 0);
}

async fn again(client: &Client, lab: &Lab) -> Result<(), Failure> {
    client.read_on();
    lab.settle().await;
    if !client.is_connected() {
        client.resume().await?;
    }
    let entering = client.send(enter());
    // A POST behind one that is answered already looks again after a while.
    lab.advance(Duration::from_secs(1)).await;
    entering.await?;
    Ok(())
}

/// Whatever happens: no thread of the framework panics, nobody is stuck, and who reads and is a member hears
/// what is said then. That no number is missing or doubled the lab holds the server to.
#[test]
fn whatever_happens_at_once_nobody_is_stuck_and_nothing_of_ours_panics() {
    for_seeds(0..100, async |seed| {
        let mut rng = fastrand::Rng::with_seed(seed);
        let builder = Salon::builder()
            .authenticate(ByName::default())
            .limits(|limits| limits.max_outbox_frames = 12)
            .room::<Den>();
        let builder =
            if seed % 3 == 0 { builder.recovery(Duration::from_secs(60)) } else { builder };
        let builder = if seed % 2 == 0 { builder.parser(MsgpackParser) } else { builder };
        let lab = Lab::builder(builder.build()?).workers(3).seed(seed).window(512).start().await;
        let mut all = Vec::new();
        for name in ["ada", "bob", "cyd", "ada"] {
            let wire = rng.choice(Wire::ALL).unwrap_or_default();
            let client = come(&lab, wire, name).await?;
            client.send(enter()).await?;
            all.push(client);
        }
        // One who acts, and is in no room.
        let eve = come(&lab, Wire::WebSocket, "eve").await?;
        let (mut crashes, mut log) = (0, Vec::new());
        for _ in 0..50 {
            let index = rng.usize(0..all.len());
            let somebody = &all[index];
            let act = rng.u8(0..14);
            log.push((act, index));
            match act {
                0 => somebody.stop_reading(),
                1 => somebody.read_on(),
                2 => {
                    somebody.reset();
                    lab.settle().await;
                }
                3 => {
                    again(somebody, &lab).await?;
                }
                4 if somebody.is_connected() => {
                    drop(somebody.send(enter()));
                }
                5 if somebody.is_connected() => {
                    let seen = somebody.transcript().to_string();
                    let epoch = seen.rsplit("\"epoch\":\"").next().unwrap_or_default();
                    let epoch = epoch.get(..10).unwrap_or_default().to_owned();
                    let gap = json!({ "room": "den:a", "epoch": epoch, "after": 0 });
                    somebody.emit_named("salon:replay", (gap,));
                }
                _ => {
                    let then = match rng.u8(0..16) {
                        0 => Then::Close,
                        1 => Then::Crash,
                        2 => Then::EvictFirst,
                        3 => Then::LeaveFirst,
                        // No whisper: see those tests of who has left while it was behind.
                        6 | 7 => Then::AllButFirst,
                        8 => Then::AskFirst,
                        _ => Then::Nothing,
                    };
                    let says = rng.u64(0..30);
                    let done = eve.send(Do { room: "a".into(), says, then });
                    if rng.bool() {
                        lab.settle().await;
                    }
                    let done = done.await;
                    crashes += u64::from(
                        then == Then::Crash && done.is_err_and(|it| it.code() == &Code::Internal),
                    );
                }
            }
            if rng.bool() {
                lab.settle().await;
            }
        }
        lab.settle().await;
        assert_eq!(lab.counters().get(Count::HandlerPanics), crashes, "{log:?}");
        for somebody in &all {
            again(somebody, &lab).await?;
        }
        lab.settle().await;
        for somebody in &all {
            drop(somebody.events().await);
        }
        eve.send(Do { room: "a".into(), says: 40, then: Then::Nothing }).await?;
        for (index, somebody) in all.iter().enumerate() {
            assert_eq!(said(somebody).await.len(), 40, "{index}: {log:?}");
        }
        assert_eq!(lab.counters().get(Count::HandlerPanics), crashes);
        Ok(())
    });
}
