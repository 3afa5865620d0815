//! Guests who are believed: the users of the apps that the suites are about.
//!
//! It must never look at more than a name: what else decides about a guest is for its test to say.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use salon::{
    Refusal,
    auth::{Authenticated, Authenticator, Authority, Credentials, Grant, Permissions, Question},
};
use serde::Deserialize;
use serde_json::{Value, json};

/// Who has come.
#[derive(Clone, Debug, Deserialize)]
pub struct Guest {
    /// As its client says.
    pub name: String,
}

/// Takes the client's word for its name, which is its subject: one whose name is empty has none.
#[derive(Clone, Debug, Default)]
pub struct ByName {
    permissions: Permissions,
}

impl ByName {
    /// With these permissions for everybody.
    ///
    /// # Panics
    /// When they are none.
    #[must_use]
    pub fn with(permissions: &str) -> Self {
        Self { permissions: permissions.parse().expect("a test has permissions that can be read") }
    }
}

impl Authenticator for ByName {
    type Identity = Guest;

    async fn authenticate(
        &self,
        credentials: Credentials,
    ) -> Result<Authenticated<Guest>, Refusal> {
        let guest: Guest =
            credentials.auth().map_err(|_| Refusal::unauthorized("say your name"))?;
        let name = guest.name.clone();
        let guest = Authenticated::new(guest).permissions(self.permissions.clone());
        Ok(if name.is_empty() { guest } else { guest.subject(name) })
    }
}

/// Who may do nothing that anybody is asked about.
#[derive(Clone, Debug, Default)]
pub struct Bars(Arc<Mutex<BTreeSet<String>>>);

impl Bars {
    /// From now on a guest of that name may not.
    ///
    /// # Panics
    /// When a test has panicked with it.
    pub fn bar(&self, name: &str) {
        self.0.lock().expect("nothing panics under it").insert(name.to_owned());
    }
}

impl Authority for Bars {
    type Identity = Guest;

    async fn decide(&self, question: Question<Guest>) -> Result<Grant, Refusal> {
        let bars = self.0.lock().expect("nothing panics under it");
        match bars.contains(&question.identity().name) {
            true => Err(Refusal::forbidden("barred")),
            false => Ok(Grant::standing()),
        }
    }
}

/// The `auth` object of a guest of that name.
#[must_use]
pub fn guest(name: &str) -> Value {
    json!({ "name": name })
}
