//! What answers an event: its acknowledgement, or the event that says why it was refused.
//!
//! It must never log what a client has presented.

use bytestring::ByteString;

use super::encode_or_log;
use crate::{
    base::{
        logged::Logged,
        refusal::{Code, Refusal},
        room_id::RoomId,
    },
    event,
    message::{Class, Content, Publication, refused},
    outbox::NotQueued,
    payload::Payload,
    session::handle::SessionHandle,
};

/// What acknowledges an event, as the connection of its sender writes it. What a room says by it is
/// for its members.
pub(crate) fn acknowledgement(
    sender: &SessionHandle,
    room: Option<RoomId>,
    id: u64,
    payload: Payload,
) -> Result<Publication, NotQueued> {
    let (namespace, is_refusal) = (sender.namespace.clone(), false);
    let content = Content::Answer { namespace, id, payload, is_refusal };
    sender.outbox.terms().formed(Publication::with(content, room, Class::Reliable))
}

/// What answers an event: its acknowledgement, or the event `salon:refused` when it was refused
/// and no acknowledgement was asked for.
pub(crate) fn answer(
    sender: &SessionHandle,
    room: Option<RoomId>,
    name: &str,
    acknowledgement: Option<u64>,
    result: Result<Payload, Refusal>,
) -> Option<Publication> {
    let refused = |refusal: &Refusal| refusing(sender, name, acknowledgement, refusal);
    match (result, acknowledgement) {
        (Ok(_), None) => None,
        (Ok(payload), Some(id)) => {
            match self::acknowledgement(sender, room, id, payload) {
                Ok(answer) => Some(answer),
                // Whoever asked is told that there is no answer.
                Err(_) => refused(&Refusal::logged_already()),
            }
        }
        (Err(refusal), _) => {
            log_refused(name, sender, &refusal);
            refused(&refusal)
        }
    }
}

/// What tells a client that its event is refused, as its connection writes it.
pub(crate) fn refusing(
    sender: &SessionHandle,
    name: &str,
    acknowledgement: Option<u64>,
    refusal: &Refusal,
) -> Option<Publication> {
    let content = refusal_of(sender.namespace.clone(), name, acknowledgement, refusal)?;
    sender.outbox.terms().formed(Publication::new(content)).ok()
}

/// What tells that an event is refused.
pub(crate) fn refusal_of(
    namespace: ByteString,
    name: &str,
    acknowledgement: Option<u64>,
    refusal: &Refusal,
) -> Option<Content> {
    let payload = match acknowledgement {
        Some(_) => Payload::encode_single(refusal),
        None => refused(name, refusal),
    };
    let payload = encode_or_log(name, payload)?;
    Some(match acknowledgement {
        Some(id) => Content::Answer { namespace, id, payload, is_refusal: true },
        None => {
            let name = ByteString::from_static("salon:refused");
            Content::Event { namespace, name, payload, order: None, question: None }
        }
    })
}

/// The message of what does not fit its event has a piece of it, which is the client's.
fn log_refused(name: &str, sender: &SessionHandle, refusal: &Refusal) {
    let (event, session) = (Logged(name), &sender.id);
    match refusal.code() {
        // As of a CONNECT: the message may tell the client what it has presented.
        code if name == event::REFRESH => {
            tracing::debug!(%event, %session, code = %Logged(code), "refused");
        }
        Code::InvalidPayload => {
            let at = refusal.data().and_then(|data| data.get("path")?.as_str()).map(Logged);
            let at = at.map(|at| at.to_string());
            tracing::debug!(%event, %session, code = %refusal.code(), at, "refused");
        }
        _ => tracing::debug!(%event, %session, refusal = %Logged(refusal), "refused"),
    }
}
