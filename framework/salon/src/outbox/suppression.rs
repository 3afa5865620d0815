//! What a session has lost the right to: nothing of it goes out any more.
//!
//! It must never leave anybody waiting: whoever awaits an answer of such a room is refused in its place.

use std::sync::LazyLock;

use super::queue::Outbox;
use crate::{
    base::{
        number::MembershipNumber,
        refusal::{Code, Refusal},
        room_id::RoomId,
    },
    message::Publication,
    payload::Payload,
};

impl Outbox {
    /// Suppresses the frames of a room, those that are queued and those that are still on their way
    /// by the membership of that number, which its session has lost: until its
    /// [`resume`](Self::resume). How many were queued; and the answers among them, which are to be
    /// [refused](Self::refuse) at once, where no lock is held.
    pub(crate) fn suppress(
        &self,
        room: RoomId,
        membership: MembershipNumber,
    ) -> (u64, Vec<Publication>) {
        let mut state = self.lock();
        state.suppress(room, membership);
        state.take_out(room, &self.terms)
    }

    /// Refuses whoever awaits these answers of a room, in their place. How many were queued still: a link
    /// may have written some, which was before whoever suppressed them is told that it is so.
    pub(crate) fn refuse(&self, room: RoomId, answers: Vec<Publication>) -> u64 {
        if answers.is_empty() {
            return 0;
        }
        let instead = |answer| {
            let instead = self.instead_of(&answer);
            (answer, instead)
        };
        let answers: Vec<_> = answers.into_iter().map(instead).collect();
        self.lock().refuse(room, &answers, &self.terms)
    }

    /// Whether the session has lost the membership of that number, or a later one, and its room has
    /// not let it go yet.
    pub(crate) fn suppresses(&self, room: RoomId, membership: MembershipNumber) -> bool {
        self.lock().suppressed(room) >= Some(membership)
    }

    /// Nothing of a room is on its way any more by that membership, or an earlier one: what comes
    /// from here on is by one that its session has.
    pub(crate) fn resume(&self, room: RoomId, membership: MembershipNumber) {
        let mut state = self.lock();
        state.let_go(room, &self.terms);
        state.resume(room, &self.terms, |last| last <= membership);
    }

    /// Nothing of a room is on its way any more, nor will be: it is closed.
    pub(crate) fn resume_all(&self, room: RoomId) {
        let mut state = self.lock();
        state.let_go(room, &self.terms);
        state.resume(room, &self.terms, |_| true);
    }

    /// What takes the place of a publication that its session has lost the right to. It is written
    /// here: to be asked for where no lock is held.
    pub(super) fn instead_of(&self, publication: &Publication) -> Option<Publication> {
        self.terms.formed(publication.suppressed(&LAPSED)?).ok()
    }
}

/// What a session is told that awaits an answer from a room whose membership it has lost.
pub(crate) fn lapsed() -> Refusal {
    Refusal::new(Code::Lapsed, "the right to be in the room has lapsed")
}

/// What the answer carries that says so.
static LAPSED: LazyLock<Payload> = LazyLock::new(|| {
    // A code and a text always have a form in JSON.
    Payload::encode_single(&lapsed()).unwrap_or_else(|_| Payload::none())
});
