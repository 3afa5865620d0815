//! One session as rooms, shards and emitters see it.
//!
//! It must never lead back to the connection but by a value that was put into it: rooms know
//! outboxes and members, not connections.

use std::{
    fmt,
    pin::pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use actix::{Message, WeakRecipient};
use bytestring::ByteString;
use tokio::sync::Notify;

use crate::{
    acknowledgement::Acknowledgements,
    auth::{AnyIdentity, Handshake},
    disconnect::DisconnectReason,
    frame::Frame,
    meter::{Count, Meter},
    outbox::{NotQueued, Outbox},
    refusal::{Code, Refusal},
};

/// A session's number: unique in this process, never on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionNumber(u64);

impl SessionNumber {
    pub(crate) fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// Which shard, and so which worker, a session is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ShardNumber(pub(crate) u64);

/// A room's number: unique in its Salon, never on the wire, not used again when the room closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct RoomNumber(u64);

impl RoomNumber {
    /// An index below `count`, another one for each room in turn; 0 if there is none.
    pub(crate) fn spread(self, count: usize) -> usize {
        usize::try_from(self.0).unwrap_or_default().checked_rem(count).unwrap_or_default()
    }

    /// The next one that `counter` gives out.
    pub(crate) fn next(counter: &AtomicU64) -> Self {
        Self(counter.fetch_add(1, Ordering::Relaxed))
    }
}

/// What the server ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// One session; its connection goes on.
    Session,
    /// The session, and its connection after it.
    Connection,
    /// The connection, without a word to the session's client before.
    HangUp,
}

/// Asks a connection to end one of its sessions, or itself.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct EndSession {
    pub(crate) session: SessionNumber,
    pub(crate) end: End,
}

/// How a room learns that a member's session has ended.
pub(crate) trait Membership: Send {
    /// The room of this membership.
    fn room(&self) -> RoomNumber;
    /// The session ended.
    fn ended(&self, session: SessionNumber, reason: DisconnectReason);
}

enum Memberships {
    Present(Vec<Box<dyn Membership>>),
    Gone,
}

impl Default for Memberships {
    fn default() -> Self {
        Self::Present(Vec::new())
    }
}

/// The shared part of one session.
pub(crate) struct Peer {
    pub(crate) number: SessionNumber,
    pub(crate) id: ByteString,
    /// What the client proves itself with when it comes back, if recovery is on.
    pub(crate) private_id: Option<ByteString>,
    /// If it was recovered: it has had every numbered frame up to this one.
    pub(crate) covered: Option<u64>,
    pub(crate) namespace: ByteString,
    pub(crate) shard: ShardNumber,
    pub(crate) handshake: Arc<Handshake>,
    pub(crate) auth: Option<ByteString>,
    pub(crate) identity: AnyIdentity,
    pub(crate) outbox: Arc<Outbox>,
    pub(crate) connection: WeakRecipient<EndSession>,
    pub(crate) meter: Arc<dyn Meter>,
    pub(crate) state: PeerState,
}

/// What changes while a session lives.
#[derive(Default)]
pub(crate) struct PeerState {
    pub(crate) acknowledgements: Acknowledgements,
    /// Untyped rooms; its shard alone changes it.
    pub(crate) named_rooms: Mutex<Vec<ByteString>>,
    memberships: Mutex<Memberships>,
    ended: AtomicBool,
    over: Notify,
}

impl Peer {
    /// The untyped rooms that the session is in.
    pub(crate) fn named_rooms(&self) -> Vec<ByteString> {
        self.state.named_rooms.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Queues a frame for this session's connection, and counts what became of it.
    pub(crate) fn push(&self, frame: &Frame) -> Result<(), NotQueued> {
        // Rooms on other workers learn of the end later; nothing of theirs may come after it.
        if self.state.ended.load(Ordering::Acquire) {
            return Err(NotQueued::Closed);
        }
        // On its way while the session was recovered, and among what it got then.
        if self.covered.is_some_and(|covered| (1..=covered).contains(&frame.number())) {
            return Ok(());
        }
        self.push_recovered(frame)
    }

    /// As [`push`](Self::push), for what the session missed.
    pub(crate) fn push_recovered(&self, frame: &Frame) -> Result<(), NotQueued> {
        let queued = self.outbox.push(frame);
        match queued {
            Ok(()) => self.meter.one(Count::FramesQueued),
            Err(NotQueued::NotWritable) => {
                tracing::debug!(session = %self.id, "a volatile frame is dropped");
                self.meter.one(Count::FramesDropped);
            }
            Err(overflow @ NotQueued::Overflow { .. }) => {
                tracing::debug!(session = %self.id, %overflow, "an outbox is full");
                self.meter.one(Count::OutboxOverflows);
            }
            Err(NotQueued::Closed) => {}
        }
        queued
    }

    /// Records that a room has admitted the session.
    ///
    /// # Errors
    /// A [`Refusal`] if the session has ended, or is in `limit` rooms: then the room must not keep
    /// it.
    pub(crate) fn enter(
        &self,
        membership: Box<dyn Membership>,
        limit: usize,
    ) -> Result<(), Refusal> {
        match &mut *self.state.memberships.lock().unwrap_or_else(PoisonError::into_inner) {
            Memberships::Present(present) if present.len() >= limit => Err(too_many_rooms(limit)),
            Memberships::Present(present) => {
                present.push(membership);
                Ok(())
            }
            Memberships::Gone => Err(Refusal::new(Code::Disconnected, "the session has ended")),
        }
    }

    /// Records that the session has left a room.
    pub(crate) fn leave(&self, room: RoomNumber) {
        if let Memberships::Present(present) =
            &mut *self.state.memberships.lock().unwrap_or_else(PoisonError::into_inner)
        {
            present.retain(|membership| membership.room() != room);
        }
    }

    /// The session has ended: its rooms are told, and none admits it from now on.
    pub(crate) fn end(&self, reason: DisconnectReason) {
        self.state.ended.store(true, Ordering::Release);
        let ended = std::mem::replace(
            &mut *self.state.memberships.lock().unwrap_or_else(PoisonError::into_inner),
            Memberships::Gone,
        );
        if let Memberships::Present(present) = ended {
            for membership in present {
                membership.ended(self.number, reason);
            }
        }
        self.state.acknowledgements.clear();
        self.state.over.notify_waiters();
    }

    /// Waits until the session has ended.
    pub(crate) async fn until_ended(&self) {
        let mut over = pin!(self.state.over.notified());
        // From here on its end is noticed; it may have come before.
        over.as_mut().enable();
        if !self.state.ended.load(Ordering::Acquire) {
            over.await;
        }
    }

    /// Asks the connection to end.
    pub(crate) fn request_end(&self, end: End) {
        if let Some(connection) = self.connection.upgrade() {
            connection.do_send(EndSession { session: self.number, end });
        }
    }
}

/// The refusal of a session that is in as many rooms as it may be.
pub(crate) fn too_many_rooms(limit: usize) -> Refusal {
    let message = format!("the session is in {limit} rooms already; leave one first");
    Refusal::new(Code::LimitExceeded, message)
}

impl fmt::Debug for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Peer")
            .field("id", &self.id)
            .field("namespace", &self.namespace)
            .finish_non_exhaustive()
    }
}
