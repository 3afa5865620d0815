//! Clients that come back, and have missed more than an outbox holds.
//!
//! It must never end in a circle: each return gets further, or begins anew.

use std::time::Duration;

use salon::{
    Count, Salon,
    testing::{Client, Failure, Incoming, Lab, Wire, for_seeds},
};
use serde_json::{Value, json};

use crate::table::{next_text, text};

const MINUTE: Duration = Duration::from_secs(60);

/// What an outbox holds here.
const OUTBOX: usize = 16;

/// What is kept.
const KEPT: usize = 400;

/// What a line holds: less than an outbox.
const WINDOW: usize = 512;

async fn lab(seed: u64, workers: usize) -> Result<Lab, Failure> {
    let salon = Salon::builder()
        .on("echo", |socket, event| {
            socket.emit_named("heard", (0,));
            let _ = event.acknowledge((true,));
        })
        .on("ask", |_, event| {
            let _ = event.acknowledge((true,));
        })
        .limits(|limits| {
            limits.max_outbox_frames = OUTBOX;
            limits.max_recovery_frames = KEPT;
        })
        .recovery(MINUTE)
        .build()?;
    Ok(Lab::builder(salon).workers(workers).seed(seed).window(WINDOW).start().await)
}

fn say(lab: &Lab, numbers: std::ops::RangeInclusive<u64>) {
    let all = lab.salon().namespace("/");
    numbers.for_each(|number| all.emit_named("news", (number, "x".repeat(40))));
}

fn numbers(events: &[Incoming]) -> Vec<u64> {
    let number = |event: &Incoming| event.json().first().and_then(Value::as_u64);
    events.iter().filter_map(number).collect()
}

/// Has a client hear the first of the news, and miss what comes then.
async fn away(lab: &Lab, wire: Wire) -> Result<(Client, Option<String>), Failure> {
    let client = lab.connect_over(wire, ()).await?;
    say(lab, 1..=1);
    client.expect_named("news").await;
    client.reset();
    lab.settle().await;
    let id = client.id();
    Ok((client, id))
}

#[test]
fn who_missed_more_than_an_outbox_holds_gets_it_all_in_order_with_what_is_said_meanwhile() {
    for_seeds(0..20, async |seed| {
        for wire in Wire::SOCKET_IO {
            let lab = lab(seed, 2).await?;
            let (client, id) = away(&lab, wire).await?;
            say(&lab, 2..=200);
            lab.settle().await;
            // Of one that was between two polls it is the first that the server learns.
            let before = lab.counters().get(Count::OutboxOverflows);
            client.reconnect().await?;
            // It reads as it comes: most of what it missed waits still.
            say(&lab, 201..=207);
            if wire != Wire::Polling {
                lab.salon().namespace("/").volatile().emit_named("news", (0,));
            }
            say(&lab, 208..=215);
            assert_eq!(client.id(), id, "{wire:?}");
            assert_eq!(numbers(&client.events().await), (2..=215).collect::<Vec<_>>(), "{wire:?}");
            assert_eq!(lab.counters().get(Count::OutboxOverflows), before, "{wire:?}");
            // What it had to catch up on counts no more.
            client.stop_reading();
            say(&lab, 216..=300);
            lab.settle().await;
            assert_eq!(lab.counters().get(Count::OutboxOverflows), before + 1, "{wire:?}");
        }
        Ok(())
    });
}

#[salon::test]
async fn who_missed_more_bytes_than_an_outbox_holds_gets_it_all_in_order() {
    for wire in Wire::SOCKET_IO {
        let salon = Salon::builder()
            .limits(|limits| limits.max_outbox_bytes = 2_000)
            .recovery(MINUTE)
            .build()?;
        let lab = Lab::builder(salon).workers(2).window(WINDOW).start().await;
        let (client, id) = away(&lab, wire).await?;
        say(&lab, 2..=200);
        lab.settle().await;
        // Of one that was between two polls it is the first that the server learns.
        let before = lab.counters().get(Count::OutboxOverflows);
        client.reconnect().await?;
        assert_eq!(client.id(), id, "{wire:?}");
        assert_eq!(numbers(&client.events().await), (2..=200).collect::<Vec<_>>(), "{wire:?}");
        assert_eq!(lab.counters().get(Count::OutboxOverflows), before, "{wire:?}");
    }
}

