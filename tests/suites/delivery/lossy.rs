//! What a member may miss, while it is behind in what it may not, and when it comes back.
//!
//! That it never comes before its place in the room's order, nor out of a former order, the lab itself holds
//! every client to.

use std::time::Duration;

use salon::{
    Count, auth,
    testing::{Client, Failure, Incoming, Lab, Wire, for_seeds},
};
use serde_json::json;

use crate::chat::{
    Chat, Crash, Join, Moved, Said, Say, To, Trace, come, join, joined, lab, moved, said, say,
};

/// What an outbox holds here.
const OUTBOX: usize = 8;

const SECOND: Duration = Duration::from_secs(1);

async fn small(seed: u64) -> Result<Lab, Failure> {
    lab(seed, |limits| limits.max_outbox_frames = OUTBOX).await
}

/// Two members, of which the first does not read, and is behind by so many.
async fn behind(lab: &Lab, wire: Wire, by: u64) -> Result<(Client, Client), Failure> {
    let (ada, bob) = (come(lab, wire, "ada").await?, come(lab, wire, "bob").await?);
    join(&ada).await?;
    join(&bob).await?;
    ada.stop_reading();
    for number in 1..=by {
        say(lab, [number]).await;
        lab.settle().await;
    }
    Ok((ada, bob))
}

async fn trace(lab: &Lab, numbers: impl IntoIterator<Item = u64>) {
    for number in numbers {
        lab.salon().room::<Chat>(&"a".into()).broadcast(&Trace { number }).await;
    }
}

fn at(by: &str, to: u64) -> Moved {
    Moved { by: by.into(), to }
}

/// The values of `chat:moved`, and behind which number that was said each of them came.
fn moves(events: &[Incoming]) -> Vec<(Moved, u64)> {
    let (mut moves, mut last) = (Vec::new(), 0);
    for event in events {
        match &*event.name {
            "chat:moved" => moves.push((event.payload.single().expect("it is one"), last)),
            "chat:said" => {
                let said: Said = event.payload.single().expect("it is one");
                last = said.text.parse().expect("a number");
            }
            _ => {}
        }
    }
    moves
}

/// The numbers of `chat:trace` that came, and how many it was told that it had missed.
fn traces(events: &[Incoming]) -> (Vec<u64>, u64) {
    let (mut came, mut missed) = (Vec::new(), 0);
    for Incoming { name, payload, .. } in events {
        match &**name {
            "chat:trace" => came.push(payload.single::<Trace>().expect("it is one").number),
            "salon:dropped" => {
                let word: serde_json::Value = payload.single().expect("it is one");
                assert_eq!(
                    (&word["event"], &word["room"]),
                    (&json!("chat:trace"), &json!("chat:a"))
                );
                missed += word["count"].as_u64().expect("a count");
            }
            _ => {}
        }
    }
    (came, missed)
}

#[test]
fn one_that_is_behind_gets_the_newest_value_of_each_key_alone_and_behind_what_it_missed() {
    for_seeds(0..20, async |seed| {
        for wire in Wire::ALL {
            let lab = small(seed).await?;
            let (ada, bob) = behind(&lab, wire, 40).await?;
            for number in 41..=60 {
                say(&lab, [number]).await;
                moved(&lab, "x", number).await;
                moved(&lab, "y", number).await;
                lab.settle().await;
            }
            let fast = moves(&bob.events().await);
            assert_eq!(fast.len(), 40, "{wire:?}");
            ada.read_on();
            let events = ada.events().await;
            assert_eq!(moves(&events), [(at("x", 60), 60), (at("y", 60), 60)], "{wire:?}");
            assert_eq!(lab.counters().get(Count::MembersBehind), 1);
            assert_eq!(lab.counters().get(Count::FramesConflated), 38);
            // It is as the others again.
            moved(&lab, "x", 61).await;
            assert_eq!(moves(&ada.events().await), [(at("x", 61), 0)]);
            assert_eq!(lab.counters().get(Count::OutboxOverflows), 0);
        }
        Ok(())
    });
}

