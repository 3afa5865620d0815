//! Acknowledgements that the server waits for.
//!
//! It must never keep more waiters than its limit, nor a waiter past its deadline once another
//! one wants the place.

use std::{
    collections::HashMap,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::{
    base::{
        clock::{self, Instant},
        refusal::Refusal,
        room_id::RoomId,
    },
    event::ReservedName,
    message::Answered,
    payload::PayloadError,
};

/// Why a question to a client has no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AskError {
    /// No acknowledgement came in time.
    #[error("the client did not acknowledge in time")]
    Timeout,
    /// The client has refused, in words of its own.
    #[error("the client has refused: {0}")]
    Refused(Refusal),
    /// The client disconnected before it answered.
    #[error("the client disconnected before it acknowledged")]
    Disconnected,
    /// A room asked, and the session is no member of it any more, or not by the membership that it
    /// had when it was asked: it left, was put out, or lost its right to be there.
    #[error("the session left the room that asked before it acknowledged")]
    NotAMember,
    /// A [durable](crate::History::durable) room asked, and what it had done before could not be kept:
    /// nothing was asked.
    #[error("what the room did before could not be kept, and nothing was asked")]
    NotKept,
    /// Too many acknowledgements are awaited from this session already.
    #[error("{0} acknowledgements are awaited from this session already")]
    TooMany(usize),
    /// The question's name is not the application's to send.
    #[error(transparent)]
    ReservedName(#[from] ReservedName),
    /// The question could not be encoded, or the answer is not of the event's reply type.
    #[error("the question or its answer does not fit its type: {0}")]
    Payload(#[from] PayloadError),
}

impl AskError {
    /// The question is a payload of the application's own making that no parser reads.
    pub(crate) fn unformed() -> Self {
        let source = serde::de::Error::custom("it is no JSON, or nests too deep for this parser");
        Self::Payload(PayloadError::Unserializable { source })
    }
}

/// What becomes of an acknowledgement.
pub(crate) type Waiter = Box<dyn FnOnce(Answered) + Send>;

/// The acknowledgements that are awaited from one session, by id.
#[derive(Default)]
pub(crate) struct Acknowledgements(Mutex<Option<Box<Awaited>>>);

/// Most sessions are never asked anything, and pay for the pointer alone.
type Awaited = HashMap<u64, Pending>;

struct Pending {
    deadline: Instant,
    /// The room that asked, if one did.
    room: Option<RoomId>,
    waiter: Waiter,
}

impl Acknowledgements {
    /// Awaits the acknowledgement `id` until `deadline`, for a room or for whoever asked. A waiter
    /// that is dropped uncalled tells its owner that nothing came.
    pub(crate) fn expect(
        &self,
        id: u64,
        room: Option<RoomId>,
        deadline: Instant,
        limit: usize,
        waiter: Waiter,
    ) -> Result<(), AskError> {
        let mut pending = self.lock();
        let pending = pending.get_or_insert_default();
        if pending.len() >= limit {
            let now = clock::now();
            pending.retain(|_, pending| pending.deadline > now);
        }
        if pending.len() >= limit {
            return Err(AskError::TooMany(pending.len()));
        }
        pending.insert(id, Pending { deadline, room, waiter });
        Ok(())
    }

    /// Hands an acknowledgement to whoever awaits it. An unknown or late one is of no consequence,
    /// as in the reference: false says so.
    pub(crate) fn resolve(&self, id: u64, answer: Answered) -> bool {
        match self.take(id) {
            Some(pending) if pending.deadline > clock::now() => {
                (pending.waiter)(answer);
                true
            }
            _ => false,
        }
    }

    /// Awaits one no longer.
    pub(crate) fn forget(&self, id: u64) {
        drop(self.take(id));
    }

    /// Awaits nothing any more for a room: the session is no member of it.
    pub(crate) fn forget_room(&self, room: RoomId) {
        let forgotten: Vec<_> = {
            let mut pending = self.lock();
            let Some(pending) = pending.as_deref_mut() else { return };
            pending.extract_if(|_, pending| pending.room == Some(room)).collect()
        };
        // Outside of the lock, as in `clear`.
        drop(forgotten);
    }

    /// Awaits nothing any more: the session is gone.
    pub(crate) fn clear(&self) {
        let awaited = self.lock().take();
        // Outside of the lock: what a waiter's owner is told by its drop is the owner's business.
        drop(awaited);
    }

    fn take(&self, id: u64) -> Option<Pending> {
        self.lock().as_mut()?.remove(&id)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Box<Awaited>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Acknowledgements {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pending = self.lock().as_ref().map_or(0, |awaited| awaited.len());
        f.debug_struct("Acknowledgements").field("pending", &pending).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::payload::Payload;

    #[tokio::test(start_paused = true)]
    async fn beyond_the_limit_nobody_waits_until_a_deadline_has_passed() {
        let answer = || Answered::Reply(Payload::none());
        let awaited = Acknowledgements::default();
        let soon = clock::after(Duration::from_secs(1));
        for id in 0..2 {
            assert!(awaited.expect(id, None, soon, 2, Box::new(|_| {})).is_ok());
        }
        let third = awaited.expect(2, None, soon, 2, Box::new(|_| {}));
        assert!(matches!(third, Err(AskError::TooMany(2))));
        tokio::time::advance(Duration::from_secs(2)).await;
        assert!(!awaited.resolve(0, answer()), "too late is not at all");
        let later = clock::after(Duration::from_secs(1));
        assert!(awaited.expect(3, None, later, 2, Box::new(|_| {})).is_ok());
        assert!(awaited.resolve(3, answer()));
        assert!(!awaited.resolve(3, answer()), "an acknowledgement counts once");
    }
}
