//! Members that are behind, and whatever happens meanwhile.
//!
//! It must never cost one its connection, nor have it hear anything out of order.

use std::time::Duration;

use salon::{
    Count,
    testing::{Client, Failure, Lab, Wire, for_seeds},
};
use salon_tests::guests::guest;
use serde_json::{Value, json};

use crate::chat::{come, join, joined, lab, said, say};
use crate::den::{Asked, Do, Enter, OUTBOX, Then, Wait, act, behind, dens, enter, small_dens};

/// "It is cut off only when it is behind by more than the room keeps."
#[test]
fn one_that_is_behind_and_asks_for_a_gap_is_not_cut_off_for_it() {
    for_seeds(0..3, async |seed| {
        for wire in Wire::ALL {
            let lab = lab(seed, |limits| limits.max_outbox_frames = OUTBOX).await?;
            let (ada, bob) = (come(&lab, wire, "ada").await?, come(&lab, wire, "bob").await?);
            join(&ada).await?;
            join(&bob).await?;
            let epoch = joined(&ada).await["epoch"].clone();
            say(&lab, 1..=4).await;
            assert_eq!(said(&ada).await, [1, 2, 3, 4]);
            ada.stop_reading();
            for number in 5..=60 {
                say(&lab, [number]).await;
                lab.settle().await;
            }
            let gap = json!({ "room": "chat:a", "epoch": epoch, "after": 0, "to": 4 });
            ada.emit_named("salon:replay", (gap,));
            lab.settle().await;
            assert_eq!(lab.counters().get(Count::OutboxOverflows), 0, "{wire:?}: she is cut off");
            ada.read_on();
            let heard = said(&ada).await;
            assert_eq!(heard.iter().filter(|it| **it > 4).count(), 56, "{wire:?}: {heard:?}");
        }
        Ok(())
    });
}

/// The same: the answers to what it sends itself wait behind what it reads; a client that has not read them
/// is not read from, as with any full outbox.
#[test]
fn one_that_sends_on_is_held_up_and_not_cut_off_whether_it_is_behind_or_not() {
    for is_behind in [false, true] {
        for_seeds(0..3, async move |seed| {
            for wire in [Wire::WebSocket] {
                let few = |limits: &mut salon::config::Limits| {
                    (limits.max_outbox_frames, limits.max_events_in_flight) = (4 * OUTBOX, 4);
                };
                let lab = dens(seed, few).await?;
                let ada = match is_behind {
                    true => behind(&lab, wire).await?.0,
                    false => come(&lab, wire, "ada").await?,
                };
                ada.stop_reading();
                let answers: Vec<_> = (0..2 * OUTBOX).map(|_| ada.send(enter())).collect();
                lab.settle().await;
                ada.read_on();
                let mut answered = 0;
                for answer in answers {
                    answered += usize::from(answer.await.is_ok());
                }
                assert_eq!(lab.counters().get(Count::OutboxOverflows), 0, "{wire:?}: {is_behind}");
                assert_eq!(answered, 2 * OUTBOX, "{wire:?}: {is_behind}");
            }
            Ok(())
        });
    }
}

/// The same: what another room says to it alone finds no place, though it has one that keeps what it says.
#[salon::test]
async fn one_that_is_behind_in_one_room_is_not_cut_off_by_a_word_of_another() {
    let lab = small_dens(0).await?;
    let ada = come(&lab, Wire::WebSocket, "ada").await?;
    ada.send(Enter { room: "b".into() }).await?;
    ada.send(enter()).await?;
    let bob = come(&lab, Wire::WebSocket, "bob").await?;
    bob.send(enter()).await?;
    ada.stop_reading();
    for _ in 0..60 {
        act(&lab, &bob, 1, Then::Nothing).await?;
    }
    bob.send(Do { room: "b".into(), says: 0, then: Then::WhisperToFirst }).await?;
    lab.settle().await;
    assert_eq!(lab.counters().get(Count::OutboxOverflows), 0, "she is cut off");
    ada.read_on();
    assert_eq!(said(&ada).await.len(), 61);
}

/// "The lab itself fails a test in which a member of a room with a history misses a number."
#[test]
fn the_lab_fails_a_test_in_which_a_number_is_missing() {
    let test = || {
        for_seeds(0..1, async |seed| {
            let lab = small_dens(seed).await?;
            let (ada, bob) = behind(&lab, Wire::WebSocket).await?;
            act(&lab, &bob, 0, Then::WhisperToFirst).await?;
            act(&lab, &bob, 0, Then::LeaveFirst).await?;
            ada.read_on();
            drop(ada.events().await);
            let came = ada.transcript().to_string();
            if came.contains("\"seq\":60") || !came.contains("\"after\":60") {
                panic!("nothing is missing: this test has nothing to show");
            }
            Ok(())
        });
    };
    assert!(std::panic::catch_unwind(test).is_err(), "it passed, though a number was missing");
}

