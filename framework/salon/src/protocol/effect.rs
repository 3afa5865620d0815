//! What is to be done about what a client sent.
//!
//! It must stay plain data: who does it decides whether it may be done.

use bytestring::ByteString;

use crate::{
    base::refusal::Refusal, message::Answered, payload::UncheckedPayload, wire::engine_io::Message,
};

/// What is to be done. Sessions are named by their places among those that the client has.
#[derive(Debug, PartialEq)]
pub(crate) enum Effect {
    /// Nothing, or nothing yet.
    Nothing,
    /// The client asks for a session in a namespace, with what it presents as JSON.
    Connect { namespace: ByteString, auth: Option<ByteString> },
    /// What it says, once it has a session, that it has seen of its rooms.
    Claim { session: usize, auth: ByteString },
    /// It wants to be asked for signs of life by messages, or by its transport's pings again.
    BeatBy { messages: bool },
    /// An event is refused before anybody is asked about it.
    Refuse { name: ByteString, id: Option<u64>, refusal: Refusal },
    /// One after the other.
    Both(Box<[Effect; 2]>),
    /// A session is sent an event; by `id` the client knows its answer, if it wants one.
    Call { session: usize, name: ByteString, payload: UncheckedPayload, id: Option<u64> },
    /// A session is sent the answer to what it was asked by that number.
    Answer { session: usize, id: u64, answer: Answered },
    /// The client leaves a session.
    Leave { session: usize },
    /// A message as it is, for an application that takes them so.
    Deliver(Message),
}
