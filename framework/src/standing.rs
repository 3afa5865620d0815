//! What a session's identity stands on, and what the client presented for it.
//!
//! It must never be both refreshed and ended: whichever comes first wins, under one lock.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytestring::ByteString;
use tokio::sync::Notify;

use crate::{
    auth::Credential,
    refusal::{Code, Refusal},
};

/// What a session stands on.
pub(crate) struct Standing {
    state: Mutex<State>,
    changed: Arc<Notify>,
}

struct State {
    credential: Credential,
    /// The `auth` object that was presented last: a secret.
    auth: Option<ByteString>,
    /// How often it was replaced.
    version: u64,
    ended: bool,
}

impl Standing {
    pub(crate) fn new(credential: Credential, auth: Option<ByteString>) -> Self {
        let state = State { credential, auth, version: 0, ended: false };
        Self { state: Mutex::new(state), changed: Arc::default() }
    }

    /// What the identity stands on now.
    pub(crate) fn credential(&self) -> Credential {
        self.lock().credential.clone()
    }

    /// What the client presented last.
    pub(crate) fn auth(&self) -> Option<ByteString> {
        self.lock().auth.clone()
    }

    /// What the client presented last, and which of the things that it presented this is.
    pub(crate) fn presented(&self) -> (Option<ByteString>, u64) {
        let state = self.lock();
        (state.auth.clone(), state.version)
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
        if credential.subject.is_none() || credential.subject != state.credential.subject {
            let message = "a session is refreshed by a token of its own subject; connect anew";
            return Err(Refusal::forbidden(message));
        }
        state.replace(credential, auth);
        drop(state);
        self.wake();
        Ok(())
    }

    /// Notes what became of a question about what was presented, and whether the session may go on.
    /// An answer that a refresh has overtaken is of no interest.
    pub(crate) fn confirm(&self, version: u64, credential: Option<Credential>) -> bool {
        let mut state = self.lock();
        if state.ended || state.version != version {
            return true;
        }
        let Some(credential) = credential else { return false };
        if credential.subject != state.credential.subject {
            return false;
        }
        let auth = state.auth.clone();
        state.replace(credential, auth);
        drop(state);
        self.wake();
        true
    }

    /// Ends it, if `is_over` says so of what it stands on now; whether this was the end.
    pub(crate) fn end(&self, is_over: impl FnOnce(&Credential) -> bool) -> bool {
        let mut state = self.lock();
        let ends = !state.ended && is_over(&state.credential);
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
        self.changed.notify_one();
    }

    /// Is told of every change; one listener at a time.
    pub(crate) fn changed(&self) -> Arc<Notify> {
        self.changed.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn replace(&mut self, credential: Credential, auth: Option<ByteString>) {
        (self.credential, self.auth) = (credential, auth);
        self.version += 1;
    }
}

/// Without what was presented.
impl fmt::Debug for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.lock();
        f.debug_struct("Standing")
            .field("credential", &state.credential)
            .field("ended", &state.ended)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(subject: &'static str) -> Credential {
        Credential { subject: Some(subject.into()), ..Credential::default() }
    }

    #[test]
    fn of_a_refresh_and_an_end_one_wins() {
        let standing = Standing::new(of("ada"), None);
        assert!(standing.refresh(of("ada"), None).is_ok());
        assert!(standing.end(|_| true));
        assert!(!standing.end(|_| true), "the end comes once");
        let refused = standing.refresh(of("ada"), None).map_err(|refusal| refusal.code().clone());
        assert_eq!(refused, Err(Code::Lapsed));
    }

    #[test]
    fn an_answer_that_a_refresh_has_overtaken_changes_nothing() {
        let standing = Standing::new(of("ada"), None);
        let (_, version) = standing.presented();
        assert!(standing.refresh(of("ada"), Some("{}".into())).is_ok());
        assert!(standing.confirm(version, None), "the old proof was refused, and nobody minds");
        let (_, version) = standing.presented();
        assert!(!standing.confirm(version, None));
        assert!(!standing.confirm(version, Some(of("bob"))));
        assert!(standing.confirm(version, Some(of("ada"))));
    }

    #[test]
    fn nobody_else_refreshes_a_session() {
        let standing = Standing::new(of("ada"), None);
        for other in [of("bob"), Credential::default()] {
            let refused = standing.refresh(other, None).map_err(|refusal| refusal.code().clone());
            assert_eq!(refused, Err(Code::Forbidden));
        }
        let nobody = Standing::new(Credential::default(), None);
        assert!(nobody.refresh(Credential::default(), None).is_err());
    }
}
