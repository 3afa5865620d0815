//! All sessions of a Salon, for whoever looks for those of somebody.
//!
//! It must never keep a session alive, nor be needed to emit to a room or a namespace: shards are for
//! that.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, Weak},
};

use bytestring::ByteString;

use crate::{base::number::SessionNumber, session::handle::SessionHandle};

/// The sessions that are connected, or about to be, in the order in which they came. A tree takes half
/// of what a table would.
#[derive(Debug, Default)]
pub(crate) struct Sessions(RwLock<State>);

#[derive(Debug, Default)]
struct State {
    all: BTreeMap<SessionNumber, Weak<SessionHandle>>,
    /// Those that have a subject, by it: a session keeps the one that it began with.
    of_users: BTreeSet<(ByteString, SessionNumber)>,
}

impl Sessions {
    /// Finds out where a session comes from, makes it and takes it in: so that one that comes back is
    /// at no moment in between neither away nor here. No code of the application may be run by
    /// either, and what `make` holds is not dropped under the lock.
    pub(crate) fn add<O, E>(
        &self,
        origin: impl FnOnce() -> Result<O, E>,
        make: impl FnOnce(O) -> Arc<SessionHandle>,
    ) -> Result<Arc<SessionHandle>, E> {
        let mut state = self.write();
        let origin = origin()?;
        let handle = make(origin);
        state.all.insert(handle.number, Arc::downgrade(&handle));
        state.of_users.extend(key(&handle));
        Ok(handle)
    }

    pub(crate) fn remove(&self, handle: &SessionHandle) {
        let mut state = self.write();
        let was_there = state.all.remove(&handle.number).is_some();
        if let Some(key) = key(handle) {
            let was_theirs = state.of_users.remove(&key);
            debug_assert_eq!(
                was_there, was_theirs,
                "a session keeps the subject that it began with"
            );
        }
    }

    /// Those that `wanted` wants.
    pub(crate) fn find(&self, wanted: impl Fn(&SessionHandle) -> bool) -> Vec<Arc<SessionHandle>> {
        // Not dropped under the lock: this may be the last who has one.
        let mut handles: Vec<_> = self.read().all.values().filter_map(Weak::upgrade).collect();
        handles.retain(|handle| wanted(handle));
        handles
    }

    /// Those of one user, and with them what `meanwhile` looks up: nobody comes or goes in between.
    pub(super) fn of_user<T>(
        &self,
        subject: &ByteString,
        meanwhile: impl FnOnce() -> T,
    ) -> (Vec<Arc<SessionHandle>>, T) {
        let state = self.read();
        let first = (subject.clone(), SessionNumber::FIRST);
        let theirs = state.of_users.range(first..).take_while(|(of, _)| of == subject);
        let handles = theirs.filter_map(|(_, number)| state.all.get(number)?.upgrade());
        (handles.collect(), meanwhile())
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// By what a session is found as one of its user's.
fn key(handle: &SessionHandle) -> Option<(ByteString, SessionNumber)> {
    let subject = handle.auth_state.look(|credential| credential.subject.clone())?;
    Some((subject, handle.number))
}
