//! One user, as a handle that reaches every session of theirs.
//!
//! It must never show whose handle it is: what a user is called is personal.

use std::{
    collections::{BTreeMap, HashSet},
    fmt,
    sync::Arc,
};

use bytestring::ByteString;
use serde::Serialize;

use super::{Broadcaster, ShardHandle, Socket, Target};
use crate::{
    base::number::ShardNumber,
    event::{self, Event},
    message::Class,
    payload::{IntoPayload, Payload},
    session::{handle::SessionHandle, session_id::SessionId},
};

/// Every session of one user, on whichever connection, in whichever namespace and on whichever worker:
/// from [`Salon::user`](crate::Salon::user), or from the context of a room's or a session's handler. A
/// user is known by the [subject](crate::auth::Authenticated::subject) that the authenticator gives.
///
/// It keeps no session. Who is meant is decided when something is sent: those who are connected then,
/// and, while a session that was lost [may come back](crate::Builder::recovery), those who come back.
///
/// ```
/// use salon::prelude::*;
///
/// #[derive(Serialize, Event)]
/// #[event("invited")]
/// struct Invited { lobby: u32 }
///
/// fn invite(salon: &Salon, user: &str, lobby: u32) {
///     salon.user(user).emit(&Invited { lobby });
/// }
/// ```
#[derive(Clone)]
pub struct UserHandle {
    broadcaster: Arc<Broadcaster>,
    subject: ByteString,
}

impl UserHandle {
    pub(crate) fn new(broadcaster: Arc<Broadcaster>, subject: &str) -> Self {
        Self { broadcaster, subject: subject.into() }
    }

    /// What the authenticator calls the user.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// Sends an event to every session of the user; where there is none, to nobody. It goes off when
    /// this is called, and each session gets what it is sent by one thread in the order of the calls.
    ///
    /// One that cannot be sent, by its name or because it has no JSON form, is logged and counted as
    /// [`EventsNotSent`](crate::Count::EventsNotSent).
    pub fn emit<E: Event + Serialize>(&self, event: &E) {
        if !self.broadcaster.is_free(E::NAME) {
            return;
        }
        if let Ok(payload) = self.broadcaster.encoded(E::NAME, event::encode(event)) {
            self.send(&E::NAME.into(), &payload, &Class::of(event));
        }
    }

    /// Sends an untyped event to every session of the user; what cannot be sent is logged and counted
    /// as that of [`emit`](Self::emit).
    pub fn emit_named(&self, name: impl Into<ByteString>, payload: impl IntoPayload) {
        // It may be a part of what a client sent: nothing else of that is kept.
        let name = ByteString::from(&*name.into());
        if !self.broadcaster.is_free(&name) {
            return;
        }
        if let Ok(payload) = self.broadcaster.encoded(&name, payload.into_kept_payload()) {
            self.send(&name, &payload, &Class::Reliable);
        }
    }

    /// The sessions of the user that are connected, in the order in which they came.
    #[must_use]
    pub fn sockets(&self) -> Vec<Socket> {
        let (handles, ()) = self.broadcaster.sessions.of_user(&self.subject, || ());
        let there = handles.into_iter().filter(|handle| handle.is_there() && !handle.has_ended());
        there.map(|handle| Socket::new(handle, self.broadcaster.clone())).collect()
    }

    fn send(&self, name: &ByteString, payload: &Payload, class: &Class) {
        for (namespace, Theirs { sessions, shards }) in self.namespaces() {
            // By their ids, which those who come back have again: one that does so meanwhile gets it
            // as well, and once.
            let target = Target::User {
                namespace,
                subject: self.subject.clone(),
                sessions: sessions.into(),
            };
            let on = |shard: &ShardHandle| {
                shards.as_ref().is_none_or(|shards| shards.contains(&shard.number()))
            };
            self.broadcaster.publish(&target, name.clone(), payload.clone(), class.clone(), on);
        }
    }

    /// The namespaces in which the user has sessions, connected or away, and which those are.
    fn namespaces(&self) -> BTreeMap<ByteString, Theirs> {
        let recovery = self.broadcaster.recovery.as_ref();
        let away = || recovery.map(|recovery| recovery.away_of(&self.subject)).unwrap_or_default();
        let (handles, away) = self.broadcaster.sessions.of_user(&self.subject, away);
        let mut namespaces = BTreeMap::<_, Theirs>::new();
        for (namespace, session) in away {
            let theirs = namespaces.entry(namespace).or_default();
            theirs.sessions.push(session);
        }
        for handle in handles {
            namespaces.entry(handle.namespace.clone()).or_default().add(&handle);
        }
        if recovery.is_some() {
            // Whoever is away, or about to be, may come back to any worker.
            namespaces.values_mut().for_each(|theirs| theirs.shards = None);
        }
        namespaces
    }
}

/// The sessions that a user has in one namespace.
struct Theirs {
    /// Their ids.
    sessions: Vec<SessionId>,
    /// Where they are; nothing if they may be anywhere.
    shards: Option<HashSet<ShardNumber>>,
}

impl Theirs {
    fn add(&mut self, handle: &SessionHandle) {
        self.sessions.push(handle.id);
        if let Some(shards) = &mut self.shards {
            shards.insert(handle.shard);
        }
    }
}

impl Default for Theirs {
    fn default() -> Self {
        Self { sessions: Vec::new(), shards: Some(HashSet::new()) }
    }
}

impl fmt::Debug for UserHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserHandle").finish_non_exhaustive()
    }
}