#[salon::test]
async fn what_was_missed_comes_before_the_reply_while_it_takes_half_of_an_outbox_at_most() {
    type Set = fn(&mut salon::config::Limits);
    // One event of 300 characters takes some more bytes than that.
    let halves: [(Set, u64); 2] = [
        (|limits| limits.max_outbox_frames = 16, 8),
        (|limits| limits.max_outbox_bytes = 2_000, 3),
    ];
    for wire in Wire::SOCKET_IO {
        for (set, half) in halves {
            for missed in [1, half, half + 1] {
                let builder = Salon::builder().limits(set).recovery(MINUTE);
                let lab = Lab::new(builder.build()?).await;
                let all = lab.salon().namespace("/");
                let news = |number| all.emit_named("news", (number, "x".repeat(300)));
                let client = lab.visitor().wire(wire).open().await?;
                client.send_raw(text("0"));
                let reply: Value = serde_json::from_str(&next_text(&client).await[1..])?;
                news(0);
                let event: Vec<Value> = serde_json::from_str(&next_text(&client).await[1..])?;
                // A move to WebSocket that is under way comes first.
                lab.advance(Duration::from_secs(1)).await;
                client.reset();
                lab.settle().await;
                (1..=missed).for_each(news);
                let client = lab.visitor().wire(wire).open().await?;
                let claim = json!({ "pid": reply["pid"], "offset": event.last() });
                client.send_raw(text(format!("0{claim}")));
                let mut at = 0;
                while !next_text(&client).await.starts_with('0') {
                    at += 1;
                }
                let before = if missed <= half { missed } else { 0 };
                assert_eq!(at, before, "{missed} of {half} over {wire:?}");
            }
        }
    }
}

#[salon::test]
async fn an_answer_does_not_overtake_what_a_client_catches_up_on() {
    for wire in Wire::SOCKET_IO {
        let lab = lab(0, 2).await?;
        let (client, _) = away(&lab, wire).await?;
        say(&lab, 2..=200);
        client.reconnect().await?;
        let answered: bool = client.call("echo", ()).await?;
        assert!(answered, "{wire:?}");
        let expected: Vec<_> = (2..=200).chain([0]).collect();
        assert_eq!(numbers(&client.events().await), expected, "{wire:?}");
    }
}

#[salon::test]
async fn a_client_that_does_not_read_what_it_missed_gets_no_more_room_for_what_is_its_own() {
    let lab = lab(0, 1).await?;
    let (client, _) = away(&lab, Wire::WebSocket).await?;
    say(&lab, 2..=200);
    client.reconnect().await?;
    client.stop_reading();
    lab.settle().await;
    let before = lab.counters().get(Count::FramesQueued);
    let questions: Vec<_> = (0..200).map(|_| client.call::<bool>("ask", ())).collect();
    lab.settle().await;
    drop(questions);
    let answers = lab.counters().get(Count::FramesQueued) - before;
    assert!((1..=OUTBOX as u64).contains(&answers), "{answers}");
}

/// A client whose outbox was full comes back, again and again, and the news go on.
#[test]
fn who_comes_back_under_a_flood_is_up_to_date_each_time() {
    for_seeds(0..10, async |seed| {
        for wire in Wire::SOCKET_IO {
            let lab = lab(seed, 2).await?;
            let client = lab.connect_over(wire, ()).await?;
            let (id, mut said, mut heard) = (client.id(), 0, Vec::new());
            for round in 1..=8 {
                say(&lab, said + 1..=said + 5);
                heard.extend(numbers(&client.events().await));
                client.stop_reading();
                say(&lab, said + 6..=said + 100);
                said += 100;
                lab.settle().await;
                assert_eq!(lab.counters().get(Count::OutboxOverflows), round, "{wire:?}");
                client.read_on();
                client.reconnect().await?;
                assert_eq!(client.id(), id, "{wire:?}, round {round}");
                heard.extend(numbers(&client.events().await));
            }
            assert_eq!(heard, (1..=said).collect::<Vec<_>>(), "{wire:?}");
        }
        Ok(())
    });
}

