//! The typed rooms that one session is in, and by what right.
//!
//! It must never let a session into a room by a right that was taken from it meanwhile: entering and
//! withdrawing take the same lock.

use std::{
    any::Any,
    fmt,
    sync::{Arc, PoisonError},
};

use bytestring::ByteString;
use smallvec::SmallVec;
use tokio::sync::oneshot;

use crate::{
    auth::Granted,
    base::{
        disconnect::DisconnectReason,
        number::{MembershipNumber, SessionNumber},
        refusal::{Code, Refusal},
        room_id::RoomId,
        sync::{
            Mutex, MutexGuard,
            atomic::{AtomicU64, Ordering},
        },
    },
    message::Seen,
};

/// How a room learns what became of a member's session.
pub(crate) trait RoomLink: Send + Sync {
    /// Which room.
    fn room(&self) -> RoomId;
    /// Its name: its kind and its key.
    fn name(&self) -> &ByteString;
    /// Its key, of the type that its kind has.
    fn key(&self) -> &dyn Any;
    /// What its key hashes to in its directory.
    fn hash(&self) -> u64;
    /// Whether nothing is on its way to the room.
    fn is_quiet(&self) -> bool;
    /// If it is empty, and has been for long enough, it is to close.
    fn look(&self);
    /// The session ended.
    fn ended(&self, session: SessionNumber, reason: DisconnectReason);
    /// The session leaves; `done` is dropped or sent to once the room knows.
    fn leave(&self, session: SessionNumber, done: oneshot::Sender<()>);
    /// A member has missed something, and asks for it once more.
    fn replay(&self, replay: Replay);
    /// The session has lost this membership; `done` is dropped or sent to once the room knows.
    fn lapsed(&self, lapsed: Lapsed);
}

/// A membership that was lost.
#[derive(Debug)]
pub(crate) struct Lapsed {
    pub(crate) session: SessionNumber,
    pub(crate) membership: MembershipNumber,
    /// Why, as the member is told.
    pub(crate) code: Code,
    pub(crate) done: oneshot::Sender<()>,
}

/// What a member asks for once more of what its room has published.
#[derive(Debug)]
pub(crate) struct Replay {
    pub(crate) session: SessionNumber,
    /// Behind what.
    pub(crate) seen: Seen,
    /// Up to which number.
    pub(crate) to: u64,
    /// Up to which number it was sent.
    pub(crate) answer: oneshot::Sender<Result<u64, Refusal>>,
}

/// One room that the session is in: small, since there may be many.
pub(crate) struct Membership {
    pub(crate) number: MembershipNumber,
    /// The grant by which it was admitted, if the joining event has a permission.
    pub(crate) granted: Option<Box<Granted>>,
    pub(crate) link: Arc<dyn RoomLink>,
}

impl Membership {
    pub(crate) fn room(&self) -> RoomId {
        self.link.room()
    }

    pub(crate) fn name(&self) -> &str {
        self.link.name()
    }
}

/// The rooms that a session is in.
#[derive(Default)]
pub(crate) struct Memberships {
    /// How often something was taken from the session; raised under the lock.
    withdrawals: AtomicU64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    present: SmallVec<[Membership; 1]>,
    gone: bool,
}

/// What a membership rests on.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Basis {
    pub(crate) room_id: RoomId,
    pub(crate) room: ByteString,
    pub(crate) number: MembershipNumber,
    pub(crate) granted: Granted,
}

/// What became of a membership that was asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Confirmed {
    /// It goes on.
    Renewed,
    /// Something was taken from the session since: it has to be asked about again.
    Overtaken,
    /// There is no such membership any more.
    Gone,
}

impl Basis {
    /// Whether it is what that membership rests on.
    pub(crate) fn is(&self, membership: &Membership) -> bool {
        membership.number == self.number && membership.room() == self.room_id
    }
}

impl Memberships {
    /// How often something was taken from the session: what was decided before may not hold after.
    pub(crate) fn withdrawals(&self) -> u64 {
        self.withdrawals.load(Ordering::Acquire)
    }

    /// Something is about to be taken from the session that is no membership, or may be none: what
    /// was decided before does not count any more.
    pub(crate) fn note_withdrawal(&self) {
        let _state = self.lock();
        self.withdrawals.fetch_add(1, Ordering::AcqRel);
    }

    /// Records that a room has admitted the session, by a right that it had when so many things had
    /// been taken from it.
    ///
    /// # Errors
    /// A [`Refusal`] if the session has ended, is in `limit` rooms, or lost something since: then
    /// the room must not keep it.
    pub(crate) fn enter(
        &self,
        membership: Membership,
        limit: usize,
        withdrawals: u64,
    ) -> Result<(), Refusal> {
        let mut state = self.lock();
        if state.gone {
            return Err(Refusal::new(Code::Disconnected, "the session has ended"));
        }
        if self.withdrawals() != withdrawals {
            return Err(revoked_meanwhile());
        }
        if state.present.len() >= limit {
            return Err(too_many_rooms(limit));
        }
        if state.present.len() == state.present.capacity() {
            // An eighth at a time, not doubled: there may be many in each of many sessions.
            let more = (state.present.len() / 8).max(1);
            state.present.reserve_exact(more);
        }
        state.present.push(membership);
        Ok(())
    }

