//! Connection state recovery: what a client missed while it was away, as Socket.IO has it.
//!
//! It must never keep more than its limits, nor give a session back to anybody but who held it: the
//! private id is a secret, and the principal must be the same. Typed rooms are not recovered: a room
//! admits its members anew.

mod away;
mod floors;
mod kept;
mod recipient;

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak, atomic::Ordering},
    time::Duration,
};

use bytestring::ByteString;

use self::{
    away::Away,
    kept::{Bounds, Kept},
    recipient::Recipient,
};
use super::target::Target;
use crate::{
    auth::{Principal, Who},
    base::{clock, config::Limits},
    message::{Epoch, Offset, Publication},
    session::{
        handle::{Recoverable, SessionHandle},
        session_id::SessionId,
    },
};

/// What is kept for clients that may come back.
pub(crate) struct Recovery {
    /// Of the offsets that are given here: drawn, so that nobody else's is taken for one.
    epoch: Epoch,
    bounds: Bounds,
    max_sessions: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    kept: Kept,
    /// Sessions that have not ended, by their private ids.
    present: HashMap<SessionId, Present>,
    away: HashMap<SessionId, Away>,
    /// The private ids in the order in which their sessions ended.
    order: VecDeque<SessionId>,
}

/// A session whose client may come back before its end is noticed.
struct Present {
    session: Weak<SessionHandle>,
    principal: Principal,
}

