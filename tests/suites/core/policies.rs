//! What a slow client may miss, what it never misses, and what it is told.
//!
//! It must never depend on how much a line holds: a client that does not read has as much on its way as
//! that.

use std::time::Duration;

use salon::{
    Count, NotQueued, auth,
    config::Limits,
    prelude::*,
    testing::{Client, Failure, Incoming, Lab, Wire, for_seeds},
};
use serde_json::Value;

use crate::arcade::{Arcade, Break, ENTER, Glided, Moved, Scored, Tick, Trace, What, play, player};

const SECOND: Duration = Duration::from_secs(1);

fn build(set: impl FnOnce(&mut Limits), recovery: Option<Duration>) -> Salon {
    let builder = Salon::builder().limits(set);
    let builder = match recovery {
        Some(window) => builder.recovery(window),
        None => builder,
    };
    let builder = builder.room::<Arcade>().on("move", |socket, _| {
        (0..9).for_each(|to| socket.emit(&moved_to(to)));
    });
    builder.build().expect("the parts fit")
}

async fn lab(seed: u64) -> Lab {
    Lab::builder(build(|_| {}, None)).workers(2).window(4 * 1024).seed(seed).start().await
}

/// Two in the arcade: one that plays, and one that is slow.
async fn two(lab: &Lab, wire: Wire) -> Result<(Client, Client), Failure> {
    let (fast, slow) = (lab.connect(()).await?, lab.connect_over(wire, ()).await?);
    for client in [&fast, &slow] {
        client.send(ENTER).await?;
    }
    lab.settle().await;
    Ok((fast, slow))
}

/// The slow one does not read, and its line is full of what nobody may miss.
async fn stop_reading(lab: &Lab, fast: &Client, slow: &Client) -> Result<u32, Failure> {
    slow.stop_reading();
    let scores = 400;
    fast.send(play(What::Scores, 0, scores)).await?;
    lab.settle().await;
    Ok(scores)
}

fn moved_to(to: u32) -> Moved {
    Moved { by: player(to), to }
}

fn named<T: serde::de::DeserializeOwned>(events: &[Incoming], name: &str) -> Vec<T> {
    let those = events.iter().filter(|event| event.name == name);
    let payload = |event: &Incoming| {
        let mut json = event.json();
        // Without its position, if it has one.
        json.pop_if(|last| last.get("epoch").is_some());
        let value = if json.len() == 1 { json.remove(0) } else { Value::Array(json) };
        serde_json::from_value(value).expect("it has the form of its event")
    };
    those.map(payload).collect()
}

/// How many of an event it was told that it had missed, by each word.
fn told(events: &[Incoming], name: &str) -> Vec<u64> {
    let words = events.iter().filter(|event| event.name == "salon:dropped");
    let words = words.map(|event| event.json().remove(0));
    let of_event = words.filter(|word| word["event"] == name);
    of_event
        .map(|word| {
            assert_eq!(word["room"], "arcade:1");
            word["count"].as_u64().expect("a count")
        })
        .collect()
}

#[test]
fn one_that_does_not_read_has_one_value_of_each_key_waiting_and_gets_the_newest() {
    for_seeds(0..2, async |seed| {
        for wire in Wire::ALL {
            let lab = lab(seed).await;
            let (fast, slow) = two(&lab, wire).await?;
            let scores = stop_reading(&lab, &fast, &slow).await?;
            for from in (0..9_999).step_by(99) {
                fast.send(play(What::Moves, from, 99)).await?;
                fast.events().await;
            }
            let conflated = lab.counters().get(Count::FramesConflated);
            slow.read_on();
            let events = slow.events().await;
            let moves: Vec<Moved> = named(&events, "arcade:moved");
            assert_eq!(moves, [9_996, 9_997, 9_998].map(moved_to), "{wire:?}");
            assert!(conflated >= 9_996, "{wire:?}: {conflated}");
            let came: Vec<Scored> = named(&events, "arcade:scored");
            assert_eq!(came, (0..scores).map(Scored).collect::<Vec<_>>(), "{wire:?}");
            lab.advance(3 * SECOND).await;
            assert!(slow.events().await.is_empty(), "{wire:?}: nothing is told of it");
            assert_eq!(lab.counters().get(Count::OutboxOverflows), 0);
        }
        Ok(())
    });
}

