//! Members who cannot take what says `overflow = close`: they are cut off, and come back as any other.

use std::time::Duration;

use salon::{
    Count,
    testing::{Client, Failure, Lab, Wire, for_seeds},
};

use crate::chat::{Chat, Join, KEPT, Struck, come, join, lab, say};

/// What an outbox holds here.
const OUTBOX: usize = 8;

async fn small(seed: u64) -> Result<Lab, Failure> {
    lab(seed, |limits| limits.max_outbox_frames = OUTBOX).await
}

/// Has some struck in the chat `a`, from outside, each when all that came before has arrived.
async fn strike(lab: &Lab, texts: impl IntoIterator<Item = u64>) {
    for text in texts {
        lab.salon().room::<Chat>(&"a".into()).broadcast(&Struck { text: text.to_string() }).await;
        lab.settle().await;
    }
}

/// The numbers that were said or struck, of what came and was not asked for.
async fn heard(client: &Client) -> Vec<u64> {
    let events = client.events().await;
    let heard = events.iter().filter(|event| matches!(&*event.name, "chat:said" | "chat:struck"));
    heard.filter_map(|event| event.json()[0]["text"].as_str()?.parse().ok()).collect()
}

#[test]
fn a_member_whose_outbox_is_full_is_cut_off_and_gets_all_of_it_when_it_comes_back() {
    for_seeds(0..20, async |seed| {
        for wire in Wire::ALL {
            let lab = small(seed).await?;
            let (ada, bob) = (come(&lab, wire, "ada").await?, come(&lab, wire, "bob").await?);
            join(&ada).await?;
            join(&bob).await?;
            ada.stop_reading();
            strike(&lab, 1..=40).await;
            assert_eq!(lab.counters().get(Count::OutboxOverflows), 1, "{wire:?}");
            assert_eq!(lab.counters().get(Count::MembersBehind), 0, "{wire:?}");
            assert_eq!(heard(&bob).await, (1..=40).collect::<Vec<_>>(), "{wire:?}");
            ada.read_on();
            ada.closed().within(Duration::from_secs(60)).await;
            let before = heard(&ada).await;
            ada.resume().await?;
            assert!(join(&ada).await?.resumed);
            let all: Vec<_> = before.into_iter().chain(heard(&ada).await).collect();
            assert_eq!(all, (1..=40).collect::<Vec<_>>(), "{wire:?}");
        }
        Ok(())
    });
}

#[test]
fn a_member_that_is_behind_for_other_events_is_cut_off_by_the_first_that_says_so() {
    for_seeds(0..20, async |seed| {
        for wire in Wire::ALL {
            let lab = small(seed).await?;
            let ada = come(&lab, wire, "ada").await?;
            join(&ada).await?;
            ada.stop_reading();
            for number in 1..=40 {
                say(&lab, [number]).await;
                lab.settle().await;
            }
            assert_eq!(lab.counters().get(Count::MembersBehind), 1, "{wire:?}");
            assert_eq!(lab.counters().get(Count::OutboxOverflows), 0, "{wire:?}");
            strike(&lab, [41]).await;
            assert_eq!(lab.counters().get(Count::OutboxOverflows), 1, "{wire:?}");
            ada.read_on();
            ada.closed().within(Duration::from_secs(60)).await;
        }
        Ok(())
    });
}

#[test]
fn a_member_that_has_come_back_reads_what_it_missed_and_is_not_cut_off_on_the_way() {
    for_seeds(0..20, async |seed| {
        for wire in Wire::ALL {
            let lab = small(seed).await?;
            let ada = come(&lab, wire, "ada").await?;
            join(&ada).await?;
            ada.reset();
            lab.settle().await;
            strike(&lab, 1..=60).await;
            // That it is away is not noticed where it polls.
            let before = lab.counters().get(Count::OutboxOverflows);
            ada.resume().await?;
            ada.stop_reading();
            let joining = ada.send(Join { room: "a".into() });
            strike(&lab, 61..=KEPT as u64 - 10).await;
            ada.read_on();
            assert!(joining.await?.resumed);
            assert_eq!(heard(&ada).await, (1..=KEPT as u64 - 10).collect::<Vec<_>>(), "{wire:?}");
            assert_eq!(lab.counters().get(Count::OutboxOverflows), before, "{wire:?}");
        }
        Ok(())
    });
}
