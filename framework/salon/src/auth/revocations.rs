//! What was revoked, remembered for as long as somebody might still come with it.
//!
//! It must never forget in the moment between a client's authentication and its registration: who
//! connects is looked up here after it can be found by whoever revokes.

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use bytestring::ByteString;

use super::{Credential, ahead::Ahead};

/// Whose rights are revoked.
///
/// ```
/// use salon::auth::Who;
///
/// let everywhere = Who::user("user-7");
/// let this_login = Who::token("3f1c");
/// assert_ne!(everywhere, this_login);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Who {
    /// Every session with this [subject](super::Authenticated::subject). Tokens of this subject that
    /// say when they were issued are refused from now on, if it was before.
    User(ByteString),
    /// The session of this id, as its client knows it.
    Session(ByteString),
    /// Every session that presented the token of this [id](super::Authenticated::token_id); the
    /// token is refused from now on.
    Token(ByteString),
}

impl Who {
    /// By the subject.
    pub fn user(subject: impl Into<ByteString>) -> Self {
        Self::User(subject.into())
    }

    /// By the session's id.
    pub fn session(id: impl Into<ByteString>) -> Self {
        Self::Session(id.into())
    }

    /// By the token's id, `jti` in a JWT.
    pub fn token(id: impl Into<ByteString>) -> Self {
        Self::Token(id.into())
    }

    /// Whether a session is meant.
    pub(crate) fn is(&self, session: &str, credential: &Credential) -> bool {
        match self {
            Self::User(subject) => credential.subject.as_ref() == Some(subject),
            Self::Session(id) => id == session,
            Self::Token(id) => credential.token_id.as_ref() == Some(id),
        }
    }
}

/// What is revoked.
///
/// ```
/// use salon::auth::What;
///
/// assert_eq!(What::room("lobby:7"), What::Room("lobby:7".into()));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum What {
    /// Everything: the session ends, and its connection with it.
    Everything,
    /// The membership of a typed room, by its name, `NAME:key`, and what was granted there.
    Room(ByteString),
    /// A permission, in whatever room: what was granted by it, and the memberships that rest on it.
    Permission(ByteString),
}

impl What {
    /// One room, by its name.
    pub fn room(name: impl Into<ByteString>) -> Self {
        Self::Room(name.into())
    }

    /// One permission.
    pub fn permission(permission: impl Into<ByteString>) -> Self {
        Self::Permission(permission.into())
    }
}

/// Who was revoked altogether, and when.
pub(crate) struct Revocations {
    memory: Duration,
    limit: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    at: HashMap<Who, Revoked>,
    order: VecDeque<Who>,
    ahead: Ahead,
}

/// A revocation that is remembered.
#[derive(Clone, Copy)]
struct Revoked {
    /// When it was made, which says how long it is remembered.
    made: SystemTime,
    /// What was issued by then is refused: by when it was made, or later, if what was presented
    /// before it says of itself that it is from later.
    issued_by: SystemTime,
}

impl Revocations {
    /// Remembers up to `limit` of them, each for `memory`.
    pub(crate) fn new(memory: Duration, limit: usize) -> Self {
        Self { memory, limit, state: Mutex::default() }
    }

    /// Remembers that everything was taken from somebody. A session's id is used again by that session
    /// alone, if it comes back, for which whoever revokes looks: it needs no memory.
    pub(crate) fn remember(&self, who: &Who, now: SystemTime) {
        if matches!(who, Who::Session(_)) {
            return;
        }
        let state = &mut *self.lock();
        let issued_by = match who {
            Who::User(subject) => state.ahead.newest(subject, now),
            Who::Session(_) | Who::Token(_) => now,
        };
        match state.at.get_mut(who) {
            // It keeps its place: nobody's revocations push out those of others.
            Some(at) => {
                at.made = now.max(at.made);
                at.issued_by = issued_by.max(at.issued_by);
            }
            None => {
                state.at.insert(who.clone(), Revoked { made: now, issued_by });
                state.order.push_back(who.clone());
            }
        }
        let memory = self.memory;
        let is_over = |at: &Revoked| now.duration_since(at.made).is_ok_and(|age| age > memory);
        while let Some(oldest) = state.order.front()
            && (state.order.len() > self.limit || state.at.get(oldest).is_none_or(is_over))
        {
            if let Some(oldest) = state.order.pop_front() {
                state.at.remove(&oldest);
            }
        }
    }

