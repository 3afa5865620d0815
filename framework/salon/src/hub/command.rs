//! What a shard is told to do, and for whom.
//!
//! It must stay plain data: what is done with each is in `shard.rs`.

use std::sync::Arc;

use bytestring::ByteString;
use tokio::sync::oneshot;

use super::question::Question;
use crate::{
    base::number::{MembershipNumber, RoomNumber, SessionNumber},
    message::Publication,
    outbox::End,
    session::{handle::SessionHandle, session_id::SessionId},
};

/// For whom something is, among the sessions of one worker.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    /// The members of a typed room, but for one.
    Room { room: RoomNumber, except: Option<SessionNumber> },
    /// Sessions of a namespace: all, or those in any of the rooms `to`; without those in `except`.
    Namespace { namespace: ByteString, to: Vec<ByteString>, except: Vec<ByteString> },
    /// One session, and nobody in a room that may be called so.
    Session { namespace: ByteString, id: SessionId },
    /// The sessions that a user has in a namespace: those that are meant now, and of those that are
    /// away whoever comes back.
    User { namespace: ByteString, subject: ByteString, sessions: Arc<[SessionId]> },
}

impl Target {
    /// Whether it is of the sessions of that namespace.
    pub(crate) fn is_of(&self, name: &str) -> bool {
        self.namespace().is_some_and(|namespace| namespace == name)
    }

    /// As it is kept for whoever comes back: without those who were there.
    pub(crate) fn for_later(self) -> Self {
        match self {
            Self::User { namespace, subject, .. } => {
                Self::User { namespace, subject, sessions: Arc::new([]) }
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

/// What a shard is told to do.
pub(crate) enum Command {
    Register(Arc<SessionHandle>),
    Unregister(Arc<SessionHandle>),
    Enter {
        room: RoomNumber,
        handle: Arc<SessionHandle>,
    },
    /// A session is no member any more: by this membership nothing of the room follows.
    Leave {
        room: RoomNumber,
        session: SessionNumber,
        membership: MembershipNumber,
    },
    CloseRoom {
        room: RoomNumber,
    },
    JoinNamed {
        handle: Arc<SessionHandle>,
        room: ByteString,
    },
    LeaveNamed {
        handle: Arc<SessionHandle>,
        room: ByteString,
    },
    /// Something for one session; an acknowledgement that was asked for with it is awaited no longer
    /// if it cannot be queued.
    One {
        handle: Arc<SessionHandle>,
        publication: Publication,
        asked: Option<u64>,
    },
    Deliver {
        target: Target,
        publication: Publication,
        question: Option<Question>,
    },
    JoinAll {
        target: Target,
        room: ByteString,
    },
    LeaveAll {
        target: Target,
        room: ByteString,
    },
    EndAll {
        target: Target,
        end: End,
    },
    Fetch {
        target: Target,
        found: oneshot::Sender<Vec<Arc<SessionHandle>>>,
    },
}
