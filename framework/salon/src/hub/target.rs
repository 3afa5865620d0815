//! For whom something is, wherever they are.
//!
//! It must never name anything by what it is called in this process alone: what a target means is found by
//! whoever has the sessions.

use std::sync::Arc;

use bytestring::ByteString;

use crate::{base::room_id::RoomId, session::session_id::SessionId};

/// For whom something is.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    /// The members of a typed room, but for one.
    Room { room: RoomId, except: Option<SessionId> },
    /// Sessions of a namespace: all, or those in any of the rooms `to`; without those in `except`.
    Namespace { namespace: ByteString, to: Vec<ByteString>, except: Vec<ByteString> },
    /// One session, and nobody in a room that may be called so.
    Session { namespace: ByteString, id: SessionId },
    /// The sessions that a user has in a namespace: those that are meant now, and of those that are
    /// away whoever comes back.
    User { namespace: ByteString, subject: ByteString, sessions: Arc<[SessionId]> },
}

impl Target {
    /// As it is kept for whoever comes back: without those who were there.
    pub(crate) fn for_later(self) -> Self {
        match self {
            Self::User { namespace, subject, .. } => {
                Self::User { namespace, subject, sessions: Arc::new([]) }
            }
            // Clients choose rooms: of what they have sent nothing else is kept.
            Self::Namespace { namespace, to, except } => {
                let own =
                    |rooms: Vec<ByteString>| rooms.iter().map(|room| (**room).into()).collect();
                Self::Namespace { namespace, to: own(to), except: own(except) }
            }
            other => other,
        }
    }

    /// The namespace whose sessions it chooses among.
    pub(crate) fn namespace(&self) -> Option<&ByteString> {
        match self {
            Self::Namespace { namespace, .. }
            | Self::Session { namespace, .. }
            | Self::User { namespace, .. } => Some(namespace),
            Self::Room { .. } => None,
        }
    }
}
