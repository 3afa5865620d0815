//! Members who come back: what they missed follows, whole, or they are told why it does not.

use std::time::Duration;

use salon::testing::{Failure, Lab, Wire, for_seeds};
use serde_json::{Value, json};

use crate::chat::{
    AGE, Burst, Club, Crash, Enter, Join, Joined, KEPT, Said, Say, To, come, join, joined, lab,
    said, say,
};

#[test]
fn one_that_was_away_gets_what_it_missed_and_then_its_answer() {
    for_seeds(0..20, async |seed| {
        for wire in Wire::ALL {
            let lab = lab(seed, |_| {}).await?;
            let (ada, bob) = (come(&lab, wire, "ada").await?, come(&lab, wire, "bob").await?);
            join(&ada).await?;
            join(&bob).await?;
            say(&lab, 1..=3).await;
            lab.settle().await;
            ada.reset();
            lab.settle().await;
            say(&lab, 4..=6).await;
            joined(&ada).await;
            ada.resume().await?;
            assert_eq!(join(&ada).await?, Joined { resumed: true, members: 2 });
            let told = joined(&ada).await;
            assert_eq!(
                (&told["after"], &told["resumed"], &told["replay"]),
                (&json!(3), &json!(true), &json!(3))
            );
            assert_eq!(told.get("lost"), None);
            say(&lab, 7..=7).await;
            assert_eq!(said(&ada).await, (1..=7).collect::<Vec<_>>());
            assert_eq!(said(&bob).await, (1..=7).collect::<Vec<_>>());
        }
        Ok(())
    });
}

#[salon::test]
async fn one_that_has_heard_nothing_yet_is_there_again_all_the_same() {
    let lab = lab(0, |_| {}).await?;
    let ada = come(&lab, Wire::WebSocket, "ada").await?;
    join(&ada).await?;
    joined(&ada).await;
    ada.reset();
    ada.resume().await?;
    assert!(join(&ada).await?.resumed);
    let told = joined(&ada).await;
    assert_eq!((&told["after"], &told["replay"]), (&json!(0), &json!(0)));
}

/// What `salon:joined` says to one who has seen that.
async fn told(lab: &Lab, seen: Value) -> Result<Value, Failure> {
    let auth = json!({ "name": "eve", "salon": { "after": { "chat:a": seen } } });
    let eve = lab.visitor().auth(auth).connect().await?;
    let answer = join(&eve).await?;
    let told = joined(&eve).await;
    assert_eq!(told["resumed"] == json!(true), answer.resumed);
    let count = said(&eve).await.len() as u64;
    assert_eq!(told["replay"].as_u64().unwrap_or_default(), count);
    Ok(told)
}

#[salon::test]
async fn it_is_all_or_nothing_and_whoever_gets_nothing_is_told_why() {
    let lab = lab(0, |_| {}).await?;
    let ada = come(&lab, Wire::WebSocket, "ada").await?;
    join(&ada).await?;
    let epoch = joined(&ada).await["epoch"].clone();
    let head = 2 * KEPT as u64;
    say(&lab, 1..=head).await;
    let floor = head - KEPT as u64 + 1;
    let seen = |seq: u64| json!({ "epoch": epoch, "seq": seq });
    for (seen, lost) in [
        (seen(head), None),
        (seen(floor), None),
        (seen(floor - 1), None),
        (seen(floor - 2), Some("trimmed")),
        (seen(0), Some("trimmed")),
        (seen(head + 1), Some("ahead")),
        (json!({ "epoch": "b7a01f93c2", "seq": 3 }), Some("epoch")),
        (json!({ "epoch": "no such", "seq": 3 }), Some("epoch")),
    ] {
        let told = told(&lab, seen.clone()).await?;
        assert_eq!(told.get("lost").and_then(|lost| lost.as_str()), lost, "{seen}");
        assert_eq!(told["after"], if lost.is_some() { json!(head) } else { seen["seq"].clone() });
    }
}