/// "keeps its place behind what was published before": what is said to one alone says `after: 60`. A client notes
/// that it has seen 60, and comes back behind it: what it never saw is lost without a word.
async fn whispered_and(then: Then, seed: u64, wire: Wire) -> Result<(), Failure> {
    let lab = small_dens(seed).await?;
    let (ada, bob) = behind(&lab, wire).await?;
    act(&lab, &bob, 0, Then::WhisperToFirst).await?;
    let _ = bob.send(Do { room: "a".into(), says: 0, then }).await;
    act(&lab, &bob, 1, Then::Nothing).await?;
    ada.read_on();
    lab.settle().await;
    // By the transcript: the client itself dies of what it holds the server to.
    let came = ada.transcript().to_string();
    let came: Vec<_> = came.lines().filter(|line| line.contains("← chat:said")).collect();
    let whisper = came.iter().position(|line| line.contains("\"1000\""));
    assert!(
        whisper.is_none_or(|place| place == 60),
        "{then:?} {wire:?}: it says `after: 60`, and only {whisper:?} came before it"
    );
    Ok(())
}

#[test]
fn a_whisper_does_not_overtake_what_one_that_is_behind_missed_when_it_is_evicted() {
    for_seeds(0..3, async |seed| whispered_and(Then::EvictFirst, seed, Wire::WebSocket).await);
}

#[test]
fn a_whisper_does_not_overtake_what_one_that_is_behind_missed_when_it_leaves() {
    for_seeds(0..3, async |seed| whispered_and(Then::LeaveFirst, seed, Wire::Polling).await);
}

#[test]
fn a_whisper_does_not_overtake_what_one_that_is_behind_missed_when_its_room_panics() {
    for_seeds(0..3, async |seed| whispered_and(Then::Crash, seed, Wire::WebSocket).await);
}

/// "It is cut off only when it is behind by more than the room keeps": not since it is told that it is out, in
/// a frame for which there is no place. What else its connection has goes on.
async fn connected_after(then: Then, seed: u64, wire: Wire) -> Result<(), Failure> {
    let lab = small_dens(seed).await?;
    let (ada, bob) = behind(&lab, wire).await?;
    act(&lab, &bob, 0, then).await?;
    assert_eq!(lab.counters().get(Count::OutboxOverflows), 0, "{then:?} {wire:?}: she is cut off");
    ada.read_on();
    lab.settle().await;
    assert!(ada.is_connected(), "{then:?} {wire:?}");
    ada.expect_named("salon:evicted").await;
    Ok(())
}

#[test]
fn one_that_is_behind_keeps_its_connection_when_it_is_evicted() {
    for_seeds(0..3, async |seed| connected_after(Then::EvictFirst, seed, Wire::WebSocket).await);
}

#[test]
fn one_that_is_behind_keeps_its_connection_when_its_room_closes() {
    for_seeds(0..3, async |seed| connected_after(Then::Close, seed, Wire::Polling).await);
}

/// "A client that sees a gap … asks", 20 times at once if it likes: what it is sent is what it asked for, and no
/// flood that ends it.
#[test]
fn one_that_asks_as_often_as_it_may_is_not_cut_off_by_the_answers() {
    for_seeds(0..5, async |seed| {
        for wire in Wire::ALL {
            let lab = lab(seed, |limits| limits.max_outbox_frames = 64).await?;
            let ada = come(&lab, wire, "ada").await?;
            join(&ada).await?;
            let epoch = joined(&ada).await["epoch"].clone();
            say(&lab, 1..=90).await;
            assert_eq!(said(&ada).await.len(), 90);
            let gap = json!({ "room": "chat:a", "epoch": epoch, "after": 0 });
            let asked: Vec<_> =
                (0..20).map(|_| ada.call::<Value>("salon:replay", (gap.clone(),))).collect();
            lab.advance(Duration::from_secs(5)).await;
            assert_eq!(lab.counters().get(Count::OutboxOverflows), 0, "{wire:?}: she is cut off");
            for answer in asked {
                answer.await?;
            }
        }
        Ok(())
    });
}

/// What falls behind and loses the history in one turn: a slow client "costs a number", and no connection.
async fn burst_and(seed: u64, then: Then) -> Result<(), Failure> {
    let lab = small_dens(seed).await?;
    let ada = lab.visitor().worker(0).auth(guest("ada")).connect().await?;
    let bob = lab.visitor().worker(1).auth(guest("bob")).connect().await?;
    bob.send(enter()).await?;
    ada.send(enter()).await?;
    let _ = bob.send(Do { room: "a".into(), says: 60, then }).await;
    lab.settle().await;
    assert!(ada.is_connected(), "{then:?}: she is cut off");
    assert_eq!(lab.counters().get(Count::OutboxOverflows), 0, "{then:?}");
    Ok(())
}

