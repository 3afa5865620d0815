//! Who the clients are, and what they may: everything, but some answers take their time.
//!
//! It must never refuse: who is out of an arena is out by what a test did.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use salon::{
    auth::{Authenticated, Authenticator, Authority, Credentials, Grant, Question},
    prelude::*,
};

/// What a client presents.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Badge {
    pub(crate) name: String,
    /// Which of the name's logins it is: the token's id.
    pub(crate) login: u64,
    /// When it ends, in milliseconds of wall time; never if it is 0.
    #[serde(default)]
    pub(crate) until: u64,
    /// How many milliseconds the authenticator takes for it.
    #[serde(default)]
    pub(crate) takes: u64,
    /// How many milliseconds it takes for it each time but the first.
    #[serde(default)]
    pub(crate) takes_again: u64,
    /// How many milliseconds the authority takes for it, but for its first answer.
    #[serde(default)]
    pub(crate) thinks: u64,
    /// How many milliseconds a grant lasts; for as long as the session if it is 0.
    #[serde(default)]
    pub(crate) lasts: u64,
}

impl Badge {
    pub(crate) fn of(name: impl Into<String>, login: u64) -> Self {
        Self { name: name.into(), login, ..Self::default() }
    }

    /// The id of the token.
    pub(crate) fn token(&self) -> String {
        format!("{}#{}", self.name, self.login)
    }
}

/// Believes every badge; with some it takes its time.
#[derive(Default)]
pub(crate) struct ByBadge {
    seen: Mutex<HashSet<String>>,
}

impl Authenticator for ByBadge {
    type Identity = Badge;

    async fn authenticate(
        &self,
        credentials: Credentials,
    ) -> Result<Authenticated<Badge>, Refusal> {
        let badge: Badge = credentials.auth()?;
        let is_new = {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            seen.insert(badge.token())
        };
        wait(if is_new { badge.takes } else { badge.takes_again }).await;
        let name = badge.name.clone();
        let identity = Authenticated::new(badge.clone()).subject(name).token_id(badge.token());
        Ok(match badge.until {
            0 => identity,
            until => identity.until(SystemTime::UNIX_EPOCH + Duration::from_millis(until)),
        })
    }
}

/// Grants whatever it is asked for; with some answers it takes its time.
#[derive(Default)]
pub(crate) struct Steward {
    answered: Mutex<HashMap<String, u64>>,
}

impl Authority for Steward {
    type Identity = Badge;

    async fn decide(&self, question: Question<Badge>) -> Result<Grant, Refusal> {
        let badge = question.identity();
        let answered = {
            let mut answered = self.answered.lock().unwrap_or_else(PoisonError::into_inner);
            let count = answered.entry(badge.name.clone()).or_default();
            *count += 1;
            *count
        };
        if answered > 1 {
            wait(badge.thinks).await;
        }
        for _ in 0..answered % 3 {
            tokio::task::yield_now().await;
        }
        Ok(match badge.lasts {
            0 => Grant::standing(),
            lasts => Grant::until(question.now() + Duration::from_millis(lasts)),
        })
    }
}

/// Waits as an answer from another machine does: by the clock of the lab, where there is one.
async fn wait(milliseconds: u64) {
    if milliseconds > 0 {
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    }
}
