//! One session as rooms, shards and emitters see it.
//!
//! It must never lead back to the connection but by a value that was put into it: rooms know
//! outboxes and members, not connections.

use std::{
    fmt,
    pin::pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use bytestring::ByteString;
use tokio::sync::{Notify, oneshot};

use super::{
    acknowledgement::Acknowledgements,
    auth_state::AuthState,
    claims::Claims,
    membership::{Membership, Memberships},
    session_id::{Identified, SessionId},
};
use crate::{
    auth::{AnyIdentity, Asked, Credential, Granted, Grants, Handshake, Lost, Right},
    base::{
        bye::Bye,
        disconnect::DisconnectReason,
        logged::Logged,
        meter::Count,
        number::{SessionNumber, ShardNumber},
        refusal::Code,
        room_id::RoomId,
    },
    message::{AwaitedIds, Log, Publication, Reader, Stretch},
    once::{Id, Who},
    outbox::{End, Lag, NotQueued, Outbox},
};

/// The shared part of one session.
pub(crate) struct SessionHandle {
    pub(crate) number: SessionNumber,
    pub(crate) id: SessionId,
    /// If recovery is on.
    pub(crate) recoverable: Option<Box<Recoverable>>,
    pub(crate) namespace: ByteString,
    pub(crate) shard: ShardNumber,
    pub(crate) handshake: Arc<Handshake>,
    pub(crate) identity: AnyIdentity,
    pub(crate) auth_state: AuthState,
    pub(crate) outbox: Arc<Outbox>,
    pub(crate) state: SessionState,
}

/// What a session has beside the others while recovery is on.
pub(crate) struct Recoverable {
    /// What the client proves itself with when it comes back.
    pub(crate) private_id: SessionId,
    /// The last of the numbered frames before it began.
    pub(crate) since: u64,
    /// If it was recovered: it has had every numbered frame up to this one.
    pub(crate) covered: Option<u64>,
    /// Whether it does not come back, whatever it ends by. Set before whoever revokes looks for it among
    /// those that are away, and looked at under the lock of these: one of the two finds the other.
    pub(crate) is_barred: AtomicBool,
    pub(crate) left: Left,
}

/// The moment from which a session may be claimed, or is gone.
#[derive(Default)]
pub(crate) struct Left {
    is_over: AtomicBool,
    over: Notify,
}

impl Left {
    /// It has come.
    pub(crate) fn set(&self) {
        self.is_over.store(true, Ordering::Release);
        self.over.notify_waiters();
    }

    /// Waits until it has come.
    pub(crate) async fn wait(&self) {
        let mut over = pin!(self.over.notified());
        // From here on it is noticed; it may have come before.
        over.as_mut().enable();
        if !self.is_over.load(Ordering::Acquire) {
            over.await;
        }
    }
}

impl Recoverable {
    /// Of a session that begins.
    pub(crate) fn new(private_id: SessionId, since: u64, covered: Option<u64>) -> Self {
        let (is_barred, left) = (AtomicBool::new(false), Left::default());
        Self { private_id, since, covered, is_barred, left }
    }
}

/// The untyped rooms that one session is in.
type NamedRooms = Vec<ByteString>;

/// What changes while a session lives.
#[derive(Default)]
pub(crate) struct SessionState {
    pub(crate) acknowledgements: Acknowledgements,
    /// Its shard alone changes it. Boxed: most sessions are in none.
    pub(crate) named_rooms: Mutex<Option<Box<NamedRooms>>>,
    pub(crate) grants: Grants,
    pub(crate) memberships: Memberships,
    /// What its client says that it has seen of rooms that it has not joined yet.
    pub(crate) claims: Claims,
    /// Whether its shard knows of it, or is about to: from then on it may be sent something. Set once
    /// the reply to CONNECT is queued, and with it: whoever sees it set sends behind that reply.
    is_there: AtomicBool,
    /// Whether it has ended. Set before its rooms are told and its outbox is emptied: whoever pushes
    /// and does not see it yet is emptied out with the rest, or comes in behind the end.
    ended: AtomicBool,
    /// Made for who waits first for the end.
    over: Mutex<Option<Arc<Notify>>>,
}

impl SessionState {
    /// Of a session that begins, and says that it has seen something.
    pub(crate) fn claiming(claims: Claims) -> Self {
        Self { claims, ..Self::default() }
    }
}

impl SessionHandle {
    /// Its client has been told that it has begun.
    pub(crate) fn set_there(&self) {
        self.state.is_there.store(true, Ordering::Release);
    }

    /// Whether its client has been told that it has begun.
    pub(crate) fn is_there(&self) -> bool {
        self.state.is_there.load(Ordering::Acquire)
    }

    /// Whose the keys of its events are.
    pub(crate) fn who(&self) -> Who {
        let subject = self.auth_state.look(|credential| credential.subject.clone());
        let id = match subject {
            Some(subject) => Id::Subject(subject),
            None => Id::Session(self.id.to_byte_string()),
        };
        Who { namespace: self.namespace.clone(), id }
    }

    /// The untyped rooms that the session is in.
    pub(crate) fn named_rooms(&self) -> Vec<ByteString> {
        let named_rooms = self.state.named_rooms.lock().unwrap_or_else(PoisonError::into_inner);
        named_rooms.iter().flat_map(|rooms| rooms.iter().cloned()).collect()
    }

    /// If it was recovered: the last of the numbered frames that it has had.
    pub(crate) fn covered(&self) -> Option<u64> {
        self.recoverable.as_ref()?.covered
    }

    /// As whom it reads what a room keeps.
    pub(crate) fn reader(&self) -> Reader {
        let subject = self.auth_state.look(|credential| credential.subject.clone());
        Reader { session: self.id.to_byte_string(), subject }
    }

    /// It reads that part of what a room keeps, as its client takes it; what it is sent of the room from
    /// here on comes behind that.
    pub(crate) fn replay(&self, room: RoomId, log: Arc<dyn Log>, stretch: Stretch) {
        if !self.has_ended() {
            self.outbox.counters().add(Count::FramesQueued, stretch.to - stretch.after);
            self.outbox.replay(Lag::new(room, log, self.reader(), stretch));
        }
    }

    /// Queues a publication for this session's connection, and counts what became of it.
    pub(crate) fn push(&self, publication: &Publication) -> Result<(), NotQueued> {
        // Rooms on other workers learn of the end later; nothing of theirs may come after it.
        if self.state.ended.load(Ordering::Acquire) {
            return Err(NotQueued::Closed);
        }
        // On its way while the session was recovered, and among what it got then.
        if self.covered().is_some_and(|covered| (1..=covered).contains(&publication.number())) {
            return Ok(());
        }
        self.push_recovered(publication)
    }

    /// As [`push`](Self::push), for one of the newest values of a room that it has just joined.
    pub(crate) fn push_in_order(&self, publication: &Publication) -> Result<(), NotQueued> {
        if self.has_ended() {
            return Err(NotQueued::Closed);
        }
        self.count(self.outbox.push_in_order(publication))
    }

    /// As [`push`](Self::push), for what is volatile and goes out with others: for a client that could take
    /// something before them, if `could` says so.
    pub(crate) fn push_along(
        &self,
        publication: &Publication,
        could: bool,
    ) -> Result<(), NotQueued> {
        if self.has_ended() {
            return Err(NotQueued::Closed);
        }
        self.count(match could {
            true => self.outbox.push_along(publication),
            false => Err(NotQueued::NotWritable),
        })
    }

    /// As [`push`](Self::push), for what its client is told if there is room for it, such as what it is sent once more: without,
    /// nothing ends.
    pub(crate) fn offer(&self, publication: &Publication) -> Result<(), NotQueued> {
        if self.has_ended() {
            return Err(NotQueued::Closed);
        }
        let offered = self.outbox.offer(publication);
        if offered.is_ok() { self.count(offered) } else { offered }
    }

    /// As [`push`](Self::push), for what the session missed.
    pub(crate) fn push_recovered(&self, publication: &Publication) -> Result<(), NotQueued> {
        // Who is a member now was left out as a session, as it was when it was sent.
        let reader = || Reader { session: self.id.to_byte_string(), subject: None };
        self.count(self.outbox.push_for(publication, &reader))
    }

    /// Counts what became of a publication.
    fn count(&self, queued: Result<(), NotQueued>) -> Result<(), NotQueued> {
        match queued {
            Ok(()) => self.outbox.counters().one(Count::FramesQueued),
            Err(NotQueued::NotWritable) => {
                tracing::debug!(session = %self.id, "a volatile frame is dropped");
                self.outbox.counters().one(Count::FramesDropped);
            }
            Err(overflow @ NotQueued::Overflow { .. }) => {
                tracing::debug!(session = %self.id, %overflow, "an outbox is full");
                self.outbox.counters().one(Count::OutboxOverflows);
            }
            Err(NotQueued::Lapsed) => self.count_suppressed(1),
            // What is wrong with an event was said when it was made, or its form was; what is dropped for
            // others that wait was counted with these.
            Err(
                NotQueued::Closed
                | NotQueued::Dropped
                | NotQueued::ReservedName(_)
                | NotQueued::Unserializable,
            ) => {}
        }
        queued
    }

    /// Its client has acknowledged something of that id; false if nothing of the kind is awaited of it.
    pub(crate) fn acknowledge(&self, awaited: &AwaitedIds, id: u64) -> bool {
        let Some(place) = awaited.find(id) else { return false };
        let is_member = self.state.memberships.number(place.room).is_some();
        let ledger = place.ledger.upgrade().filter(|_| is_member);
        ledger.map(|ledger| ledger.acknowledged(&self.reader(), place.seq)).is_some()
    }

    /// It does not come back.
    pub(crate) fn bar(&self) {
        if let Some(recoverable) = &self.recoverable {
            recoverable.is_barred.store(true, Ordering::SeqCst);
        }
    }

    /// Counts frames of a room that the session has no right to.
    pub(crate) fn count_suppressed(&self, frames: u64) {
        if frames > 0 {
            tracing::debug!(session = %self.id, frames, "frames of a room are suppressed");
            self.outbox.counters().add(Count::FramesSuppressed, frames);
        }
    }

    /// Records that the session has left a room, and what it was granted there with it. What it was
    /// asked by the room it need not answer any more.
    pub(crate) fn leave(&self, room: RoomId, name: &str) {
        self.state.grants.forget(name);
        self.state.memberships.leave(room);
        self.state.acknowledgements.forget_room(room);
    }

    /// Takes the memberships that `which` means from the session. When this returns nothing of their rooms
    /// is written to it any more, not even what was queued; what is returned resolves when each room has
    /// let it go.
    pub(crate) fn withdraw(
        &self,
        code: &Code,
        which: impl Fn(&Membership) -> bool,
    ) -> Vec<oneshot::Receiver<()>> {
        let mut suppressed = Vec::new();
        let lose = |membership: &Membership| {
            let room = membership.room();
            suppressed.push((room, self.outbox.suppress(room, membership.number)));
            self.state.grants.forget(membership.name());
            self.state.acknowledgements.forget_room(room);
        };
        let known = self.state.memberships.withdraw(self.number, code, which, lose);
        // Written here, where nothing is locked: a parser is the application's.
        for (room, (frames, answers)) in suppressed {
            self.count_suppressed(frames + self.outbox.refuse(room, answers));
        }
        known
    }

    /// The right on which something rests from now on that goes on: by a grant that the session had
    /// when so many things had been taken from it. If it is a new one, what tells of its loss.
    pub(crate) fn rest_on(
        &self,
        granted: Granted,
        room: Option<&str>,
        withdrawals: u64,
    ) -> (Arc<Right>, Option<oneshot::Receiver<Lost>>) {
        let (right, telling) = self.state.grants.rest_on(granted, room);
        // Kept first, looked at then: whoever takes something counts first, and looks for it then.
        if self.state.memberships.withdrawals() != withdrawals {
            right.lose(&Code::Revoked);
        }
        if granted.grant.end().is_some() {
            self.auth_state.wake();
        }
        (right, telling)
    }

    /// Takes the rights that `which` means from the session: what rests on them ends. What is returned
    /// resolves when the session's code knows.
    pub(crate) fn lose_rights(
        &self,
        code: &Code,
        which: impl Fn(&Right) -> bool,
    ) -> Vec<oneshot::Receiver<()>> {
        let rights = self.state.grants.in_use().into_iter().filter(|right| which(right));
        rights.filter_map(|right| right.lose(code)).collect()
    }

    /// Ends the session because what it stands on has ended: `farewell` is the last that it gets,
    /// and nothing of a room comes before it that has not been written yet. What is returned
    /// resolves when its rooms know. `None` if another end came first, or a refresh: `is_over` is
    /// asked under their lock.
    pub(crate) fn lapse(
        &self,
        code: &Code,
        farewell: Option<&Publication>,
        is_over: impl FnOnce(&Credential) -> bool,
    ) -> Option<Vec<oneshot::Receiver<()>>> {
        if !self.auth_state.end(is_over) {
            return None;
        }
        tracing::debug!(session = %self.id, code = %Logged(code), "the session lapses");
        self.outbox.say_bye(Bye::of_code(code));
        self.state.ended.store(true, Ordering::Release);
        self.state.memberships.shut();
        let known = self.withdraw(code, |_| true);
        // Its code learns of its end.
        drop(self.lose_rights(code, |_| true));
        // Of one who has lost everything no answer counts.
        self.state.acknowledgements.clear();
        self.outbox.drop_frames();
        self.state.grants.clear();
        if let Some(farewell) = farewell {
            // A client that is gone needs no farewell.
            let _ = self.push_recovered(farewell);
        }
        self.request_end(End::Connection);
        Some(known)
    }

    /// What an authority is asked about the session.
    pub(crate) fn asked(&self, permission: &'static str, room: Option<ByteString>) -> Asked {
        let permissions = self.auth_state.credential().permissions;
        Asked { identity: self.identity.clone(), permissions, permission, room }
    }

    /// Whether the session has ended.
    pub(crate) fn has_ended(&self) -> bool {
        self.state.ended.load(Ordering::Acquire)
    }

    /// The session has ended: its rooms are told, and none admits it from now on.
    pub(crate) fn end(&self, reason: DisconnectReason) {
        self.state.ended.store(true, Ordering::Release);
        for membership in self.state.memberships.end() {
            // Its connection may go on.
            self.outbox.forget_lag(membership.room());
            membership.link.ended(self.number, reason);
        }
        self.outbox.end_of_session(&self.namespace);
        self.state.acknowledgements.clear();
        drop(self.lose_rights(&Code::Disconnected, |_| true));
        // Nothing that is still asked about it may end it once more, and its connection with it.
        self.auth_state.end(|_| true);
        self.auth_state.wake();
        if let Some(over) = self.over().take() {
            over.notify_waiters();
        }
    }

    /// Waits until the session has ended.
    pub(crate) async fn until_ended(&self) {
        let over = self.over().get_or_insert_default().clone();
        let mut over = pin!(over.notified());
        // From here on its end is noticed; it may have come before.
        over.as_mut().enable();
        if !self.state.ended.load(Ordering::Acquire) {
            over.await;
        }
    }

    fn over(&self) -> MutexGuard<'_, Option<Arc<Notify>>> {
        self.state.over.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks the connection to end.
    pub(crate) fn request_end(&self, end: End) {
        self.outbox.request_end(self.number, end);
    }
}

impl Drop for SessionHandle {
    fn drop(&mut self) {
        self.identity.release(&self.id);
    }
}

impl Identified for SessionHandle {
    fn session_id(&self) -> &SessionId {
        &self.id
    }
}

impl fmt::Debug for SessionHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionHandle")
            .field("id", &self.id)
            .field("namespace", &self.namespace)
            .finish_non_exhaustive()
    }
}
