//! Members who cannot take what is sent now: they get it later, and cost a number meanwhile.

use std::time::Duration;

use salon::{
    Count,
    testing::{Client, Failure, Lab, Wire, for_seeds},
};

use crate::chat::{Burst, Chat, Join, KEPT, Said, Say, To, come, join, joined, lab, said, say};

/// What an outbox holds here.
const OUTBOX: usize = 8;

async fn small(seed: u64) -> Result<Lab, Failure> {
    lab(seed, |limits| limits.max_outbox_frames = OUTBOX).await
}

/// Two members, of which the first does not read.
async fn stopped(lab: &Lab, wire: Wire) -> Result<(Client, Client), Failure> {
    let (ada, bob) = (come(lab, wire, "ada").await?, come(lab, wire, "bob").await?);
    join(&ada).await?;
    join(&bob).await?;
    ada.stop_reading();
    Ok((ada, bob))
}

#[test]
fn a_slow_member_gets_everything_in_order_and_is_not_cut_off() {
    for_seeds(0..20, async |seed| {
        for wire in Wire::ALL {
            let lab = small(seed).await?;
            let (ada, bob) = stopped(&lab, wire).await?;
            for number in 1..=90 {
                say(&lab, [number]).await;
                lab.settle().await;
            }
            assert_eq!(said(&bob).await, (1..=90).collect::<Vec<_>>(), "{wire:?}");
            assert_eq!(lab.counters().get(Count::MembersBehind), 1, "{wire:?}");
            ada.read_on();
            // While it reads, the room goes on.
            say(&lab, 91..=95).await;
            assert_eq!(said(&ada).await, (1..=95).collect::<Vec<_>>(), "{wire:?}");
            // It is as the others again.
            say(&lab, 96..=97).await;
            assert_eq!(said(&ada).await, [96, 97]);
            assert_eq!(lab.counters().get(Count::OutboxOverflows), 0);
        }
        Ok(())
    });
}

#[test]
fn what_has_no_number_keeps_its_place_behind_what_is_read_later() {
    for_seeds(0..20, async |seed| {
        for wire in Wire::ALL {
            let lab = small(seed).await?;
            let (ada, bob) = stopped(&lab, wire).await?;
            for number in 1..=40 {
                say(&lab, [number]).await;
                lab.settle().await;
            }
            let to = |text: &str, to| Say { room: "a".into(), text: text.into(), to };
            assert_eq!(bob.send(to("1000", To::First)).await?, 40);
            assert_eq!(bob.send(to("41", To::AllButFirst)).await?, 41);
            assert_eq!(bob.send(to("", To::Volatile)).await?, 41);
            say(&lab, 42..=50).await;
            lab.settle().await;
            ada.read_on();
            let expected: Vec<_> = (1..=40).chain([1000]).chain(42..=50).collect();
            assert_eq!(said(&ada).await, expected, "{wire:?}");
            let heard = ada.transcript();
            assert!(
                heard.to_string().contains("salon:skip") && !heard.to_string().contains("heard")
            );
        }
        Ok(())
    });
}

#[test]
fn more_than_an_outbox_holds_follows_a_return_and_the_answer_comes_behind_it() {
    for_seeds(0..20, async |seed| {
        for wire in Wire::ALL {
            let lab = small(seed).await?;
            let ada = come(&lab, wire, "ada").await?;
            join(&ada).await?;
            ada.reset();
            lab.settle().await;
            say(&lab, 1..=90).await;
            ada.resume().await?;
            let joining = ada.send(Join { room: "a".into() });
            say(&lab, 91..=99).await;
            assert!(joining.await?.resumed);
            assert_eq!(said(&ada).await, (1..=99).collect::<Vec<_>>(), "{wire:?}");
            assert_eq!(lab.counters().get(Count::OutboxOverflows), 0);
        }
        Ok(())
    });
}

#[test]
fn who_is_slower_than_all_that_is_kept_is_cut_off_and_told_so_when_it_comes_back() {
    for_seeds(0..10, async |seed| {
        for wire in Wire::ALL {
            let lab = small(seed).await?;
            let (ada, bob) = stopped(&lab, wire).await?;
            joined(&ada).await;
            for number in 1..=3 * KEPT as u64 {
                say(&lab, [number]).await;
                lab.settle().await;
            }
            ada.read_on();
            ada.closed().within(Duration::from_secs(60)).await;
            assert_eq!(lab.counters().get(Count::OutboxOverflows), 1, "{wire:?}");
            assert_eq!(said(&bob).await.len(), 3 * KEPT);
            ada.resume().await?;
            assert!(!join(&ada).await?.resumed);
            assert_eq!(joined(&ada).await["lost"], serde_json::json!("trimmed"));
        }
        Ok(())
    });
}

#[salon::test]
async fn what_has_no_number_has_the_limits_of_a_burst_for_one_that_is_behind() {
    let lab = small(0).await?;
    let (_ada, bob) = stopped(&lab, Wire::WebSocket).await?;
    for number in 1..=40 {
        say(&lab, [number]).await;
        lab.settle().await;
    }
    for _ in 0..4 * OUTBOX {
        bob.send(Say { room: "a".into(), text: "1000".into(), to: To::First }).await?;
    }
    assert_eq!(lab.counters().get(Count::OutboxOverflows), 0);
    bob.send(Say { room: "a".into(), text: "1000".into(), to: To::First }).await?;
    assert_eq!(lab.counters().get(Count::OutboxOverflows), 1);
}

#[salon::test]
async fn what_one_handler_sends_may_be_more_than_any_outbox_holds() {
    let lab = small(0).await?;
    let ada = come(&lab, Wire::WebSocket, "ada").await?;
    join(&ada).await?;
    // Four times what an outbox holds goes out as one burst; the room keeps the rest.
    ada.send(Burst { room: "a".into(), events: KEPT, bytes: 100 }).await?;
    let mut came = 0;
    for event in ada.events().await {
        came += usize::from(event.name == "chat:said");
    }
    assert_eq!(came, KEPT);
    assert_eq!(lab.counters().get(Count::OutboxOverflows), 0);
}

#[test]
fn a_slow_member_of_two_rooms_gets_both_each_in_its_order() {
    for_seeds(0..20, async |seed| {
        let lab = small(seed).await?;
        let (ada, _bob) = stopped(&lab, Wire::WebSocket).await?;
        ada.emit(Join { room: "b".into() });
        lab.settle().await;
        for number in 1..=60_u64 {
            for room in ["a", "b"] {
                let text = number.to_string();
                lab.salon().room::<Chat>(&room.into()).broadcast(&Said { text }).await;
            }
            lab.settle().await;
        }
        ada.read_on();
        let mut heard = [Vec::new(), Vec::new()];
        for event in ada.events().await {
            if let Some(position) = event.position.filter(|_| event.name == "chat:said") {
                heard[usize::from(position.room == "chat:b")].push(position.at);
            }
        }
        let all = (1..=60).map(salon::At::Seq).collect::<Vec<_>>();
        assert_eq!(heard, [all.clone(), all]);
        Ok(())
    });
}

#[salon::test]
async fn one_slow_member_delays_nobody() {
    let lab = small(0).await?;
    let (_ada, bob) = stopped(&lab, Wire::WebSocket).await?;
    for number in 1..=90 {
        say(&lab, [number]).await;
        lab.settle().await;
        assert_eq!(said(&bob).await, [number]);
    }
}
