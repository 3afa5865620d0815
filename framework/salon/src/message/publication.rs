//! One thing that is published: a value that everybody who gets it shares.
//!
//! It must never be written per recipient: its form is made at most once for each protocol, and what is
//! to become of it is decided without one.

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use bytestring::ByteString;

use super::{Codec, Content, Form, content::Ordered};
use crate::{base::room_id::RoomId, payload::Payload, wire::engine_io};

/// What is published, with its forms; cloning it counts a reference.
#[derive(Clone)]
pub(crate) struct Publication(Arc<Inner>);

struct Inner {
    content: Content,
    /// The typed room whose members alone may have it.
    room: Option<RoomId>,
    /// Whether a client that is not writable may miss it.
    is_volatile: bool,
    /// That of Socket.IO: all connections of one Salon have one parser.
    form: OnceLock<Form>,
}

impl Publication {
    /// For whoever is chosen.
    pub(crate) fn new(content: Content) -> Self {
        Self::with(content, None, false)
    }

    /// For members of a typed room alone.
    pub(crate) fn of_room(content: Content, room: RoomId, is_volatile: bool) -> Self {
        Self::with(content, Some(room), is_volatile)
    }

    /// A message as it is.
    pub(crate) fn message(message: engine_io::Message) -> Self {
        Self::new(Content::Message(message))
    }

    /// For members of that room alone, if there is one; a client that is not writable may miss what is
    /// volatile.
    pub(crate) fn with(content: Content, room: Option<RoomId>, is_volatile: bool) -> Self {
        Self(Arc::new(Inner { content, room, is_volatile, form: OnceLock::new() }))
    }

    /// The same, written for clients of this protocol. To be called by who publishes: its form costs
    /// whoever asks for it first. Of its payload nothing is kept then, as nobody wants it any more: it
    /// may be a window into what a client has sent, and hold all of that.
    pub(crate) fn formed(mut self, codec: &dyn Codec) -> Self {
        self.form_by(codec);
        if let Some(inner) = Arc::get_mut(&mut self.0) {
            inner.content.give_up_payload();
        }
        self
    }

    /// Its form for clients of this protocol.
    pub(crate) fn form_by(&self, codec: &dyn Codec) -> &Form {
        self.0.form.get_or_init(|| codec.form(&self.0.content))
    }

    /// Its form for the clients of the connection that it is queued on: that was made when it was
    /// queued, at the latest.
    pub(crate) fn form(&self) -> &Form {
        self.0.form.get().expect("what is queued has been formed")
    }

    /// Whether a client that is not writable may miss it.
    pub(crate) fn is_volatile(&self) -> bool {
        self.0.is_volatile
    }

    /// The typed room whose members alone may have it.
    pub(crate) fn room(&self) -> Option<RoomId> {
        self.0.room
    }

    /// Its number among what is kept for sessions that come back; 0 if it is not.
    pub(crate) fn number(&self) -> u64 {
        match self.0.content {
            Content::Event { order: Some(Ordered::Kept(number)), .. } => number,
            _ => 0,
        }
    }

    /// What a client gets in place of this once it has lost the right to it: the answer that it
    /// awaits, with that payload, and nothing in place of anything else.
    pub(crate) fn suppressed(&self, refusal: &Payload) -> Option<Self> {
        let Content::Answer { namespace, id, .. } = &self.0.content else { return None };
        let (namespace, payload): (ByteString, _) = (namespace.clone(), refusal.clone());
        Some(Self::new(Content::Answer { namespace, id: *id, payload }))
    }
}

impl fmt::Debug for Publication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Publication")
            .field("content", &self.0.content)
            .field("volatile", &self.0.is_volatile)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::refusal::{Code, Refusal};
    use crate::message::refused;

    #[test]
    fn an_answer_that_is_suppressed_says_so_and_nothing_else_says_anything() {
        let refusal = refused(None, &Refusal::new(Code::Lapsed, "it is over")).unwrap();
        let (namespace, payload) = (ByteString::from_static("/a"), Payload::none());
        let answer = Content::Answer { namespace: namespace.clone(), id: 7, payload };
        let suppressed = Publication::new(answer).suppressed(&refusal).expect("it is awaited");
        let Content::Answer { id: 7, payload, .. } = &suppressed.0.content else {
            panic!("{suppressed:?} is no answer")
        };
        assert_eq!(payload.json(), r#"{"error":{"code":"lapsed","message":"it is over"}}"#);
        let ended = Publication::new(Content::Disconnected { namespace });
        assert!(ended.suppressed(&refusal).is_none());
    }
}