#[test]
fn what_may_be_missed_keeps_nobody_from_reading_on_nor_waits_for_ever() {
    for_seeds(0..20, async |seed| {
        for wire in Wire::ALL {
            let lab = small(seed).await?;
            let (ada, _bob) = behind(&lab, wire, 40).await?;
            // More keys than an outbox has places.
            for key in 0..3 * OUTBOX {
                moved(&lab, &key.to_string(), 1).await;
            }
            ada.read_on();
            ada.read_slowly(500);
            for number in 41..=60 {
                say(&lab, [number]).await;
                moved(&lab, "x", number).await;
                lab.advance(SECOND / 10).await;
            }
            lab.advance(60 * SECOND).await;
            let events = ada.events().await;
            let last = moves(&events).into_iter().rfind(|(moved, _)| moved.by == "x");
            assert_eq!(last, Some((at("x", 60), 60)), "{wire:?}");
            let numbers: Vec<_> = events.iter().filter(|event| event.name == "chat:said").collect();
            assert_eq!(numbers.len(), 60, "{wire:?}");
            assert_eq!(lab.counters().get(Count::OutboxOverflows), 0);
        }
        Ok(())
    });
}

#[test]
fn one_that_comes_back_gets_the_newest_of_each_key_behind_what_it_missed_and_before_its_answer() {
    for_seeds(0..20, async |seed| {
        for (wire, missed) in Wire::ALL.into_iter().flat_map(|wire| [(wire, 3), (wire, 90)]) {
            // Half of it has place for what is newest, unless all that was missed takes more than that.
            let lab = lab(seed, |limits| limits.max_outbox_frames = 4 * OUTBOX).await?;
            let ada = come(&lab, wire, "ada").await?;
            join(&ada).await?;
            ada.reset();
            lab.settle().await;
            for number in 1..=missed {
                say(&lab, [number]).await;
                moved(&lab, "x", number).await;
                moved(&lab, "y", number).await;
            }
            ada.resume().await?;
            let joining = ada.send(Join { room: "a".into() });
            say(&lab, missed + 1..=missed + 5).await;
            assert!(joining.await?.resumed);
            let events = ada.events().await;
            let moves = moves(&events);
            let values: Vec<_> = moves.iter().map(|(moved, _)| moved.clone()).collect();
            assert_eq!(values, [at("x", missed), at("y", missed)], "{wire:?}");
            assert!(moves.iter().all(|(_, behind)| *behind >= missed), "{wire:?}: {moves:?}");
            let transcript = ada.transcript().to_string();
            let (value, answer) = (transcript.rfind("chat:moved"), transcript.rfind("\"resumed\""));
            assert!(value < answer, "{wire:?}: {transcript}");
            assert_eq!(lab.counters().get(Count::OutboxOverflows), 0);
        }
        Ok(())
    });
}

#[test]
fn how_many_were_dropped_is_told_exactly_to_one_that_is_behind_and_behind_what_it_missed() {
    for_seeds(0..20, async |seed| {
        for wire in Wire::ALL {
            let lab = small(seed).await?;
            let (ada, _bob) = behind(&lab, wire, 40).await?;
            for number in 1..=20 {
                trace(&lab, [number]).await;
                lab.advance(SECOND / 4).await;
            }
            assert!(lab.counters().get(Count::FramesDropped) >= 17, "{wire:?}");
            ada.read_on();
            let mut events = ada.events().await;
            let reads = events.iter().rposition(|event| event.name == "chat:said");
            assert_eq!(traces(&events), ([18, 19, 20].to_vec(), 0), "{wire:?}");
            assert!(reads < events.iter().position(|event| event.name == "chat:trace"));
            lab.advance(3 * SECOND).await;
            events.extend(ada.events().await);
            assert_eq!(traces(&events).1, 17, "{wire:?}");
        }
        Ok(())
    });
}

