//! What a session's identity stands on, and what the client presented for it.
//!
//! It must never be both refreshed and ended: whichever comes first wins, under one lock.

use std::{
    fmt,
    sync::{Arc, PoisonError},
    time::SystemTime,
};

use bytestring::ByteString;
use tokio::sync::Notify;

use crate::{
    auth::Credential,
    base::{
        refusal::{Code, Refusal},
        sync::{Mutex, MutexGuard},
    },
};

/// What a session stands on.
pub(crate) struct AuthState {
    state: Mutex<State>,
}

struct State {
    proof: Proof,
    /// How often what was presented was replaced.
    version: u32,
    /// Made for who listens first: nothing lapses by itself where nobody does.
    changed: Option<Arc<Notify>>,
    ended: bool,
}

/// A credential and what was presented for it, in as little room as it takes.
enum Proof {
    /// Nothing was presented, and the credential says no more than since when.
    Bare {
        issued: Option<SystemTime>,
    },
    Full(Box<Full>),
}

struct Full {
    credential: Credential,
    /// The `auth` object that was presented last: a secret.
    auth: Option<ByteString>,
}

impl AuthState {
    pub(crate) fn new(credential: Credential, auth: Option<ByteString>) -> Self {
        let proof = Proof::new(credential, auth);
        Self { state: Mutex::new(State { proof, version: 0, changed: None, ended: false }) }
    }

    /// What the identity stands on now.
    pub(crate) fn credential(&self) -> Credential {
        self.look(Credential::clone)
    }

