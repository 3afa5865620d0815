//! What a shard is told to do: with sessions of its own worker, or with all that a target means.
//!
//! It must stay plain data: what is done with each is in `local.rs`.

use std::sync::Arc;

use bytestring::ByteString;
use tokio::sync::oneshot;

use super::{question::Question, target::Target};
use crate::{
    base::{
        number::{MembershipNumber, SessionNumber},
        room_id::RoomId,
    },
    message::{Log, Publication, Stretch},
    outbox::End,
    session::handle::SessionHandle,
};

/// What a shard is told to do.
pub(crate) enum Command {
    Register(Arc<SessionHandle>),
    Unregister(Arc<SessionHandle>),
    Enter {
        room: RoomId,
        handle: Arc<SessionHandle>,
    },
    /// A session is no member any more: by this membership nothing of the room follows.
    Leave {
        room: RoomId,
        session: SessionNumber,
        membership: MembershipNumber,
        /// What the room has kept: it is there until what came before this is delivered.
        log: Option<Arc<dyn Log>>,
    },
    CloseRoom {
        room: RoomId,
        log: Option<Arc<dyn Log>>,
    },
    /// What a room publishes from here on is of another order.
    EndOrder {
        room: RoomId,
        log: Option<Arc<dyn Log>>,
    },
    /// A session reads that part of what a room keeps.
    Replay {
        room: RoomId,
        handle: Arc<SessionHandle>,
        log: Arc<dyn Log>,
        stretch: Stretch,
    },
    /// A session is sent once more what it missed.
    Again {
        handle: Arc<SessionHandle>,
        missed: Vec<Publication>,
    },
    /// A session is sent once more what it has not acknowledged, but for what it is still to read.
    Unacknowledged {
        handle: Arc<SessionHandle>,
        again: Vec<Publication>,
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
    /// The newest values of a room, for one who has just entered.
    Newest {
        handle: Arc<SessionHandle>,
        publications: Vec<Publication>,
    },
    Deliver {
        target: Target,
        publication: Publication,
        question: Option<Question>,
    },
    /// What a room has said within its window, in order; each is a `Deliver` or a `One`.
    Together(Vec<Command>),
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
