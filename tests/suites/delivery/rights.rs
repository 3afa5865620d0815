//! Rights: what a room keeps is shown to nobody who has lost the right to it.

use salon::{
    Code,
    auth::{What, Who},
    testing::{Client, Failure, Lab, Wire, for_seeds},
};

use salon_tests::guests::Bars;

use crate::chat::{Club, Enter, Said, app, come, said};

async fn club(seed: u64, bars: &Bars) -> Result<Lab, Failure> {
    let salon = app(bars).limits(|limits| limits.max_outbox_frames = 8).build()?;
    Ok(Lab::builder(salon).workers(3).seed(seed).window(512).start().await)
}

async fn say(lab: &Lab, numbers: std::ops::RangeInclusive<u64>) {
    for number in numbers {
        let text = number.to_string();
        lab.salon().room::<Club>(&"a".into()).broadcast(&Said { text }).await;
    }
}

fn enter() -> Enter {
    Enter { room: "a".into() }
}

/// Everything is taken from Ada that she has of the club.
async fn revoke(lab: &Lab) {
    let salon = lab.salon().clone();
    lab.drive(async move { salon.revoke(Who::user("ada"), What::room("club:a")).await }).await;
}

async fn member(lab: &Lab, wire: Wire) -> Result<Client, Failure> {
    let ada = come(lab, wire, "ada").await?;
    ada.send(enter()).await?;
    Ok(ada)
}

#[test]
fn whoever_loses_the_right_while_it_is_away_is_refused_and_gets_nothing() {
    for_seeds(0..5, async |seed| {
        for wire in Wire::ALL {
            let bars = Bars::default();
            let lab = club(seed, &bars).await?;
            let ada = member(&lab, wire).await?;
            ada.reset();
            lab.settle().await;
            say(&lab, 1..=5).await;
            bars.bar("ada");
            revoke(&lab).await;
            ada.resume().await?;
            let refused = ada.send(enter()).await.expect_err("she is barred");
            assert_eq!(refused.code(), &Code::Forbidden, "{wire:?}");
            assert_eq!(said(&ada).await, Vec::<u64>::new(), "{wire:?}");
        }
        Ok(())
    });
}

#[test]
fn whoever_loses_the_right_in_the_middle_of_what_it_missed_gets_nothing_more() {
    for_seeds(0..20, async |seed| {
        for wire in Wire::ALL {
            let lab = club(seed, &Bars::default()).await?;
            let ada = member(&lab, wire).await?;
            ada.reset();
            lab.settle().await;
            say(&lab, 1..=90).await;
            ada.resume().await?;
            ada.stop_reading();
            let entering = ada.send(enter());
            lab.settle().await;
            revoke(&lab).await;
            let written = said_so_far(&ada);
            ada.read_on();
            let code = entering.await.expect_err("she has lost the room").code().clone();
            assert_eq!(code, Code::Lapsed, "{wire:?}");
            ada.expect_named("salon:evicted").await;
            // Nothing but what her line had taken before.
            let heard = said(&ada).await;
            assert!(heard.len() < 40, "{wire:?}: {heard:?}");
            assert_eq!(heard, (1..=heard.len() as u64).collect::<Vec<_>>());
            assert!(written <= heard.len());
        }
        Ok(())
    });
}

/// How many she has seen.
fn said_so_far(client: &Client) -> usize {
    client.transcript().to_string().matches("chat:said").count()
}

#[test]
fn a_slow_member_that_loses_the_right_gets_nothing_more_and_may_come_again() {
    for_seeds(0..20, async |seed| {
        for wire in Wire::ALL {
            let lab = club(seed, &Bars::default()).await?;
            let ada = member(&lab, wire).await?;
            ada.stop_reading();
            for number in 1..=60 {
                say(&lab, number..=number).await;
                lab.settle().await;
            }
            revoke(&lab).await;
            say(&lab, 61..=62).await;
            ada.read_on();
            let heard = said(&ada).await;
            assert!(heard.len() < 40, "{wire:?}: {heard:?}");
            assert!(!ada.send(enter()).await?, "she says nothing of what she has seen");
            say(&lab, 63..=64).await;
            assert_eq!(said(&ada).await, [63, 64], "{wire:?}");
        }
        Ok(())
    });
}
