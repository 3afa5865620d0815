//! Races of rights on four workers that take turns as a seed says: each is run with many seeds, and
//! a seed that fails fails again.
//!
//! It must never let time decide who wins where a turn is to decide it: time passes only in the
//! races against an end.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
    time::{Duration, UNIX_EPOCH},
};

use salon::{
    Code,
    auth::{What, Who},
    testing::{self, Client, Failure, Lab},
};
use serde_json::json;

use crate::{
    app::{Badge, Enter, Revoke, Said, Say, Stage, Taken, Whose},
    recorder::Recorder,
};

const ARENA: u32 = 0;
const SECOND: Duration = Duration::from_secs(1);

/// Whether more than one seed is run, so that what the seeds have in common can be looked at.
fn runs_all_seeds() -> bool {
    std::env::var_os("SALON_SEED").is_none()
}

/// A lab of four workers.
struct Race {
    stage: Stage,
    lab: Lab,
    random: RefCell<fastrand::Rng>,
}

impl Race {
    async fn new(seed: u64) -> Result<Self, Failure> {
        Self::with_window(seed, 64 * 1024).await
    }

    async fn with_window(seed: u64, window: usize) -> Result<Self, Failure> {
        let stage = Stage::new(2, |builder| builder)?;
        let salon = stage.salon.clone();
        let lab = Lab::builder(salon).workers(4).seed(seed).window(window).start().await;
        Ok(Self { stage, lab, random: RefCell::new(fastrand::Rng::with_seed(seed)) })
    }

    async fn connect(&self, worker: usize, badge: &Badge) -> Result<Client, Failure> {
        let visitor = self.lab.visitor().worker(worker).name(&badge.name);
        Ok(visitor.auth(badge).connect().await?)
    }

    /// A member on each worker.
    async fn members(&self) -> Result<Vec<Client>, Failure> {
        let mut members = Vec::new();
        for worker in 0..4 {
            let member = self.connect(worker, &named(worker)).await?;
            member.send(enter()).await?;
            members.push(member);
        }
        Ok(members)
    }

    fn below(&self, end: usize) -> usize {
        self.random.borrow_mut().usize(..end)
    }

    /// Any revocation that reaches the arena.
    fn taken(&self) -> Taken {
        [Taken::Arena(ARENA), Taken::Permission, Taken::Everything][self.below(3)].clone()
    }

    /// Has the office revoke something, by any of the ways to mean a client.
    fn order(&self, victim: &Client, taken: Taken) -> Revoke {
        let session = victim.id().expect("it is connected");
        let badge = Badge::of(victim.name(), 0);
        let who = match self.below(3) {
            0 => Whose::Session(session.clone()),
            1 => Whose::User(badge.name),
            _ => Whose::Token(badge.token()),
        };
        Revoke { session, who, taken }
    }

    /// Everything that a client heard, held against what it should have.
    async fn listen(&self, client: &Client, recorder: &mut Recorder) -> Result<(), Failure> {
        for event in client.events().await {
            let argument = event.json().into_iter().next().unwrap_or_default();
            let heard = recorder.hear(&event.name, &argument);
            heard.map_err(|mistake| {
                format!("{}: {mistake}\n{}", client.name(), self.transcript())
            })?;
        }
        Ok(())
    }

    /// Who was not revoked has everything.
    async fn has_everything(&self, client: &Client) -> Result<(), Failure> {
        let mut recorder = Recorder::default();
        self.listen(client, &mut recorder).await?;
        let (last, published) = (recorder.last(ARENA), self.stage.published.last(ARENA));
        let transcript = self.transcript();
        assert_eq!(last, published, "{} misses something\n{transcript}", client.name());
        Ok(())
    }

    /// In milliseconds of wall time.
    fn in_ms(&self, milliseconds: u64) -> u64 {
        let now = self.lab.wall().duration_since(UNIX_EPOCH).expect("it is after 1970");
        u64::try_from(now.as_millis()).expect("it is before the end of time") + milliseconds
    }

    fn transcript(&self) -> String {
        self.lab.transcript().to_string()
    }
}

fn named(number: usize) -> Badge {
    Badge::of(format!("member {number}"), 0)
}

fn enter() -> Enter {
    Enter { arena: ARENA, slow: false }
}

fn say() -> Say {
    Say { arena: ARENA }
}

