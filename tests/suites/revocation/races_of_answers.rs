//! Races against an end, and against answers of an authenticator or an authority that come late.
//!
//! It must never let more time pass than what is raced against: who wins is decided to the
//! millisecond.

use std::{cell::Cell, time::Duration};

use salon::{
    Code,
    auth::{What, Who},
    testing,
};
use serde_json::json;

use crate::{
    app::{Said, Taken},
    race::{ARENA, Race, enter, named, runs_all_seeds, say},
    recorder::Recorder,
    rights::Badge,
};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_refresh_against_the_expiry_of_an_identity() {
    let wins = Cell::new((0, 0));
    testing::for_seeds(0..100, async |seed| {
        let race = Race::new(seed).await?;
        let talker = race.connect(0, &named(0)).await?;
        talker.send(enter()).await?;
        let badge = Badge { until: race.in_ms(1_000), ..named(1) };
        let client = race.connect(race.below(4), &badge).await?;
        client.send(enter()).await?;
        // The refresh comes through about when the identity ends.
        let (leaves, takes) = (995 + race.below(6) as u64, race.below(6) as u64);
        race.lab.advance(Duration::from_millis(leaves)).await;
        let newer = Badge { until: race.in_ms(9_000), takes, login: 1, ..named(1) };
        let refreshed = client.call::<serde_json::Value>("salon:refresh", (json!(newer),));
        for _ in 0..8 {
            talker.emit(say());
            race.lab.advance(Duration::from_millis(1)).await;
        }
        talker.send(say()).await?;
        let mut recorder = Recorder::default();
        race.listen(&client, &mut recorder).await?;
        let (renewed, lapsed) = wins.get();
        if recorder.has_lapsed() {
            let closed = client.closed().await;
            assert_eq!((closed.code, closed.at), (Code::Lapsed, SECOND));
            assert!(recorder.last(ARENA) < race.stage.published.last(ARENA));
            wins.set((renewed, lapsed + 1));
        } else {
            let answer = refreshed.await.map_err(|refusal| format!("{refusal}: it lives on"))?;
            assert!(answer["expires_in_ms"].as_u64() > Some(8_900), "{answer}");
            assert_eq!(recorder.last(ARENA), race.stage.published.last(ARENA));
            assert!(client.is_connected());
            wins.set((renewed + 1, lapsed));
        }
        race.has_everything(&talker).await
    });
    let (renewed, lapsed) = wins.get();
    let both = renewed > 10 && lapsed > 10;
    assert!(both || !runs_all_seeds(), "{renewed} were renewed, {lapsed} lapsed");
}

#[test]
fn a_refresh_is_not_undone_by_an_older_question() {
    testing::for_seeds(0..50, async |seed| {
        let race = Race::new(seed).await?;
        // The authenticator takes its time for the old badge, and not for the new one.
        let old = Badge { until: race.in_ms(1_000), takes_again: 500, ..named(1) };
        let client = race.connect(race.below(4), &old).await?;
        client.send(enter()).await?;
        let salon = race.lab.salon().clone();
        let asked = actix_web::rt::spawn(async move { salon.reevaluate_all().await });
        race.lab.advance(Duration::from_millis(100)).await;
        let new = Badge { until: race.in_ms(9_000), login: 1, ..named(1) };
        client.call::<serde_json::Value>("salon:refresh", (json!(new),)).await?;
        race.lab.drive(asked).await?;
        race.lab.advance(5 * SECOND).await;
        assert!(client.is_connected(), "{}", race.transcript());
        // Nor is what it stands on the old token, which may be revoked.
        let salon = race.lab.salon().clone();
        let revoked = salon.revoke(Who::token(old.token()), What::Everything);
        assert_eq!(race.lab.drive(revoked).await.sessions, 0);
        Ok(())
    });
}

#[test]
fn an_answer_from_before_a_revocation_grants_nothing_after_it() {
    testing::for_seeds(0..50, async |seed| {
        let race = Race::new(seed).await?;
        let badge = Badge { thinks: 500, ..named(1) };
        let client = race.connect(race.below(4), &badge).await?;
        client.send(enter()).await?;
        let salon = race.lab.salon().clone();
        let asked = actix_web::rt::spawn(async move { salon.reevaluate("arena:0").await });
        race.lab.advance(Duration::from_millis(100)).await;
        let taken = [Taken::Arena(ARENA), Taken::Permission][race.below(2)].clone();
        let salon = race.lab.salon().clone();
        let revoked = salon.revoke(Who::user("member 1"), taken.what());
        assert_eq!(race.lab.drive(revoked).await.memberships, 1);
        race.lab.drive(asked).await?;
        // The authority is asked anew, and takes its time.
        client.events().await;
        let entered = client.send(enter());
        race.lab.advance(Duration::from_millis(499)).await;
        client.expect_none().await;
        race.lab.advance(Duration::from_millis(1)).await;
        Ok(entered.await?)
    });
}

#[test]
fn a_grant_and_an_identity_end_in_time_though_the_authority_thinks_for_long() {
    testing::for_seeds(0..50, async |seed| {
        let race = Race::new(seed).await?;
        let talker = race.connect(0, &named(0)).await?;
        talker.send(enter()).await?;
        let ends = seed % 2 == 0;
        let badge = Badge { thinks: 4_000, lasts: 2_000, ..named(1) };
        let badge = if ends { Badge { until: race.in_ms(1_500), ..badge } } else { badge };
        let client = race.connect(race.below(4), &badge).await?;
        client.send(enter()).await?;
        let end = if ends { 1_500 } else { 2_000 };
        race.lab.advance(Duration::from_millis(end)).await;
        talker.send(say()).await?;
        client.expect_none_of::<Said>().await;
        if ends {
            assert_eq!(client.closed().await.at, Duration::from_millis(end));
        } else {
            let evicted = client.expect_named("salon:evicted").await;
            assert_eq!(evicted.at, Duration::from_millis(end));
        }
        Ok(())
    });
}
