//! How one session is asked, and its acknowledgement awaited.
//!
//! It must never take an answer for a room's of one who is no member of it any more.

use std::{sync::Arc, time::Duration};

use bytestring::ByteString;
use serde::de::DeserializeOwned;
use tokio::sync::oneshot;

use super::Broadcaster;
use crate::{
    base::{clock, number::MembershipNumber, room_id::RoomId},
    event::decode_reply,
    message::{Answered, Publication},
    payload::Payload,
    session::{acknowledgement::AskError, handle::SessionHandle},
};

impl Broadcaster {
    /// Asks one session, and waits for its acknowledgement; what a room asks is for its members, and
    /// what one answers who is none any more is no answer.
    pub(crate) async fn ask(
        &self,
        handle: Arc<SessionHandle>,
        asker: Option<Asker>,
        name: ByteString,
        payload: Payload,
        timeout: Duration,
    ) -> Result<Answered, AskError> {
        self.check_name(&name)?;
        let room = asker.map(|asker| asker.room);
        let asked = asker.map(|asker| asker.membership(&handle)).transpose()?;
        let is_out = || room.is_some_and(|room| handle.state.memberships.number(room) != asked);
        let id = self.next_acknowledgement();
        let namespace = handle.namespace.clone();
        let question = Publication::question(namespace, name, payload, room, id);
        let question = handle.outbox.terms().formed(question).map_err(|_| AskError::unformed())?;
        let (answer, answered) = oneshot::channel();
        let waiter = Box::new(move |answered| {
            // The asker may have stopped waiting.
            let _ = answer.send(answered);
        });
        let deadline = clock::after(timeout);
        let limit = self.max_pending_acknowledgements;
        handle.state.acknowledgements.expect(id, room, deadline, limit, waiter)?;
        let _awaited = Awaited { handle: &handle, id };
        self.send_one(&handle, question, Some(id));
        match tokio::time::timeout_at(deadline, answered).await {
            // It may have gone between its answer and this look, which is the room's.
            Ok(Ok(_)) if is_out() => Err(gone(&handle, room)),
            Ok(Ok(answered)) => Ok(answered),
            Ok(Err(_)) => Err(gone(&handle, room)),
            Err(_) => Err(AskError::Timeout),
        }
    }
}

/// What a client has answered, as the reply of what it was asked.
///
/// # Errors
/// [`AskError::Refused`] if it has refused, [`AskError::Payload`] if its answer is no such reply.
pub(crate) fn reply<R: DeserializeOwned + 'static>(answer: &Answered) -> Result<R, AskError> {
    Ok(decode_reply(answer.reply().map_err(AskError::Refused)?)?)
}

/// A room that asks one of its members.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asker {
    pub(crate) room: RoomId,
    /// By which it was a member when the room's code asked; whoever was about to become one must be
    /// it when the question is put.
    pub(crate) membership: Option<MembershipNumber>,
}

impl Asker {
    /// The membership that is asked.
    fn membership(self, handle: &SessionHandle) -> Result<MembershipNumber, AskError> {
        let now = handle.state.memberships.number(self.room);
        let asked = self.membership.or(now);
        asked.filter(|_| asked == now).ok_or_else(|| gone(handle, Some(self.room)))
    }
}

/// Why there will be no answer from a session that whoever asked has lost.
fn gone(handle: &SessionHandle, room: Option<RoomId>) -> AskError {
    if room.is_some() && !handle.has_ended() {
        AskError::NotAMember
    } else {
        AskError::Disconnected
    }
}

/// Gives the place of a pending acknowledgement back when the asking ends, however it ends.
struct Awaited<'a> {
    handle: &'a SessionHandle,
    id: u64,
}

impl Drop for Awaited<'_> {
    fn drop(&mut self) {
        self.handle.state.acknowledgements.forget(self.id);
    }
}