#[test]
fn of_a_state_that_is_gone_nothing_comes_behind_the_word_that_there_is_another() {
    for_seeds(0..20, async |seed| {
        for (wire, by) in Wire::ALL.into_iter().flat_map(|wire| [(wire, 7), (wire, 40)]) {
            let lab = small(seed).await?;
            let (ada, bob) = behind(&lab, wire, by).await?;
            moved(&lab, "x", 1).await;
            moved(&lab, "y", 1).await;
            trace(&lab, 1..=5).await;
            lab.settle().await;
            let _ = bob.send(Crash { room: "a".into() }).await;
            moved(&lab, "x", 2).await;
            say(&lab, [1]).await;
            lab.settle().await;
            ada.read_on();
            let mut events = ada.events().await;
            lab.advance(3 * SECOND).await;
            events.extend(ada.events().await);
            let begins = events.iter().position(|event| event.name == "salon:restarted");
            let (former, latter) = events.split_at(begins.expect("it is told"));
            let latter: Vec<_> = moves(latter).into_iter().map(|(moved, _)| moved).collect();
            assert_eq!(latter, [at("x", 2)], "{wire:?}, {by}");
            let (came, missed) = traces(&events);
            assert_eq!(came.len() as u64 + missed, 5, "{wire:?}, {by}: told, though it is gone");
            assert_eq!(traces(former).0, came, "{wire:?}, {by}");
        }
        Ok(())
    });
}

#[test]
fn one_that_is_put_out_while_it_is_behind_gets_nothing_ahead_of_what_it_has_not_read() {
    for_seeds(0..20, async |seed| {
        for wire in Wire::ALL {
            let lab = small(seed).await?;
            let (ada, bob) = behind(&lab, wire, 40).await?;
            bob.send(Say { room: "a".into(), text: "1000".into(), to: To::First }).await?;
            moved(&lab, "x", 1).await;
            trace(&lab, 1..=5).await;
            // It reads a part, so that there is a place for the word about it.
            ada.read_on();
            ada.read_slowly(300);
            lab.advance(2 * SECOND).await;
            let id = ada.id().expect("it is connected");
            assert!(lab.drive(lab.salon().room::<Chat>(&"a".into()).evict(&id)).await);
            lab.settle().await;
            ada.read_on();
            let events = ada.events().await;
            assert_eq!(events.last().expect("it is told").name, "salon:evicted");
            assert!(events.iter().all(|event| !event.payload.json().contains("1000")));
            assert_eq!(
                (moves(&events), traces(&events)),
                (Vec::new(), (Vec::new(), 0)),
                "{wire:?}"
            );
            // It joins again as ever, and gets what is newest.
            assert!(!join(&ada).await?.resumed);
            say(&lab, 41..=42).await;
            let events = ada.events().await;
            assert_eq!(moves(&events), [(at("x", 1), 0)], "{wire:?}");
            assert_eq!(events.last().expect("it is said").name, "chat:said");
        }
        Ok(())
    });
}

#[test]
fn one_that_loses_the_room_while_it_is_behind_gets_nothing_more_of_it() {
    for_seeds(0..20, async |seed| {
        for wire in Wire::ALL {
            let lab = small(seed).await?;
            let (ada, _bob) = behind(&lab, wire, 40).await?;
            moved(&lab, "x", 1).await;
            trace(&lab, 1..=5).await;
            let id = ada.id().expect("it is connected");
            lab.drive(lab.salon().revoke(auth::Who::session(id), auth::What::room("chat:a"))).await;
            ada.read_on();
            let mut events = ada.events().await;
            lab.advance(3 * SECOND).await;
            events.extend(ada.events().await);
            assert_eq!(
                (moves(&events), traces(&events)),
                (Vec::new(), (Vec::new(), 0)),
                "{wire:?}"
            );
        }
        Ok(())
    });
}

#[salon::test]
async fn who_was_left_out_of_a_value_is_left_out_of_it_when_it_comes_back() {
    let lab = lab(0, |_| {}).await?;
    let (ada, bob) =
        (come(&lab, Wire::WebSocket, "ada").await?, come(&lab, Wire::WebSocket, "bob").await?);
    join(&ada).await?;
    join(&bob).await?;
    ada.send(Say { room: "a".into(), text: "ada".into(), to: To::Moved }).await?;
    assert_eq!(moves(&bob.events().await), [(at("ada", 0), 0)]);
    for (client, shown) in [(&ada, 0), (&bob, 1)] {
        client.reset();
        client.resume().await?;
        assert!(join(client).await?.resumed);
        joined(client).await;
        assert_eq!(moves(&client.events().await).len(), shown);
    }
    assert_eq!(said(&ada).await, Vec::<u64>::new());
}
