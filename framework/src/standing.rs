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
    presented: Presented,
    ended: bool,
}

/// What was presented last.
#[derive(Clone)]
pub(crate) struct Presented {
    pub(crate) credential: Credential,
    /// The `auth` object: a secret.
    pub(crate) auth: Option<ByteString>,
    /// How often something newer was presented before.
    number: u64,
}

impl Standing {
    pub(crate) fn new(credential: Credential, auth: Option<ByteString>) -> Self {
        let presented = Presented { credential, auth, number: 0 };
        let state = State { presented, ended: false };
        Self { state: Mutex::new(state), changed: Arc::default() }
    }

    /// What the identity stands on now.
    pub(crate) fn credential(&self) -> Credential {
        self.lock().presented.credential.clone()
    }

    /// What the client presented last.
    pub(crate) fn auth(&self) -> Option<ByteString> {
        self.lock().presented.auth.clone()
    }

    /// Both of them, of one moment.
    pub(crate) fn presented(&self) -> Presented {
        self.lock().presented.clone()
    }

    /// Puts something newer in the place of what the session stood on.
    ///
    /// # Errors
    /// A [`Refusal`] if it has ended already, or is of somebody else.
    pub(crate) fn refresh(
        &self,
        credential: Credential,
        auth: Option<ByteString>,
    ) -> Result<(), Refusal> {
        let mut state = self.lock();
        state.check(&credential)?;
        let number = state.presented.number + 1;
        state.presented = Presented { credential, auth, number };
        drop(state);
        self.wake();
        Ok(())
    }

    /// Takes a newer answer about what was presented, unless something else was presented since.
    ///
    /// # Errors
    /// As [`refresh`](Self::refresh).
    pub(crate) fn renew(&self, asked: &Presented, credential: Credential) -> Result<(), Refusal> {
        let mut state = self.lock();
        if !state.presented.is(asked) {
            return Ok(());
        }
        state.check(&credential)?;
        state.presented.credential = credential;
        drop(state);
        self.wake();
        Ok(())
    }

    /// Ends it, if `is_over` says so of what it stands on now; whether this was the end.
    pub(crate) fn end(&self, is_over: impl FnOnce(&Presented) -> bool) -> bool {
        let mut state = self.lock();
        let ends = !state.ended && is_over(&state.presented);
        state.ended |= ends;
        drop(state);
        if ends {
            self.wake();
        }
        ends
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
    /// Whether it may go on by this.
    fn check(&self, credential: &Credential) -> Result<(), Refusal> {
        if self.ended {
            return Err(Refusal::new(Code::Lapsed, "the session has ended; connect anew"));
        }
        let subject = &self.presented.credential.subject;
        if credential.subject.is_none() || credential.subject != *subject {
            let message = "a session is refreshed by a token of its own subject; connect anew";
            return Err(Refusal::forbidden(message));
        }
        Ok(())
    }
}

impl Presented {
    /// Whether it is the same, and nothing was presented in between.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

/// Without what was presented.
impl fmt::Debug for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.lock();
        f.debug_struct("Standing")
            .field("credential", &state.presented.credential)
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
    fn an_answer_about_what_was_presented_before_a_refresh_changes_nothing() {
        let standing = Standing::new(of("ada"), None);
        let asked = standing.presented();
        let login = |id: &'static str| Credential { token_id: Some(id.into()), ..of("ada") };
        assert!(standing.refresh(login("2"), None).is_ok());
        assert!(standing.renew(&asked, login("1")).is_ok());
        assert_eq!(standing.credential().token_id.as_deref(), Some("2"));
        assert!(!standing.end(|presented| presented.is(&asked)), "nor does it end the session");
        assert!(standing.renew(&standing.presented(), login("3")).is_ok());
        assert_eq!(standing.credential().token_id.as_deref(), Some("3"));
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
