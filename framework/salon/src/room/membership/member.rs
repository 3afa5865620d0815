//! A member of a room, and why it left.
//!
//! It must never outlive its meaning: a member that has left is still a valid value, and is in no
//! room.

use std::{fmt, marker::PhantomData, sync::Arc};

use crate::{
    base::{disconnect::DisconnectReason, number::SessionNumber},
    session::handle::SessionHandle,
};

/// One session in a room. Cloning it counts a reference.
pub struct Member<I> {
    handle: Arc<SessionHandle>,
    identity: PhantomData<fn() -> I>,
}

impl<I: 'static> Member<I> {
    pub(crate) fn new(handle: Arc<SessionHandle>) -> Self {
        Self { handle, identity: PhantomData }
    }

    pub(crate) fn handle(&self) -> &Arc<SessionHandle> {
        &self.handle
    }

    /// The session's number: small, unique in this process, a good key of a map.
    #[must_use]
    pub fn number(&self) -> SessionNumber {
        self.handle.number
    }

    /// The session's id, as its client knows it.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.handle.id
    }

    /// Who it is.
    #[must_use]
    pub fn identity(&self) -> &I {
        // A namespace takes rooms of its own identity alone.
        self.handle.identity.downcast_ref().expect("the identity is of the namespace's type")
    }
}

impl<I> Clone for Member<I> {
    fn clone(&self) -> Self {
        Self { handle: self.handle.clone(), identity: PhantomData }
    }
}

impl<I> fmt::Debug for Member<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Member").field(&self.handle.id).finish()
    }
}

/// Why a member left a room.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum LeaveReason {
    /// It left of its own accord.
    Left,
    /// Its session ended.
    Disconnected(DisconnectReason),
    /// The room put it out.
    Evicted,
    /// The room closed with it among its members.
    Closed,
    /// Its right to be there ended: its grant, its identity, or by a
    /// [revocation](crate::Salon::revoke).
    Lapsed,
}
