//! A session that has ended, and may come back.

use bytestring::ByteString;

use crate::{
    auth::{Credential, Principal},
    base::clock::Instant,
    hub::target::Target,
    session::session_id::SessionId,
};

/// A session that is away.
pub(super) struct Away {
    pub(super) until: Instant,
    pub(super) principal: Principal,
    /// What it stood on: whoever comes back must be the same, and not be revoked meanwhile.
    pub(super) credential: Credential,
    pub(super) namespace: ByteString,
    pub(super) id: SessionId,
    /// The untyped rooms that it was in.
    pub(super) rooms: Vec<ByteString>,
    /// The number of the last that was kept before it began.
    pub(super) since: u64,
}

impl Away {
    /// Whether something was for it.
    pub(super) fn is_meant(&self, target: &Target) -> bool {
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