#[test]
fn a_burst_before_a_panic_cuts_nobody_off_on_another_worker() {
    for_seeds(0..10, async |seed| burst_and(seed, Then::Crash).await);
}

#[test]
fn a_burst_before_the_end_of_its_room_cuts_nobody_off_on_another_worker() {
    for_seeds(0..10, async |seed| burst_and(seed, Then::Close).await);
}

/// The control: the same burst without an end.
#[test]
fn a_burst_alone_cuts_nobody_off_on_another_worker() {
    for_seeds(0..10, async |seed| burst_and(seed, Then::Nothing).await);
}

/// Who is behind when its room panics is told that another order begins, and gets all of that.
#[test]
fn one_that_is_behind_gets_all_of_the_new_order_after_a_panic() {
    for_seeds(0..10, async |seed| {
        for wire in Wire::ALL {
            let lab = small_dens(seed).await?;
            let (ada, bob) = behind(&lab, wire).await?;
            let _ = bob.send(Do { room: "a".into(), says: 3, then: Then::Crash }).await;
            lab.settle().await;
            act(&lab, &bob, 5, Then::Nothing).await?;
            ada.read_on();
            ada.expect_named("salon:restarted").await;
            let heard = said(&ada).await;
            assert!(heard.ends_with(&[1, 2, 3, 4, 5]), "{wire:?}: {heard:?}");
            assert_eq!(lab.counters().get(Count::OutboxOverflows), 0);
        }
        Ok(())
    });
}

/// Two of Ada's clients in the den, and Bob.
async fn two_tabs_and_bob(lab: &Lab) -> Result<[Client; 3], Failure> {
    let first = come(lab, Wire::WebSocket, "ada").await?;
    let second = come(lab, Wire::WebSocket, "ada").await?;
    let bob = come(lab, Wire::WebSocket, "bob").await?;
    for client in [&first, &second, &bob] {
        client.send(enter()).await?;
    }
    Ok([first, second, bob])
}

/// "Every member but one": the others are not left out because they are slow.
#[test]
fn a_slow_second_tab_hears_what_the_first_alone_was_left_out_of() {
    for_seeds(0..3, async |seed| {
        for is_slow in [false, true] {
            let lab = small_dens(seed).await?;
            let [_first, second, bob] = two_tabs_and_bob(&lab).await?;
            if is_slow {
                second.stop_reading();
            }
            for _ in 0..60 {
                act(&lab, &bob, 1, Then::Nothing).await?;
            }
            act(&lab, &bob, 0, Then::AllButFirst).await?;
            second.read_on();
            assert_eq!(said(&second).await.last(), Some(&61), "slow: {is_slow}");
        }
        Ok(())
    });
}

#[test]
fn so_does_one_that_has_come_back_and_still_reads_what_it_missed() {
    for_seeds(0..3, async |seed| {
        let lab = small_dens(seed).await?;
        let [_first, second, bob] = two_tabs_and_bob(&lab).await?;
        second.reset();
        act(&lab, &bob, 59, Then::Nothing).await?;
        act(&lab, &bob, 0, Then::AllButFirst).await?;
        second.resume().await?;
        second.stop_reading();
        drop(second.send(enter()));
        lab.settle().await;
        act(&lab, &bob, 0, Then::AllButFirst).await?;
        second.read_on();
        // Of the one that was sent while it was away its user was left out.
        let heard = (1..=59).chain([61]).collect::<Vec<_>>();
        assert_eq!(said(&second).await, heard);
        Ok(())
    });
}

/// A question and an answer that takes time keep their places.
#[test]
fn one_that_is_behind_is_asked_and_answered_behind_what_it_missed() {
    for_seeds(0..5, async |seed| {
        for wire in Wire::ALL {
            let lab = small_dens(seed).await?;
            let (ada, bob) = behind(&lab, wire).await?;
            let waited = ada.send(Wait { room: "a".into() });
            lab.advance(Duration::from_secs(2)).await;
            act(&lab, &bob, 1, Then::AskFirst).await?;
            act(&lab, &bob, 1, Then::Nothing).await?;
            ada.read_on();
            let question = ada.expect_question::<Asked>().await;
            question.answer(&1);
            // A client that does not read is not read from: it may have begun but now.
            lab.advance(Duration::from_secs(2)).await;
            assert!(waited.await? >= 60, "{wire:?}");
            assert_eq!(said(&ada).await, (1..=62).collect::<Vec<_>>(), "{wire:?}");
            assert_eq!(lab.counters().get(Count::OutboxOverflows), 0);
        }
        Ok(())
    });
}