#[test]
fn a_revocation_and_broadcasts_under_way_from_other_workers() {
    let heard = RefCell::new(BTreeSet::new());
    testing::for_seeds(0..150, async |seed| {
        let race = Race::new(seed).await?;
        let members = race.members().await?;
        let clerk = race.connect(race.below(4), &Badge::of("clerk", 0)).await?;
        let (victim, taken) = (&members[race.below(4)], race.taken());
        let order = race.order(victim, taken.clone());
        let moment = race.below(12);
        let mut revoked = None;
        for turn in 0..12 {
            if turn == moment {
                revoked = Some(clerk.send(order.clone()));
            }
            members[race.below(4)].emit(say());
        }
        let marker = revoked.ok_or("it was sent")?.await?;
        assert_eq!(marker.lost, 1);
        members[(moment + 1) % 4].emit(say());
        let mut recorder = Recorder::default();
        recorder.expect(taken.clone());
        race.listen(victim, &mut recorder).await?;
        if taken == Taken::Everything {
            assert!(recorder.has_lapsed());
            assert_eq!(victim.closed().await.code, Code::Revoked);
        } else {
            assert!(recorder.is_settled(), "{}", race.transcript());
        }
        heard.borrow_mut().insert(recorder.frames);
        recorder.end(&marker.last)?;
        for member in members.iter().filter(|member| member.id() != victim.id()) {
            race.has_everything(member).await?;
        }
        Ok(())
    });
    let heard = heard.into_inner();
    assert!(heard.len() > 5 || !runs_all_seeds(), "the race is always won alike: {heard:?}");
}

#[test]
fn a_revocation_of_a_client_that_has_stopped_reading() {
    testing::for_seeds(0..100, async |seed| {
        let race = Race::with_window(seed, 512).await?;
        let members = race.members().await?;
        let clerk = race.connect(race.below(4), &Badge::of("clerk", 0)).await?;
        let (victim, taken) = (&members[race.below(4)], race.taken());
        victim.stop_reading();
        for _ in 0..60 {
            members[race.below(4)].emit(say());
        }
        if race.below(2) == 0 {
            race.lab.settle().await;
        }
        let before = race.lab.elapsed();
        let marker = clerk.send(race.order(victim, taken.clone())).await?;
        assert_eq!((marker.lost, race.lab.elapsed()), (1, before), "it waits for nobody");
        for _ in 0..5 {
            members[race.below(4)].emit(say());
        }
        race.lab.settle().await;
        victim.read_on();
        let mut recorder = Recorder::default();
        recorder.expect(taken.clone());
        race.listen(victim, &mut recorder).await?;
        assert!(recorder.frames < 30, "{} frames were on the line already", recorder.frames);
        if taken == Taken::Everything {
            assert_eq!(victim.closed().await.code, Code::Revoked);
        } else {
            assert!(recorder.is_settled(), "{}", race.transcript());
        }
        recorder.end(&marker.last)?;
        for member in members.iter().filter(|member| member.id() != victim.id()) {
            race.has_everything(member).await?;
        }
        Ok(())
    });
}

#[test]
fn a_revocation_between_a_joins_admission_and_its_acknowledgement() {
    let outcomes = RefCell::new(BTreeSet::new());
    testing::for_seeds(0..300, async |seed| {
        let race = Race::new(seed).await?;
        let talker = race.connect(0, &named(0)).await?;
        talker.send(enter()).await?;
        let clerk = race.connect(race.below(4), &Badge::of("clerk", 0)).await?;
        let victim = race.connect(race.below(4), &named(1)).await?;
        let taken = [Taken::Arena(ARENA), Taken::Permission][race.below(2)].clone();
        let order = race.order(&victim, taken.clone());
        let mut recorder = Recorder::default();
        recorder.expect(taken);
        let first = (race.below(3) == 0).then(|| clerk.send(order.clone()));
        if first.is_some() && race.below(2) == 0 {
            race.lab.settle().await;
        }
        let joined = victim.send(Enter { arena: ARENA, slow: race.below(4) > 0 });
        if race.below(2) == 0 {
            talker.emit(say());
        }
        let marker = first.unwrap_or_else(|| clerk.send(order)).await?;
        talker.emit(say());
        race.lab.settle().await;
        race.listen(&victim, &mut recorder).await?;
        let answer = joined.await.map_err(|refusal| refusal.code().as_str().to_owned());
        let outcome = (marker.lost, recorder.is_in(ARENA), answer);
        match &outcome {
            // It was before, or between; or it was after, and the join is a new one.
            (1, false, Ok(())) | (0, true, Ok(())) => {}
            (1, false, Err(code)) if code == "lapsed" => {}
            (0, false, Err(code)) if code == "revoked" => {}
            _ => return Err(format!("{outcome:?}\n{}", race.transcript()).into()),
        }
        assert_eq!(recorder.evictions, u64::from(outcome.0 == 1), "{}", race.transcript());
        outcomes.borrow_mut().insert(outcome);
        // Whatever it was, from here on it is in by a right that it has.
        recorder.expect(Taken::Everything);
        if !recorder.is_in(ARENA) {
            victim.send(enter()).await?;
        }
        talker.send(say()).await?;
        race.listen(&victim, &mut recorder).await?;
        assert_eq!(recorder.last(ARENA), race.stage.published.last(ARENA));
        race.has_everything(&talker).await
    });
    let outcomes = outcomes.into_inner();
    assert!(outcomes.len() == 4 || !runs_all_seeds(), "not every outcome came: {outcomes:?}");
}

#[test]
fn a_refresh_against_the_expiry_of_an_identity() {
    let wins = Cell::new((0, 0));
    testing::for_seeds(0..150, async |seed| {
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