#[test]
fn how_many_were_dropped_is_told_exactly_and_what_is_reliable_is_all_there() {
    for_seeds(0..5, async |seed| {
        for wire in Wire::ALL {
            let lab = lab(seed).await;
            let (fast, slow) = two(&lab, wire).await?;
            let scores = stop_reading(&lab, &fast, &slow).await?;
            for second in 0..5 {
                for what in [What::Traces, What::Ticks] {
                    fast.send(play(what, second * 20, 20)).await?;
                }
                lab.advance(SECOND).await;
            }
            slow.read_on();
            let mut events = slow.events().await;
            fast.send(play(What::Traces, 100, 1)).await?;
            lab.advance(3 * SECOND).await;
            events.extend(slow.events().await);
            let traces: Vec<Trace> = named(&events, "arcade:trace");
            let numbers: Vec<_> = traces.iter().map(|Trace(number, _)| *number).collect();
            assert_eq!(numbers, [97, 98, 99, 100], "{wire:?}: the newest are left");
            let ticks: Vec<Tick> = named(&events, "arcade:tick");
            let numbers: Vec<_> = ticks.iter().map(|Tick(number, _)| *number).collect();
            assert_eq!(numbers, [0, 1, 2], "{wire:?}: the oldest are left");
            for name in ["arcade:trace", "arcade:tick"] {
                let told = told(&events, name);
                assert_eq!(told.iter().sum::<u64>(), 97, "{wire:?}");
                // One that polls has what waits in its answer, whether it reads that or not.
                assert!(told.len() == 1 || wire == Wire::Polling, "{wire:?}: {told:?}");
            }
            let came: Vec<Scored> = named(&events, "arcade:scored");
            assert_eq!(came, (0..scores).map(Scored).collect::<Vec<_>>(), "{wire:?}");
        }
        Ok(())
    });
}

#[salon::test]
async fn what_was_dropped_is_told_once_a_second_at_most_and_all_of_it_in_the_end() {
    let lab = lab(1).await;
    let (fast, slow) = two(&lab, Wire::WebSocket).await?;
    // It reads, but slower than it is sent: nothing that is reliable waits.
    slow.read_slowly(20_000);
    let (mut sent, mut events) = (0, Vec::new());
    for _ in 0..40 {
        fast.send(play(What::Traces, sent, 50)).await?;
        sent += 50;
        lab.advance(SECOND / 4).await;
        events.extend(slow.events().await);
    }
    slow.read_on();
    lab.advance(5 * SECOND).await;
    events.extend(slow.events().await);
    let words = told(&events, "arcade:trace");
    let came: Vec<Trace> = named(&events, "arcade:trace");
    assert!((5..=11).contains(&words.len()), "{words:?} in ten seconds");
    assert_eq!(words.iter().sum::<u64>() + came.len() as u64, u64::from(sent));
    lab.advance(5 * SECOND).await;
    assert!(slow.events().await.is_empty());
}

#[salon::test]
async fn a_flood_of_what_may_be_missed_lets_pings_and_answers_pass() {
    for wire in [Wire::WebSocket, Wire::Polling] {
        let lab = lab(1).await;
        let (fast, slow) = two(&lab, wire).await?;
        slow.read_slowly(10_000);
        for second in 0..120 {
            for what in [What::Traces, What::Moves] {
                fast.send(play(what, second * 40, 40)).await?;
            }
            let asked = (second % 10 == 0).then(|| slow.send(play(What::OwnMove, 0, 0)));
            lab.advance(2 * SECOND).await;
            if let Some(asked) = asked {
                assert_eq!(asked.await?, 0, "{wire:?}");
            }
        }
        assert!(slow.is_connected(), "{wire:?}");
        assert_eq!(lab.counters().get(Count::OutboxOverflows), 0, "{wire:?}");
    }
}

#[test]
fn of_a_room_that_one_is_put_out_of_nothing_more_is_written() {
    for_seeds(0..10, async |seed| {
        let lab = lab(seed).await;
        let (fast, slow) = two(&lab, Wire::WebSocket).await?;
        stop_reading(&lab, &fast, &slow).await?;
        for what in [What::Traces, What::Moves] {
            fast.send(play(what, 0, 20)).await?;
        }
        let suppressed = lab.counters().get(Count::FramesSuppressed);
        let id = slow.id().expect("it is connected");
        let what = auth::What::room("arcade:1");
        let revoked = lab.drive(lab.salon().revoke(auth::Who::session(id), what)).await;
        assert_eq!(revoked.memberships, 1);
        assert!(lab.counters().get(Count::FramesSuppressed) >= suppressed + 3 + 3);
        slow.read_on();
        let events = slow.events().await;
        for name in ["arcade:trace", "arcade:moved", "salon:dropped"] {
            assert!(events.iter().all(|event| event.name != name), "{name}");
        }
        lab.advance(3 * SECOND).await;
        assert!(slow.events().await.is_empty(), "nothing is told of what was dropped there");
        Ok(())
    });
}

