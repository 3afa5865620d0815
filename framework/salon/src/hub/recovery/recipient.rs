//! A session as what is kept was meant for it.

use bytestring::ByteString;

use crate::{
    hub::target::Target,
    session::{handle::SessionHandle, session_id::SessionId},
};

/// By what something is found to be for a session.
#[derive(Clone, Debug)]
pub(super) struct Recipient {
    pub(super) namespace: ByteString,
    pub(super) id: SessionId,
    /// The untyped rooms that it is in.
    pub(super) rooms: Vec<ByteString>,
    pub(super) subject: Option<ByteString>,
}

impl Recipient {
    pub(super) fn of(session: &SessionHandle, rooms: Vec<ByteString>) -> Self {
        let subject = session.auth_state.look(|credential| credential.subject.clone());
        Self { namespace: session.namespace.clone(), id: session.id, rooms, subject }
    }

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
                *namespace == self.namespace && self.subject.as_ref() == Some(subject)
            }
        }
    }
}