#[salon::test]
async fn whoever_says_nothing_of_what_it_has_seen_joins_as_ever() {
    let lab = lab(0, |_| {}).await?;
    let ada = come(&lab, Wire::WebSocket, "ada").await?;
    join(&ada).await?;
    say(&lab, 1..=3).await;
    lab.settle().await;
    ada.reset();
    joined(&ada).await;
    ada.reconnect().await?;
    assert!(!join(&ada).await?.resumed);
    let told = joined(&ada).await;
    assert_eq!((told.get("resumed"), told.get("lost"), &told["after"]), (None, None, &json!(3)));
    assert_eq!(said(&ada).await, [1, 2, 3]);
}

#[salon::test]
async fn what_was_seen_counts_for_the_first_joining_alone() {
    let lab = lab(0, |_| {}).await?;
    let ada = come(&lab, Wire::WebSocket, "ada").await?;
    join(&ada).await?;
    ada.reset();
    ada.resume().await?;
    join(&ada).await?;
    ada.send(crate::chat::Leave { room: "a".into() }).await?;
    say(&lab, 1..=2).await;
    assert!(!join(&ada).await?.resumed);
    assert_eq!(said(&ada).await, Vec::<u64>::new());
}

#[test]
fn one_that_is_cut_off_while_it_gets_what_it_missed_goes_on_from_what_it_has_seen() {
    for_seeds(0..30, async |seed| {
        for wire in Wire::ALL {
            let lab = lab(seed, |_| {}).await?;
            let ada = come(&lab, wire, "ada").await?;
            join(&ada).await?;
            ada.reset();
            lab.settle().await;
            say(&lab, 1..=90).await;
            for _ in 0..3 {
                ada.resume().await?;
                // It sees a part of it.
                ada.read_slowly(1_000);
                let _ = ada.send(Join { room: "a".into() });
                lab.advance(Duration::from_secs(1)).await;
                ada.reset();
                ada.read_on();
            }
            ada.resume().await?;
            assert!(join(&ada).await?.resumed);
            assert_eq!(said(&ada).await, (1..=90).collect::<Vec<_>>(), "{wire:?}");
        }
        Ok(())
    });
}

#[test]
fn who_comes_back_while_the_room_goes_on_misses_nothing_from_whatever_worker() {
    for_seeds(0..40, async |seed| {
        let lab = lab(seed, |limits| limits.max_outbox_frames = 16).await?;
        let (ada, bob) =
            (come(&lab, Wire::WebSocket, "ada").await?, come(&lab, Wire::Polling, "bob").await?);
        join(&ada).await?;
        join(&bob).await?;
        ada.reset();
        lab.settle().await;
        say(&lab, 1..=50).await;
        ada.resume().await?;
        let joining = ada.send(Join { room: "a".into() });
        for number in 51..=60 {
            bob.emit(Say { room: "a".into(), text: number.to_string(), to: To::All });
        }
        say(&lab, [0; 5]).await;
        assert!(joining.await?.resumed);
        lab.settle().await;
        let mut heard = said(&ada).await;
        heard.retain(|number| *number > 0);
        assert_eq!(heard, (1..=60).collect::<Vec<_>>());
        Ok(())
    });
}

#[salon::test]
async fn who_was_left_out_is_left_out_when_it_comes_back_and_misses_no_number() {
    let lab = lab(0, |_| {}).await?;
    let (ada, bob) =
        (come(&lab, Wire::WebSocket, "ada").await?, come(&lab, Wire::WebSocket, "bob").await?);
    join(&ada).await?;
    join(&bob).await?;
    let whisper = |text: &str| Say { room: "a".into(), text: text.into(), to: To::Others };
    ada.send(whisper("1")).await?;
    let skipped = ada.expect_named("salon:skip").await;
    assert_eq!(skipped.position.expect("it has a number").at, salon::At::Seq(1));
    // What it is told of the second is lost on the way.
    ada.stop_reading();
    ada.emit(whisper("2"));
    lab.settle().await;
    ada.reset();
    lab.settle().await;
    ada.read_on();
    ada.resume().await?;
    assert!(join(&ada).await?.resumed);
    say(&lab, 3..=3).await;
    assert_eq!(said(&ada).await, [3]);
    assert_eq!(said(&bob).await, [1, 2, 3]);
}