#[salon::test]
async fn who_joins_gets_the_newest_of_each_key_behind_its_place_and_before_its_answer() {
    let lab = lab(1).await;
    let (fast, other) = two(&lab, Wire::WebSocket).await?;
    fast.send(play(What::Moves, 0, 10)).await?;
    other.send(play(What::MovesOfOthers, 10, 2)).await?;
    // What is for one alone is no value of the room.
    fast.send(play(What::OwnMove, 12, 1)).await?;
    fast.send(play(What::Traces, 0, 1)).await?;
    let late = lab.connect(()).await?;
    late.send(ENTER).await?;
    let transcript = late.transcript().to_string();
    let order = ["salon:joined", r#""by":"anna""#, r#""by":"ben""#, r#""by":"chris""#];
    let at =
        order.map(|text| transcript.find(text).unwrap_or_else(|| panic!("{text}: {transcript}")));
    let answer = transcript.find("acknowledgement #0 3").expect("its answer");
    assert!(at[0] < at[1] && at.iter().all(|at| *at < answer), "{transcript}");
    let moves: Vec<Moved> = named(&late.events().await, "arcade:moved");
    let newest = [9, 10, 11].map(moved_to);
    assert_eq!(moves, newest, "in the order in which they were sent");
}

#[salon::test]
async fn who_was_left_out_of_a_value_is_not_shown_it_when_it_joins_again() {
    let lab = lab(1).await;
    let (fast, other) = two(&lab, Wire::WebSocket).await?;
    fast.send(play(What::MovesOfOthers, 0, 3)).await?;
    fast.send(play(What::Leave, 0, 1)).await?;
    fast.events().await;
    fast.send(ENTER).await?;
    assert!(fast.events().await.is_empty());
    other.send(play(What::Leave, 0, 1)).await?;
    other.events().await;
    other.send(ENTER).await?;
    let moves: Vec<Moved> = named(&other.events().await, "arcade:moved");
    assert_eq!(moves, [0, 1, 2].map(moved_to));
}

#[salon::test]
async fn a_room_keeps_as_many_values_as_may_be_and_none_of_a_state_that_is_gone() {
    let lab = Lab::new(build(|limits| limits.max_latest_keys = 2, None)).await;
    let (fast, _) = two(&lab, Wire::WebSocket).await?;
    fast.send(play(What::Moves, 0, 3)).await?;
    fast.send(play(What::Moves, 4, 1)).await?;
    let late = lab.connect(()).await?;
    late.send(ENTER).await?;
    let moves: Vec<Moved> = named(&late.events().await, "arcade:moved");
    assert_eq!(moves, [2, 4].map(moved_to), "the one that was sent first goes");
    assert!(fast.send(Break { arcade: 1 }).await.is_err());
    let later = lab.connect(()).await?;
    later.send(ENTER).await?;
    assert!(later.events().await.is_empty());
}

#[salon::test]
async fn a_room_to_which_nobody_has_come_yet_keeps_what_it_is_told_to_send() {
    let lab = lab(1).await;
    let (fast, slow) = two(&lab, Wire::WebSocket).await?;
    for client in [&fast, &slow] {
        client.send(play(What::Leave, 0, 1)).await?;
    }
    let room = lab.salon().room::<Arcade>(&1);
    lab.drive(room.broadcast(&moved_to(7))).await;
    fast.events().await;
    fast.send(ENTER).await?;
    assert_eq!(named::<Moved>(&fast.events().await, "arcade:moved"), [moved_to(7)]);
}

#[salon::test]
async fn nothing_of_a_room_comes_after_the_word_that_one_is_out_of_it() {
    let lab = lab(1).await;
    let (fast, slow) = two(&lab, Wire::WebSocket).await?;
    for client in [&fast, &slow] {
        client.events().await;
    }
    stop_reading(&lab, &fast, &slow).await?;
    fast.send(play(What::Moves, 0, 3)).await?;
    let id = slow.id().expect("it is connected");
    lab.drive(lab.salon().room::<Arcade>(&1).evict(&id)).await;
    slow.read_on();
    let names: Vec<_> = slow.events().await.into_iter().map(|event| event.name).collect();
    let [.., moved, evicted] = &*names else { panic!("{names:?}") };
    assert_eq!((&**moved, &**evicted), ("arcade:moved", "salon:evicted"));
    // Nor of a session after its end.
    slow.stop_reading();
    slow.emit_named("move", ());
    lab.settle().await;
    for socket in lab.drive(lab.salon().namespace("/").fetch()).await {
        if socket.id() == id {
            (0..400).for_each(|number| socket.emit(&Scored(number)));
            socket.emit(&moved_to(7));
            socket.disconnect();
        }
    }
    lab.settle().await;
    slow.read_on();
    let events = slow.events().await;
    assert_eq!(named::<Moved>(&events, "arcade:moved").last(), Some(&moved_to(7)));
}

fn glides(events: &[Incoming]) -> Vec<u32> {
    named::<Glided>(events, "arcade:glided").iter().map(|glided| glided.to).collect()
}

#[test]
fn of_each_key_one_is_sent_in_an_interval_the_first_at_once_and_the_last_for_sure() {
    for_seeds(0..5, async |seed| {
        let lab = lab(seed).await;
        let (fast, other) = two(&lab, Wire::WebSocket).await?;
        fast.send(play(What::Glides, 0, 9)).await?;
        assert_eq!(glides(&other.events().await), [0, 1, 2], "the first of each key");
        lab.advance(SECOND / 20).await;
        assert!(other.events().await.is_empty(), "it is not time");
        lab.advance(SECOND / 20).await;
        assert_eq!(glides(&other.events().await), [6, 7, 8], "the last of each");
        // What was held back begins an interval as well.
        fast.send(play(What::Glides, 9, 1)).await?;
        assert!(other.events().await.is_empty());
        lab.advance(SECOND / 10).await;
        assert_eq!(glides(&other.events().await), [9]);
        lab.advance(SECOND).await;
        assert!(other.events().await.is_empty(), "nothing is sent twice");
        lab.drive(lab.salon().room::<Arcade>(&1).broadcast(&Glided { by: player(0), to: 12 }))
            .await;
        assert_eq!(glides(&other.events().await), [12], "from outside as well, and at once");
        Ok(())
    });
}

#[salon::test]
async fn a_stream_of_values_is_one_in_each_interval() {
    let lab = lab(1).await;
    let (fast, other) = two(&lab, Wire::WebSocket).await?;
    let mut came = Vec::new();
    for number in 0..100 {
        // One key, a hundred times in a second.
        fast.send(play(What::Glides, 3 * number, 1)).await?;
        lab.advance(SECOND / 100).await;
        came.extend(glides(&other.events().await));
    }
    lab.advance(SECOND).await;
    came.extend(glides(&other.events().await));
    assert!((10..=11).contains(&came.len()), "{came:?}");
    assert!(came.is_sorted(), "{came:?}");
    assert_eq!((came[0], came.last()), (0, Some(&297)));
}

#[salon::test]
async fn what_is_held_back_is_sent_before_its_room_closes() {
    let lab = lab(1).await;
    let (fast, other) = two(&lab, Wire::WebSocket).await?;
    fast.send(play(What::Glides, 0, 6)).await?;
    lab.drive(lab.salon().room::<Arcade>(&1).close()).await;
    assert_eq!(glides(&other.events().await), [0, 1, 2, 3, 4, 5]);
}

#[salon::test]
async fn who_joins_gets_what_was_sent_and_what_is_held_back_when_it_is_time() {
    let lab = lab(1).await;
    let (fast, _) = two(&lab, Wire::WebSocket).await?;
    fast.send(play(What::Glides, 0, 6)).await?;
    let late = lab.connect(()).await?;
    late.send(ENTER).await?;
    assert_eq!(glides(&late.events().await), [0, 1, 2]);
    lab.advance(SECOND / 10).await;
    assert_eq!(glides(&late.events().await), [3, 4, 5]);
}

#[salon::test]
async fn wherever_a_value_is_sent_from_a_client_that_does_not_read_has_the_newest_alone() {
    let lab = lab(1).await;
    let (fast, slow) = two(&lab, Wire::WebSocket).await?;
    stop_reading(&lab, &fast, &slow).await?;
    slow.emit_named("move", ());
    lab.settle().await;
    let all = lab.salon().namespace("/");
    (9..12).for_each(|to| all.emit(&moved_to(to)));
    let id = slow.id().expect("it is connected");
    let sockets = lab.drive(all.fetch()).await;
    let socket = sockets.iter().find(|socket| socket.id() == id).expect("it is one of them");
    socket.emit(&moved_to(12));
    let tick = |number| socket.try_emit(&Tick(number, String::new()));
    assert!((0..3).all(|number| tick(number).is_ok()));
    assert_eq!(tick(3), Err(NotQueued::Dropped));
    lab.settle().await;
    slow.read_on();
    let moves: Vec<Moved> = named(&slow.events().await, "arcade:moved");
    assert_eq!(moves, [12, 10, 11].map(moved_to));
}

#[salon::test]
async fn what_may_be_missed_is_not_kept_for_who_comes_back() {
    let lab = Lab::new(build(|_| {}, Some(60 * SECOND))).await;
    let client = lab.connect(()).await?;
    let all = lab.salon().namespace("/");
    all.emit(&Scored(1));
    client.events().await;
    client.reset();
    lab.settle().await;
    all.emit(&moved_to(1));
    all.emit(&Trace(1, String::new()));
    all.emit(&Scored(2));
    client.reconnect().await?;
    let names: Vec<_> = client.events().await.into_iter().map(|event| event.name).collect();
    assert_eq!(names, ["arcade:scored"]);
}
