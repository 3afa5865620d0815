//! Connection state recovery: what a client missed while it was away, as Socket.IO has it.
//!
//! It must never keep more than its limits, nor give a session back to anybody but who held it: the
//! private id is a secret, and the principal must be the same. Typed rooms are not recovered: a room
//! admits its members anew.

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytestring::ByteString;

use super::target::Target;
use crate::{
    auth::{Credential, Principal, Who},
    base::{
        clock::{self, Instant},
        config::Limits,
    },
    message::Publication,
    session::{
        handle::{Recoverable, SessionHandle},
        session_id::SessionId,
    },
};

/// What is kept for clients that may come back.
pub(crate) struct Recovery {
    window: Duration,
    max_frames: usize,
    max_bytes: usize,
    max_sessions: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    last: u64,
    kept: VecDeque<Kept>,
    bytes: usize,
    /// The last frame that is kept no more, and for which namespace it was.
    dropped: Option<(u64, ByteString)>,
    away: HashMap<SessionId, Away>,
    /// The private ids in the order in which their sessions ended.
    order: VecDeque<SessionId>,
}

struct Kept {
    until: Instant,
    target: Target,
    publication: Publication,
}

struct Away {
    until: Instant,
    principal: Principal,
    /// What it stood on: whoever comes back must be the same, and not be revoked meanwhile.
    credential: Credential,
    namespace: ByteString,
    id: SessionId,
    rooms: Vec<ByteString>,
    since: u64,
}

/// A session that is given back.
pub(crate) struct Recovered {
    /// The session's id, as before.
    pub(crate) id: SessionId,
    /// The untyped rooms that it was in.
    pub(crate) rooms: Vec<ByteString>,
    /// What it missed, in order.
    pub(crate) missed: Vec<Publication>,
    /// The number of the last frame that this covers.
    pub(crate) covered: u64,
    /// What [`Recovery::begin`] said when it began.
    pub(crate) since: u64,
}

impl Recovery {
    pub(crate) fn new(window: Duration, limits: &Limits) -> Self {
        Self {
            window,
            max_frames: limits.max_recovery_frames,
            max_bytes: limits.max_recovery_bytes,
            max_sessions: limits.max_recovery_sessions,
            state: Mutex::default(),
        }
    }

    /// Numbers a publication, keeps it, and hands it on: `make` gets the number.
    pub(crate) fn keep(
        &self,
        target: Target,
        make: impl FnOnce(u64) -> Publication,
    ) -> Publication {
        let mut state = self.lock();
        let number = state.last + 1;
        let publication = make(number);
        debug_assert!(
            state.kept.back().is_none_or(|last| last.publication.number() < number),
            "what is kept is in the order of its numbers"
        );
        state.last = number;
        state.bytes += publication.size();
        let until = clock::after(self.window);
        let target = target.for_later();
        state.kept.push_back(Kept { until, target, publication: publication.clone() });
        state.drop_expired(clock::now());
        while state.kept.len() > self.max_frames || state.bytes > self.max_bytes {
            state.drop_oldest();
        }
        publication
    }

    /// After which frame a session begins: nothing before it was ever for that one.
    pub(crate) fn begin(&self) -> u64 {
        self.lock().last
    }

    /// Keeps a session that ended and may come back.
    pub(crate) fn park(&self, handle: &SessionHandle, principal: &Principal) {
        let Some(Recoverable { private_id, since, .. }) = handle.recoverable.as_deref() else {
            return;
        };
        let away = Away {
            until: clock::after(self.window),
            principal: principal.clone(),
            credential: handle.auth_state.credential(),
            namespace: handle.namespace.clone(),
            id: handle.id,
            rooms: handle.named_rooms(),
            since: *since,
        };
        let mut state = self.lock();
        state.away.insert(*private_id, away);
        state.order.push_back(*private_id);
        let now = clock::now();
        while let Some(oldest) = state.order.front().copied() {
            let over = state.away.len() > self.max_sessions;
            if !over && state.away.get(&oldest).is_some_and(|away| away.until > now) {
                break;
            }
            state.order.pop_front();
            state.away.remove(&oldest);
        }
    }

