//! The authority of the library: it answers by rights that readers bring with them.
//!
//! It must never answer at its own time where the test is to say when.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use salon::{
    auth::{Authenticated, Authenticator, Authority, Credentials, Grant, Question},
    prelude::*,
};
use serde_json::{Value, json};
use tokio::sync::Notify;

/// Who reads, and what the clerk answers about each permission.
#[derive(Deserialize)]
pub(crate) struct Reader {
    pub(crate) name: String,
    rights: HashMap<String, Right>,
}

/// How a permission is answered; one that is not named is refused.
#[derive(Clone, Copy, Deserialize)]
enum Right {
    Standing,
    /// For as long as `MOMENT`.
    Brief,
    Past,
    /// When the test lets it.
    Slow,
    Panic,
}

pub(crate) const MOMENT: Duration = Duration::from_secs(60);

pub(crate) fn reader(rights: &Value) -> Value {
    json!({ "name": "ada", "rights": rights })
}

pub(crate) struct ByWord;

impl Authenticator for ByWord {
    type Identity = Reader;

    async fn authenticate(
        &self,
        credentials: Credentials,
    ) -> Result<Authenticated<Reader>, Refusal> {
        Ok(Authenticated::new(credentials.auth()?))
    }
}

/// What the tests see of the checks, and how they let them go on.
#[derive(Clone, Default)]
pub(crate) struct Desk {
    questions: Arc<AtomicUsize>,
    begun: Arc<AtomicUsize>,
    given_up: Arc<AtomicUsize>,
    gate: Arc<Notify>,
}

impl Desk {
    /// How often the authority was asked.
    pub(crate) fn questions(&self) -> usize {
        self.questions.load(Ordering::SeqCst)
    }

    /// How many checks have begun to wait.
    pub(crate) fn begun(&self) -> usize {
        self.begun.load(Ordering::SeqCst)
    }

    /// How many checks were given up while they waited.
    pub(crate) fn given_up(&self) -> usize {
        self.given_up.load(Ordering::SeqCst)
    }

    /// Lets the check that waits go on.
    pub(crate) fn go_on(&self) {
        self.gate.notify_waiters();
    }

    /// Waits until the test lets it go on.
    pub(crate) async fn wait(&self) {
        struct GivenUp<'a>(&'a AtomicUsize);

        impl Drop for GivenUp<'_> {
            fn drop(&mut self) {
                self.0.fetch_add(1, Ordering::SeqCst);
            }
        }

        let given_up = GivenUp(&self.given_up);
        self.begun.fetch_add(1, Ordering::SeqCst);
        self.gate.notified().await;
        std::mem::forget(given_up);
    }
}

/// The authority: it answers what the reader's rights say.
pub(crate) struct Clerk(pub(crate) Desk);

impl Authority for Clerk {
    type Identity = Reader;

    async fn decide(&self, question: Question<Reader>) -> Result<Grant, Refusal> {
        self.0.questions.fetch_add(1, Ordering::SeqCst);
        let permission = question.permission();
        match question.identity().rights.get(permission) {
            Some(Right::Standing) => Ok(Grant::standing()),
            Some(Right::Brief) => Ok(Grant::until(question.now() + MOMENT)),
            Some(Right::Past) => Ok(Grant::until(SystemTime::UNIX_EPOCH)),
            Some(Right::Slow) => {
                self.0.wait().await;
                Ok(Grant::standing())
            }
            Some(Right::Panic) => panic!("a panic in the authority"),
            None => {
                let whereabouts = question.room().unwrap_or("no room");
                Err(Refusal::forbidden(format!("no {permission:?} in {whereabouts}")))
            }
        }
    }
}
