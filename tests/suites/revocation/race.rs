//! The lab of the races: four workers that take turns as a seed says, and an office on one of them.
//!
//! It must never draw from another chance than the seed's.

use std::{cell::RefCell, time::UNIX_EPOCH};

use salon::testing::{Client, Failure, Lab};

use crate::{
    app::{Enter, Revoke, Say, Stage, Taken, Whose},
    recorder::Recorder,
    rights::Badge,
};

pub(crate) const ARENA: u32 = 0;

/// Whether more than one seed is run, so that what the seeds have in common can be looked at.
pub(crate) fn runs_all_seeds() -> bool {
    std::env::var_os("SALON_SEED").is_none()
}

/// A lab of four workers.
pub(crate) struct Race {
    pub(crate) stage: Stage,
    pub(crate) lab: Lab,
    random: RefCell<fastrand::Rng>,
}

impl Race {
    pub(crate) async fn new(seed: u64) -> Result<Self, Failure> {
        Self::with_window(seed, 64 * 1024).await
    }

    pub(crate) async fn with_window(seed: u64, window: usize) -> Result<Self, Failure> {
        let stage = Stage::new(2, |builder| builder)?;
        let salon = stage.salon.clone();
        let lab = Lab::builder(salon).workers(4).seed(seed).window(window).start().await;
        Ok(Self { stage, lab, random: RefCell::new(fastrand::Rng::with_seed(seed)) })
    }

    pub(crate) async fn connect(&self, worker: usize, badge: &Badge) -> Result<Client, Failure> {
        let visitor = self.lab.visitor().worker(worker).name(&badge.name);
        Ok(visitor.auth(badge).connect().await?)
    }

    /// A member on each worker.
    pub(crate) async fn members(&self) -> Result<Vec<Client>, Failure> {
        let mut members = Vec::new();
        for worker in 0..4 {
            let member = self.connect(worker, &named(worker)).await?;
            member.send(enter()).await?;
            members.push(member);
        }
        Ok(members)
    }

    pub(crate) fn below(&self, end: usize) -> usize {
        self.random.borrow_mut().usize(..end)
    }

    /// Any revocation that reaches the arena.
    pub(crate) fn taken(&self) -> Taken {
        [Taken::Arena(ARENA), Taken::Permission, Taken::Everything][self.below(3)].clone()
    }

    /// Has the office revoke something, by any of the ways to mean a client.
    pub(crate) fn order(&self, victim: &Client, taken: Taken) -> Revoke {
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
    pub(crate) async fn listen(
        &self,
        client: &Client,
        recorder: &mut Recorder,
    ) -> Result<(), Failure> {
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
    pub(crate) async fn has_everything(&self, client: &Client) -> Result<(), Failure> {
        let mut recorder = Recorder::default();
        self.listen(client, &mut recorder).await?;
        let (last, published) = (recorder.last(ARENA), self.stage.published.last(ARENA));
        let transcript = self.transcript();
        assert_eq!(last, published, "{} misses something\n{transcript}", client.name());
        Ok(())
    }

    /// In milliseconds of wall time.
    pub(crate) fn in_ms(&self, milliseconds: u64) -> u64 {
        let now = self.lab.wall().duration_since(UNIX_EPOCH).expect("it is after 1970");
        u64::try_from(now.as_millis()).expect("it is before the end of time") + milliseconds
    }

    pub(crate) fn transcript(&self) -> String {
        self.lab.transcript().to_string()
    }
}

pub(crate) fn named(number: usize) -> Badge {
    Badge::of(format!("member {number}"), 0)
}

pub(crate) fn enter() -> Enter {
    Enter { arena: ARENA, slow: false }
}

pub(crate) fn say() -> Say {
    Say { arena: ARENA }
}