    /// Gives a session back, once, if it is kept still, and everything that it missed with it. It
    /// has to name an event that it saw: without one nobody can tell what it missed.
    pub(crate) fn recover(
        &self,
        namespace: &ByteString,
        private_id: &SessionId,
        offset: &str,
        principal: &Principal,
        subject: Option<&ByteString>,
    ) -> Option<Recovered> {
        let mut state = self.lock();
        let now = clock::now();
        state.drop_expired(now);
        let away = state.away.get(private_id)?;
        let theirs = away.principal == *principal
            && away.credential.subject.as_ref() == subject
            && away.namespace == *namespace;
        if !theirs || away.until <= now {
            return None;
        }
        // Clients keep their offset when they are given a new session: what was sent before that
        // began is not for it.
        let seen = state.find(offset, namespace)?.max(away.since);
        let away = state.away.remove(private_id)?;
        state.order.retain(|other| other != private_id);
        let missed = state
            .kept
            .iter()
            .filter(|kept| kept.publication.number() > seen && away.is_meant(&kept.target))
            .map(|kept| kept.publication.clone())
            .collect();
        let Away { id, rooms, since, .. } = away;
        Some(Recovered { id, rooms, missed, covered: state.last, since })
    }

    /// The sessions of one user that are away: the namespace and the id of each.
    pub(crate) fn away_of(&self, subject: &ByteString) -> Vec<(ByteString, SessionId)> {
        let state = self.lock();
        let theirs = |away: &&Away| away.credential.subject.as_ref() == Some(subject);
        let away = state.away.values().filter(theirs);
        away.map(|away| (away.namespace.clone(), away.id)).collect()
    }

    /// Gives nobody's session back who is meant.
    pub(crate) fn revoke(&self, who: &Who) {
        let mut state = self.lock();
        state.away.retain(|_, away| !who.is(&away.id, &away.credential));
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic under the lock can only be one of the allocator.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn drop_expired(&mut self, now: Instant) {
        while self.kept.front().is_some_and(|kept| kept.until <= now) {
            self.drop_oldest();
        }
    }

    fn drop_oldest(&mut self) {
        let Some(Kept { target, publication, .. }) = self.kept.pop_front() else { return };
        self.bytes -= publication.size();
        debug_assert!(!self.kept.is_empty() || self.bytes == 0, "what is kept is what is counted");
        self.dropped =
            target.namespace().map(|namespace| (publication.number(), namespace.clone()));
    }

    /// The number of a frame of that namespace after which all are kept, by the offset that clients
    /// know it by.
    fn find(&self, offset: &str, namespace: &str) -> Option<u64> {
        let number = offset.parse().ok().filter(|number: &u64| number.to_string() == offset)?;
        if let Some((dropped, of)) = &self.dropped
            && *dropped == number
        {
            return (of == namespace).then_some(number);
        }
        // Every number has been given once, so that there is no gap between those that are kept.
        let first = self.kept.front()?.publication.number();
        let kept = self.kept.get(number.checked_sub(first)?.try_into().ok()?)?;
        kept.target.is_of(namespace).then_some(number)
    }
}

impl Away {
    fn is_meant(&self, target: &Target) -> bool {
        let is_in = |names: &[ByteString]| {
            names.iter().any(|name| **name == *self.id || self.rooms.contains(name))
        };
        match target {
            Target::Room { .. } => false,
            Target::Namespace { namespace, to, except } => {
                *namespace == self.namespace && (to.is_empty() || is_in(to)) && !is_in(except)
            }
            Target::Session { namespace, id } => *namespace == self.namespace && *id == self.id,
            Target::User { namespace, subject, .. } => {
                *namespace == self.namespace && self.credential.subject.as_ref() == Some(subject)
            }
        }
    }
}

impl fmt::Debug for Recovery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.lock();
        f.debug_struct("Recovery")
            .field("kept", &state.kept.len())
            .field("sessions", &state.away.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{message::Content, payload::Payload};

    const WINDOW: Duration = Duration::from_secs(60);

    fn all() -> Target {
        Target::Namespace { namespace: "/".into(), to: Vec::new(), except: Vec::new() }
    }

    /// Keeps something of one byte.
    fn keep(recovery: &Recovery) {
        let (namespace, payload) = ("/".into(), Payload::from_parts("1".into(), Vec::new()));
        let answer = Publication::new(Content::Answer { namespace, id: 1, payload });
        recovery.keep(all(), |_| answer);
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_frames_are_kept_than_the_limit_and_none_longer_than_the_window() {
        let limits = Limits { max_recovery_frames: 3, ..Limits::default() };
        let recovery = Recovery::new(WINDOW, &limits);
        for _ in 0..5 {
            keep(&recovery);
        }
        assert_eq!(recovery.lock().kept.len(), 3);
        tokio::time::advance(Duration::from_secs(61)).await;
        keep(&recovery);
        assert_eq!(recovery.lock().kept.len(), 1);
        assert_eq!(recovery.lock().bytes, 1);
    }

    #[test]
    fn no_more_bytes_are_kept_than_the_limit() {
        let limits = Limits { max_recovery_bytes: 4, ..Limits::default() };
        let recovery = Recovery::new(WINDOW, &limits);
        for _ in 0..9 {
            keep(&recovery);
        }
        assert_eq!(recovery.lock().bytes, 4);
    }
}