#[salon::test]
async fn a_room_that_panicked_has_another_order_and_nothing_of_the_former() {
    let lab = lab(0, |_| {}).await?;
    let ada = come(&lab, Wire::WebSocket, "ada").await?;
    join(&ada).await?;
    say(&lab, 1..=3).await;
    ada.reset();
    lab.settle().await;
    let bob = come(&lab, Wire::WebSocket, "bob").await?;
    join(&bob).await?;
    let _ = bob.send(Crash { room: "a".into() }).await;
    ada.resume().await?;
    assert!(!join(&ada).await?.resumed);
    let told = [joined(&ada).await, joined(&ada).await];
    assert_eq!(told[1]["lost"], json!("epoch"));
}

/// Says something in the club `a`.
async fn say_in_club(lab: &Lab, text: &str) {
    lab.salon().room::<Club>(&"a".into()).broadcast(&Said { text: text.into() }).await;
}

#[salon::test]
async fn nobody_is_shown_what_was_said_before_it_came_for_the_first_time() {
    let lab = lab(0, |_| {}).await?;
    let enter = || Enter { room: "a".into() };
    let ada = come(&lab, Wire::WebSocket, "ada").await?;
    ada.send(enter()).await?;
    let epoch = joined(&ada).await["epoch"].clone();
    say_in_club(&lab, "1").await;
    // Eve was never there, whatever she says that she has seen.
    let claim = json!({ "club:a": { "epoch": epoch, "seq": 0 } });
    for name in ["eve", ""] {
        let auth = json!({ "name": name, "salon": { "after": claim } });
        let eve = lab.visitor().auth(auth).connect().await?;
        assert!(!eve.send(enter()).await?);
        assert_eq!(joined(&eve).await["lost"], json!("trimmed"));
        assert_eq!(said(&eve).await, Vec::<u64>::new());
        eve.reset();
        say_in_club(&lab, "2").await;
        eve.resume().await?;
        // From then on she is known, if anything says who she is.
        assert_eq!(eve.send(enter()).await?, !name.is_empty());
    }
    ada.reset();
    ada.resume().await?;
    assert!(ada.send(enter()).await?);
    assert_eq!(said(&ada).await, [1, 2, 2]);
}

#[salon::test]
async fn what_is_old_is_not_shown_whatever_the_time_of_day_does() {
    let lab = lab(0, |_| {}).await?;
    let ada = come(&lab, Wire::WebSocket, "ada").await?;
    ada.send(Enter { room: "a".into() }).await?;
    say_in_club(&lab, "1").await;
    ada.reset();
    lab.settle().await;
    say_in_club(&lab, "2").await;
    let wall = lab.wall();
    for (passed, jump, resumed) in
        [(AGE, 1_000_000, true), (AGE + Duration::from_millis(1), 0, false)]
    {
        lab.advance(passed).await;
        lab.set_wall(wall + Duration::from_secs(jump));
        ada.resume().await?;
        assert_eq!(ada.send(Enter { room: "a".into() }).await?, resumed);
        ada.reset();
        lab.settle().await;
        say_in_club(&lab, "3").await;
    }
}

#[salon::test]
async fn what_all_rooms_keep_has_a_limit_and_the_one_that_publishes_gives_up_its_own() {
    let lab = lab(0, |limits| limits.max_history_bytes = 40_000).await?;
    let ada = come(&lab, Wire::WebSocket, "ada").await?;
    let rooms = ["a", "b"];
    for room in rooms {
        ada.send(Join { room: room.into() }).await?;
        ada.send(Burst { room: room.into(), events: 10, bytes: 2_700 }).await?;
    }
    ada.events().await;
    let mut lost = Vec::new();
    for room in rooms {
        let epoch = joined(&ada).await["epoch"].clone();
        let claim = json!({ format!("chat:{room}"): { "epoch": epoch, "seq": 0 } });
        let eve = json!({ "name": "eve", "salon": { "after": claim } });
        let eve = lab.visitor().auth(eve).connect().await?;
        eve.send(Join { room: room.into() }).await?;
        lost.push(joined(&eve).await.get("lost").cloned());
    }
    assert_eq!(lost, [None, Some(json!("trimmed"))]);
}