#[salon::test]
async fn who_missed_more_than_is_kept_begins_anew_at_once_and_stays() {
    for wire in Wire::ALL {
        let lab = lab(0, 2).await?;
        let (client, id) = away(&lab, wire).await?;
        say(&lab, 2..=2 + KEPT as u64);
        client.reconnect().await?;
        assert_ne!(client.id(), id, "{wire:?}");
        client.expect_none().await;
        say(&lab, 1_000..=1_000);
        assert_eq!(numbers(&client.events().await), [1_000], "{wire:?}");
    }
}

#[salon::test]
async fn who_missed_as_much_as_is_kept_gets_the_oldest_as_well() {
    for wire in Wire::SOCKET_IO {
        let lab = lab(0, 2).await?;
        let (client, id) = away(&lab, wire).await?;
        say(&lab, 2..=1 + KEPT as u64);
        client.reconnect().await?;
        assert_eq!(client.id(), id, "{wire:?}");
        let expected: Vec<_> = (2..=1 + KEPT as u64).collect();
        assert_eq!(numbers(&client.events().await), expected, "{wire:?}");
    }
}

#[salon::test]
async fn a_client_that_falls_behind_all_that_is_kept_while_it_catches_up_loses_its_connection() {
    let lab = lab(0, 2).await?;
    let (client, id) = away(&lab, Wire::WebSocket).await?;
    say(&lab, 2..=200);
    client.reconnect().await?;
    client.stop_reading();
    lab.settle().await;
    assert_eq!(client.id(), id);
    say(&lab, 201..=300);
    lab.settle().await;
    assert_eq!(lab.counters().get(Count::OutboxOverflows), 0);
    say(&lab, 301..=301 + (KEPT + OUTBOX) as u64);
    lab.settle().await;
    assert_eq!(lab.counters().get(Count::OutboxOverflows), 1);
    client.read_on();
    client.events().await;
    client.reconnect().await?;
    assert_ne!(client.id(), id, "it begins anew, and not again and again");
    client.expect_none().await;
}

#[salon::test]
async fn each_namespace_that_comes_back_gets_what_it_missed() {
    let salon = Salon::builder()
        .namespace(salon::Namespace::new("/other"))
        .limits(|limits| limits.max_outbox_frames = OUTBOX)
        .recovery(MINUTE)
        .build()?;
    let lab = Lab::builder(salon).workers(2).window(WINDOW).start().await;
    let (main, other) = (lab.salon().namespace("/"), lab.salon().namespace("/other"));
    let client = lab.visitor().open().await?;
    let mut claims = Vec::new();
    for (begin, all) in [("0", &main), ("0/other,", &other)] {
        client.send_raw(text(begin));
        let reply = next_text(&client).await;
        let reply: Value = serde_json::from_str(&reply[begin.len()..])?;
        all.emit_named("news", (1,));
        let event = next_text(&client).await;
        let event: Vec<Value> = serde_json::from_str(&event[begin.len()..])?;
        let offset = event.last().cloned().ok_or("an offset")?;
        claims.push(format!("{begin}{}", json!({ "pid": reply["pid"], "offset": offset })));
    }
    client.reset();
    lab.settle().await;
    for number in 2..=100 {
        main.emit_named("news", (number,));
        other.emit_named("news", (number,));
    }
    let client = lab.visitor().open().await?;
    claims.iter().for_each(|claim| client.send_raw(text(claim.as_str())));
    let mut heard = [Vec::new(), Vec::new()];
    for _ in 0..2 * 99 + 2 {
        let text = next_text(&client).await;
        let (of, list) = match text.strip_prefix("2/other,") {
            Some(list) => (1, list),
            None => (0, text.trim_start_matches('2')),
        };
        if let Ok(event) = serde_json::from_str::<Vec<Value>>(list) {
            heard[of].push(event[1].as_u64().ok_or("a number")?);
        }
    }
    let all: Vec<_> = (2..=100).collect();
    assert_eq!(heard, [all.clone(), all]);
}