/// What a client presents to have its session back.
pub(crate) struct Claim<'a> {
    pub(crate) namespace: &'a ByteString,
    pub(crate) private_id: SessionId,
    /// The offset of the last that it saw, if it saw any.
    pub(crate) offset: Option<&'a str>,
    pub(crate) principal: &'a Principal,
    pub(crate) subject: Option<&'a ByteString>,
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
        let bounds = Bounds {
            window,
            publications: limits.max_recovery_frames,
            bytes: limits.max_recovery_bytes,
            floors: limits.max_recovery_sessions,
        };
        let max_sessions = limits.max_recovery_sessions;
        Self { epoch: Epoch::draw(), bounds, max_sessions, state: Mutex::default() }
    }

    /// Numbers a publication, which `make` makes, and keeps it. `queue` gives it to whoever is there, in
    /// the order of the numbers: it must not wait, nor run code of the application.
    pub(crate) fn keep(
        &self,
        target: Target,
        make: impl FnOnce(Offset) -> Publication,
        queue: impl FnOnce(&Publication),
    ) {
        let mut state = self.lock();
        let publication = make(Offset { epoch: self.epoch, number: state.kept.last + 1 });
        queue(&publication);
        state.kept.push(target, publication, &self.bounds);
    }

    /// After which frame a session begins: nothing before it was ever for that one.
    pub(crate) fn begin(&self) -> u64 {
        self.lock().kept.last
    }

    /// A session has begun, and is in those rooms: `queue` has its shard told so. From then on it gets
    /// what is for it; what has been kept for it since it was numbered last is returned, unless that is
    /// gone already.
    pub(crate) fn enter(
        &self,
        session: &Arc<SessionHandle>,
        principal: &Principal,
        rooms: &[ByteString],
        queue: impl FnOnce(),
    ) -> Option<Vec<Publication>> {
        let Some(recoverable) = session.recoverable.as_deref() else {
            queue();
            return Some(Vec::new());
        };
        let recipient = Recipient::of(session, rooms.to_vec());
        let (present, principal) = (Arc::downgrade(session), principal.clone());
        let mut state = self.lock();
        queue();
        state.present.insert(recoverable.private_id, Present { session: present, principal });
        let number = recoverable.covered.unwrap_or(recoverable.since);
        let is_there = number >= state.kept.floors.of(&recipient);
        is_there.then(|| state.kept.after(number, &recipient))
    }

    /// Whether a session is there, or may come back.
    pub(crate) fn has(&self, session: &SessionHandle) -> bool {
        let state = self.lock();
        session.recoverable.as_deref().is_some_and(|Recoverable { private_id, .. }| {
            state.present.contains_key(private_id) || state.away.contains_key(private_id)
        })
    }

    /// The session that is claimed, if it has not ended yet.
    pub(crate) fn present(&self, claim: &Claim<'_>) -> Option<Arc<SessionHandle>> {
        let present = |state: &State| {
            let Present { session, principal } = state.present.get(&claim.private_id)?;
            (principal == claim.principal).then(|| session.upgrade()).flatten()
        };
        // Not under the lock: it may be the last who has it.
        let session = present(&self.lock())?;
        let is_theirs = session.namespace == *claim.namespace
            && session.auth_state.look(|credential| credential.subject.as_ref() == claim.subject);
        is_theirs.then_some(session)
    }

    /// Whether no session is known that has not ended.
    #[cfg(test)]
    pub(crate) fn is_nobody_present(&self) -> bool {
        self.lock().present.is_empty()
    }

    /// A session has ended. One that may come back is kept, with the rooms that it was in, and is at no
    /// moment in between neither present nor away.
    pub(crate) fn leave(
        &self,
        session: &SessionHandle,
        principal: &Principal,
        may_return: Option<Vec<ByteString>>,
    ) {
        let Some(recoverable) = session.recoverable.as_deref() else { return };
        let away = may_return.map(|rooms| Away {
            until: clock::after(self.bounds.window),
            principal: principal.clone(),
            credential: session.auth_state.credential(),
            recipient: Recipient::of(session, rooms),
            since: recoverable.since,
        });
        self.lock().leave(session, recoverable, away, self.max_sessions);
        recoverable.left.set();
    }

    /// Gives a session back, once, if it is kept still, and everything that it missed with it: what was
    /// for it behind the offset that it names, or behind its beginning if it has seen none.
    pub(crate) fn recover(&self, claim: &Claim<'_>) -> Option<Recovered> {
        let mut state = self.lock();
        let now = clock::now();
        state.kept.drop_expired(now, &self.bounds);
        let away = state.away.get(&claim.private_id)?;
        let Recipient { namespace, subject, .. } = &away.recipient;
        let theirs = away.principal == *claim.principal
            && subject.as_ref() == claim.subject
            && namespace == claim.namespace;
        if !theirs || away.until <= now {
            return None;
        }
        let seen = match claim.offset {
            None => away.since,
            Some(offset) => {
                let number = Offset::parse(offset, self.epoch)?;
                // Clients keep their offset when they are given a new session: what was sent before
                // that began is not for it.
                number.max(away.since)
            }
        };
        if seen > state.kept.last || seen < state.kept.floors.of(&away.recipient) {
            return None;
        }
        let away = state.away.remove(&claim.private_id)?;
        state.order.retain(|other| *other != claim.private_id);
        let Away { recipient, since, .. } = away;
        let missed = state.kept.after(seen, &recipient);
        let Recipient { id, rooms, .. } = recipient;
        Some(Recovered { id, rooms, missed, covered: state.kept.last, since })
    }

    /// The sessions of one user that are away: the namespace and the id of each.
    pub(crate) fn away_of(&self, subject: &ByteString) -> Vec<(ByteString, SessionId)> {
        let state = self.lock();
        let theirs = |away: &&Away| away.credential.subject.as_ref() == Some(subject);
        let away = state.away.values().filter(theirs);
        away.map(|away| (away.recipient.namespace.clone(), away.recipient.id)).collect()
    }

    /// Gives nobody's session back who is meant.
    pub(crate) fn revoke(&self, who: &Who) {
        let mut state = self.lock();
        let State { away, order, .. } = &mut *state;
        away.retain(|_, away| !who.is(&away.recipient.id, &away.credential));
        order.retain(|private_id| away.contains_key(private_id));
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic under the lock can only be one of the allocator.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn leave(
        &mut self,
        session: &SessionHandle,
        Recoverable { private_id, is_barred, .. }: &Recoverable,
        away: Option<Away>,
        most: usize,
    ) {
        // Another may have its private id by now, if this one was never told that it had begun.
        let its_own = |present: &Present| std::ptr::eq(present.session.as_ptr(), session);
        if self.present.get(private_id).is_some_and(its_own) {
            self.present.remove(private_id);
        }
        let Some(away) = away.filter(|_| !is_barred.load(Ordering::SeqCst)) else { return };
        self.away.insert(*private_id, away);
        self.order.push_back(*private_id);
        let now = clock::now();
        while let Some(oldest) = self.order.front().copied() {
            let over = self.away.len() > most;
            if !over && self.away.get(&oldest).is_some_and(|away| away.until > now) {
                break;
            }
            self.order.pop_front();
            self.away.remove(&oldest);
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
mod tests;