    /// Notes what a client presents, before it is asked whether that was revoked: a token exists then,
    /// whatever moment of issue its issuer's clock has put into it.
    pub(crate) fn note_presented(&self, credential: &Credential, now: SystemTime) {
        let limit = self.limit;
        self.lock().ahead.note(credential, now, limit);
    }

    /// Whether what a credential stands on was revoked.
    pub(crate) fn refuse(&self, credential: &Credential) -> bool {
        let state = self.lock();
        if state.at.is_empty() {
            return false;
        }
        let token = credential.token_id.clone().map(Who::Token);
        if token.is_some_and(|token| state.at.contains_key(&token)) {
            return true;
        }
        let (Some(subject), Some(issued)) = (&credential.subject, credential.issued) else {
            return false;
        };
        // A token says when it was issued by the second: one of the same second may be older.
        state.at.get(&Who::User(subject.clone())).is_some_and(|revoked| issued <= revoked.issued_by)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Revocations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Revocations").field("remembered", &self.lock().at.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn credential(subject: &'static str, token: &'static str, issued: u64) -> Credential {
        Credential {
            subject: Some(subject.into()),
            token_id: Some(token.into()),
            issued: Some(at(issued)),
            ..Credential::default()
        }
    }

    #[test]
    fn a_revoked_user_comes_back_with_a_newer_token_alone() {
        let revocations = Revocations::new(Duration::from_secs(100), 8);
        revocations.remember(&Who::user("ada"), at(10));
        assert!(revocations.refuse(&credential("ada", "1", 9)));
        assert!(revocations.refuse(&credential("ada", "1", 10)));
        assert!(!revocations.refuse(&credential("ada", "2", 11)));
        assert!(!revocations.refuse(&credential("bob", "3", 9)));
    }

    #[test]
    fn what_was_presented_before_a_revocation_is_refused_though_it_says_that_it_is_newer() {
        let revocations = Revocations::new(Duration::from_secs(100), 8);
        revocations.note_presented(&credential("ada", "1", 12), at(10));
        revocations.note_presented(&credential("bob", "2", 12), at(10));
        revocations.remember(&Who::user("ada"), at(11));
        assert!(revocations.refuse(&credential("ada", "1", 12)));
        assert!(!revocations.refuse(&credential("ada", "3", 13)), "it is newer");
        assert!(!revocations.refuse(&credential("bob", "2", 12)), "nobody has revoked him");
        revocations.remember(&Who::user("bob"), at(14));
        assert!(!revocations.refuse(&credential("bob", "4", 15)));
    }

    #[test]
    fn a_moment_of_issue_that_is_far_ahead_keeps_no_revocation_for_longer() {
        let revocations = Revocations::new(Duration::from_secs(100), 8);
        revocations.note_presented(&credential("ada", "1", 1_000_000), at(10));
        revocations.remember(&Who::user("ada"), at(11));
        revocations.remember(&Who::user("bob"), at(112));
        assert_eq!(revocations.lock().at.len(), 1);
    }

    #[test]
    fn a_revoked_token_does_not_come_back() {
        let revocations = Revocations::new(Duration::from_secs(100), 8);
        revocations.remember(&Who::token("1"), at(10));
        assert!(revocations.refuse(&credential("ada", "1", 50)));
        assert!(!revocations.refuse(&credential("ada", "2", 5)));
    }

    #[test]
    fn no_more_is_remembered_than_the_limit_and_nothing_longer_than_its_time() {
        let revocations = Revocations::new(Duration::from_secs(100), 2);
        for token in ["1", "2", "3"] {
            revocations.remember(&Who::token(token), at(10));
        }
        assert_eq!(revocations.lock().at.len(), 2);
        assert!(!revocations.refuse(&credential("ada", "1", 5)));
        revocations.remember(&Who::token("3"), at(110));
        assert!(revocations.refuse(&credential("ada", "2", 5)), "its time is not over yet");
        revocations.remember(&Who::token("4"), at(211));
        assert_eq!(revocations.lock().at.len(), 1);
        assert!(revocations.refuse(&credential("ada", "4", 5)));
    }
}