    /// A membership goes on by a newer grant, if nothing was taken from the session since it was
    /// asked about.
    pub(crate) fn confirm(&self, basis: &Basis, granted: Granted, withdrawals: u64) -> Confirmed {
        let mut state = self.lock();
        let Some(membership) = state.present.iter_mut().find(|one| basis.is(one)) else {
            return Confirmed::Gone;
        };
        if self.withdrawals() != withdrawals {
            return Confirmed::Overtaken;
        }
        membership.granted = Some(Box::new(granted));
        Confirmed::Renewed
    }

    /// No room admits the session from now on; those that it is in are for the caller to tell.
    pub(crate) fn shut(&self) {
        self.lock().gone = true;
    }

    /// A member stays by a newer grant.
    pub(crate) fn renew(&self, room: RoomId, granted: Option<Granted>) {
        let mut state = self.lock();
        let membership = state.present.iter_mut().find(|membership| membership.room() == room);
        if let Some(membership) = membership {
            membership.granted = granted.map(Box::new);
        }
    }

    /// The grant by which the session is in a room.
    pub(crate) fn granted(&self, room: RoomId) -> Option<Granted> {
        let state = self.lock();
        let membership = state.present.iter().find(|membership| membership.room() == room)?;
        membership.granted.as_deref().copied()
    }

    /// By which membership the session is in a room.
    pub(crate) fn number(&self, room: RoomId) -> Option<MembershipNumber> {
        let state = self.lock();
        let membership = state.present.iter().find(|membership| membership.room() == room)?;
        Some(membership.number)
    }

    /// The name of a room that the session is in.
    pub(crate) fn name(&self, room: RoomId) -> Option<ByteString> {
        let state = self.lock();
        let membership = state.present.iter().find(|membership| membership.room() == room)?;
        Some(membership.link.name().clone())
    }

    /// Asks a room that the session is in for what it missed; false if it is in none of that name.
    pub(crate) fn replay(&self, room: &str, replay: Replay) -> bool {
        self.link(room).map(|link| link.replay(replay)).is_some()
    }

    /// Has the session leave a room that it is in, and says when it is out; nothing if it is in none of that
    /// name.
    pub(crate) fn ask_to_leave(
        &self,
        room: &str,
        session: SessionNumber,
    ) -> Option<oneshot::Receiver<()>> {
        let (done, out) = oneshot::channel();
        self.link(room)?.leave(session, done);
        Some(out)
    }

    fn link(&self, room: &str) -> Option<Arc<dyn RoomLink>> {
        let state = self.lock();
        let membership = state.present.iter().find(|membership| membership.name() == room)?;
        Some(membership.link.clone())
    }

    /// The session has left a room.
    pub(crate) fn leave(&self, room: RoomId) {
        self.lock().present.retain(|membership| membership.room() != room);
    }

    /// The session has ended: no room admits it from now on. The rooms that it was in.
    pub(crate) fn end(&self) -> SmallVec<[Membership; 1]> {
        let mut state = self.lock();
        state.gone = true;
        std::mem::take(&mut state.present)
    }

    /// Takes something from the session. The memberships that `which` means are lost: `lose` is
    /// called for each before anybody else can enter or leave, and each room is told. What is
    /// returned resolves when the room has let the session go.
    pub(crate) fn withdraw(
        &self,
        session: SessionNumber,
        code: &Code,
        which: impl Fn(&Membership) -> bool,
        mut lose: impl FnMut(&Membership),
    ) -> Vec<oneshot::Receiver<()>> {
        let mut state = self.lock();
        let lost = state.present.iter_mut().filter(|membership| which(membership));
        lost.map(|membership| {
            self.withdrawals.fetch_add(1, Ordering::AcqRel);
            lose(membership);
            // Nothing is asked about it any more; the room lets it go.
            membership.granted = None;
            let (done, known) = oneshot::channel();
            let (code, membership_number) = (code.clone(), membership.number);
            membership.link.lapsed(Lapsed { session, membership: membership_number, code, done });
            known
        })
        .collect()
    }

    /// What the memberships rest on that rest on a grant.
    pub(crate) fn bases(&self) -> Vec<Basis> {
        let basis = |membership: &Membership| {
            let granted = **membership.granted.as_ref()?;
            Some(Basis {
                room_id: membership.room(),
                room: membership.name().into(),
                number: membership.number,
                granted,
            })
        };
        self.lock().present.iter().filter_map(basis).collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that runs under the lock leaves the state half-changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The refusal of what was decided before something was taken from the session.
pub(crate) fn revoked_meanwhile() -> Refusal {
    let message = "a right was revoked meanwhile; try again if you still have it";
    Refusal::new(Code::Revoked, message)
}

/// The refusal of what was decided by a grant that has ended since.
pub(crate) fn lapsed_meanwhile() -> Refusal {
    let message = "a right has ended meanwhile; try again if you still have it";
    Refusal::new(Code::Lapsed, message)
}

/// The refusal of a session that is in as many rooms as it may be.
pub(crate) fn too_many_rooms(limit: usize) -> Refusal {
    let message = format!("the session is in {limit} rooms already; leave one first");
    Refusal::new(Code::LimitExceeded, message)
}

impl fmt::Debug for Memberships {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memberships").field("count", &self.lock().present.len()).finish()
    }
}

#[cfg(all(test, salon_loom))]
mod models;