    /// Looks at what the identity stands on now.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&Credential) -> T) -> T {
        self.lock().proof.look(look)
    }

    /// What the client presented last.
    pub(crate) fn auth(&self) -> Option<ByteString> {
        self.lock().proof.auth()
    }

    /// What the client presented last, and which of the things that it presented this is.
    pub(crate) fn presented(&self) -> (Option<ByteString>, u32) {
        let state = self.lock();
        (state.proof.auth(), state.version)
    }

    /// Puts something newer in the place of what the session stood on.
    ///
    /// # Errors
    /// A [`Refusal`] if it has ended already, or is of somebody else, or of nobody.
    pub(crate) fn refresh(
        &self,
        credential: Credential,
        auth: Option<ByteString>,
    ) -> Result<(), Refusal> {
        let mut state = self.lock();
        if state.ended {
            return Err(Refusal::new(Code::Lapsed, "the session has ended; connect anew"));
        }
        if credential.subject.is_none() || !state.proof.is_of(&credential) {
            let message = "a session is refreshed by a token of its own subject; connect anew";
            return Err(Refusal::forbidden(message));
        }
        state.proof = Proof::new(credential, auth);
        state.version = state.version.wrapping_add(1);
        drop(state);
        self.wake();
        Ok(())
    }

    /// Notes what became of a question about what was presented, and whether the session may go on.
    /// An answer that a refresh has overtaken is of no interest.
    pub(crate) fn confirm(&self, version: u32, credential: Option<Credential>) -> bool {
        let mut state = self.lock();
        if state.ended || state.version != version {
            return true;
        }
        let Some(credential) = credential else { return false };
        if !state.proof.is_of(&credential) {
            return false;
        }
        // No newer version: a later question about the same must not lose to an earlier one.
        state.proof = Proof::new(credential, state.proof.auth());
        drop(state);
        self.wake();
        true
    }

    /// Ends it, if `is_over` says so of what it stands on now; whether this was the end.
    pub(crate) fn end(&self, is_over: impl FnOnce(&Credential) -> bool) -> bool {
        let mut state = self.lock();
        let ends = !state.ended && state.proof.look(is_over);
        state.ended |= ends;
        drop(state);
        if ends {
            self.wake();
        }
        ends
    }

    /// Whether it has ended.
    pub(crate) fn has_ended(&self) -> bool {
        self.lock().ended
    }

    /// Tells whoever waits for a change.
    pub(crate) fn wake(&self) {
        let changed = self.lock().changed.clone();
        if let Some(changed) = changed {
            changed.notify_one();
        }
    }

    /// Is told of every change from the first call on; one listener at a time.
    pub(crate) fn changed(&self) -> Arc<Notify> {
        self.lock().changed.get_or_insert_default().clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Proof {
    fn new(credential: Credential, auth: Option<ByteString>) -> Self {
        if credential.is_bare() && auth.is_none() {
            Self::Bare { issued: credential.issued }
        } else {
            Self::Full(Box::new(Full { credential, auth }))
        }
    }

    fn auth(&self) -> Option<ByteString> {
        match self {
            Self::Bare { .. } => None,
            Self::Full(full) => full.auth.clone(),
        }
    }

    fn look<T>(&self, look: impl FnOnce(&Credential) -> T) -> T {
        match self {
            Self::Bare { issued } => look(&Credential { issued: *issued, ..Credential::default() }),
            Self::Full(full) => look(&full.credential),
        }
    }

    /// Whether it has the same subject.
    fn is_of(&self, other: &Credential) -> bool {
        self.look(|credential| credential.subject == other.subject)
    }
}

/// Without what was presented.
impl fmt::Debug for AuthState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.lock();
        f.debug_struct("AuthState")
            .field("credential", &state.proof.look(Credential::clone))
            .field("ended", &state.ended)
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, salon_loom))]
mod models;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::Lessor;

    fn of(subject: &'static str) -> Credential {
        Credential { subject: Some(subject.into()), ..Credential::default() }
    }

    #[test]
    fn of_a_refresh_and_an_end_one_wins() {
        let state = AuthState::new(of("ada"), None);
        assert!(state.refresh(of("ada"), None).is_ok());
        assert!(!state.end(|_| false) && !state.has_ended());
        assert!(state.end(|_| true));
        assert!(state.has_ended());
        assert!(!state.end(|_| true), "the end comes once");
        let refused = state.refresh(of("ada"), None).map_err(|refusal| refusal.code().clone());
        assert_eq!(refused, Err(Code::Lapsed));
    }

    #[test]
    fn whatever_is_known_of_an_identity_is_kept_and_of_anybody_nothing_takes_room() {
        let now = SystemTime::UNIX_EPOCH;
        let known = Credential::default;
        let lessor = Lessor::default();
        lessor.end(now);
        for credential in [
            of("ada"),
            Credential { token_id: Some("7".into()), ..known() },
            Credential { until: Some(now), ..known() },
            Credential { permissions: "walk".parse().unwrap(), ..known() },
            Credential { lease: lessor.lease(), ..known() },
        ] {
            let kept = AuthState::new(credential.clone(), None).credential();
            assert_eq!(kept.subject, credential.subject);
            assert_eq!(kept.token_id, credential.token_id);
            assert_eq!(kept.expires(), credential.expires());
            assert_eq!(kept.permissions, credential.permissions);
        }
        let anybody = Credential { issued: Some(now), ..known() };
        let state = AuthState::new(anybody.clone(), None);
        assert!(matches!(state.lock().proof, Proof::Bare { .. }), "there are many");
        assert_eq!((state.credential().issued, state.auth()), (Some(now), None));
        assert_eq!(AuthState::new(anybody, Some("{}".into())).auth(), Some("{}".into()));
    }

    #[test]
    fn an_answer_that_a_refresh_has_overtaken_changes_nothing() {
        let state = AuthState::new(of("ada"), None);
        let (_, version) = state.presented();
        assert!(state.refresh(of("ada"), Some("{}".into())).is_ok());
        assert!(state.confirm(version, None), "the old proof was refused, and nobody minds");
        let (_, version) = state.presented();
        assert!(!state.confirm(version, None));
        assert!(!state.confirm(version, Some(of("bob"))));
        assert!(state.confirm(version, Some(of("ada"))));
    }

    #[test]
    fn nobody_else_refreshes_a_session() {
        let state = AuthState::new(of("ada"), None);
        for other in [of("bob"), Credential::default()] {
            let refused = state.refresh(other, None).map_err(|refusal| refusal.code().clone());
            assert_eq!(refused, Err(Code::Forbidden));
        }
        let nobody = AuthState::new(Credential::default(), None);
        assert!(nobody.refresh(Credential::default(), None).is_err());
    }
}
