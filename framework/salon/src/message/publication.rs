//! One thing that is published: a value that everybody who gets it shares.
//!
//! It must never be written per recipient: its form is made at most once for each codec, and what is to
//! become of it is decided without one.

use std::{
    fmt,
    sync::{Arc, OnceLock, Weak},
};

use bytestring::ByteString;

use super::{
    AwaitedId, Class, CodecId, Content, Epoch, Form, Listener, Topic, content::Ordered,
    forms::Forms,
};
use crate::{base::room_id::RoomId, event::PRESENCE, payload::Payload, wire::engine_io};

/// What is published, with its forms; cloning it counts a reference.
#[derive(Clone)]
pub(crate) struct Publication(Arc<Inner>);

struct Inner {
    content: Content,
    /// The typed room whose members alone may have it.
    room: Option<RoomId>,
    /// What becomes of it where a client is slow.
    class: Class,
    /// If it is kept: where, so that whoever cannot take it now reads it there later. What is lossy never
    /// is. Boxed: most are not.
    kept: Option<Box<Kept>>,
    forms: Forms,
}

/// Where something that is kept can be read again.
#[derive(Clone)]
pub(crate) struct Kept {
    /// Weak: what is kept in a log does not keep it.
    pub(crate) log: Weak<dyn Log>,
    /// Its number there.
    pub(crate) seq: u64,
    /// Whether whoever cannot take it now is cut off all the same.
    pub(crate) closes: bool,
    /// If it is to be acknowledged: by what.
    pub(crate) awaited: Option<Arc<AwaitedId>>,
    /// What is read in its place by whom it is not for, once somebody has: all of them share it.
    pub(crate) skip: OnceLock<Publication>,
}

/// A part of what is kept of one order, for one who missed it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stretch {
    /// Behind which number it begins.
    pub(crate) after: u64,
    /// The number of its last.
    pub(crate) to: u64,
    /// Whether the client has a list of who was there at the end of it: what the stretch tells of that is of
    /// before, and would make the list untrue.
    pub(crate) is_listed: bool,
}

/// What is kept of one order of a room, by numbers.
pub(crate) trait Log: Send + Sync {
    /// What is kept from the number `from` on, one for each number up to `to`, as `listener` gets it: no
    /// more than `most`, and no more bytes than `bytes` unless the first alone has more. Nothing if it
    /// is not there any more.
    fn read(
        &self,
        from: u64,
        to: u64,
        listener: &Listener,
        most: usize,
        bytes: usize,
    ) -> Option<Vec<Publication>>;
}

impl Publication {
    /// For whoever is chosen.
    pub(crate) fn new(content: Content) -> Self {
        Self::with(content, None, Class::Reliable)
    }

    /// For members of a typed room alone.
    pub(crate) fn of_room(content: Content, room: RoomId, class: Class) -> Self {
        Self::with(content, Some(room), class)
    }

    /// For members of a typed room alone, whose order keeps it.
    pub(crate) fn kept_by_room(content: Content, room: RoomId, kept: Kept) -> Self {
        Self::make(content, Some(room), Class::Reliable, Some(Box::new(kept)))
    }

    /// An event for whoever is chosen.
    pub(crate) fn event(
        namespace: ByteString,
        name: ByteString,
        payload: Payload,
        order: Option<Ordered>,
        class: Class,
    ) -> Self {
        let content = Content::Event { namespace, name, payload, order, question: None };
        Self::with(content, None, class)
    }

    /// An event that is to be acknowledged, with the label of its acknowledgement.
    pub(crate) fn question(
        namespace: ByteString,
        name: ByteString,
        payload: Payload,
        room: Option<RoomId>,
        id: u64,
    ) -> Self {
        let question = Some(id);
        let content = Content::Event { namespace, name, payload, order: None, question };
        Self::with(content, room, Class::Reliable)
    }

    /// A message as it is.
    pub(crate) fn message(message: engine_io::Message) -> Self {
        Self::new(Content::Message(message))
    }

    /// For members of that room alone, if there is one; its class says what becomes of it where a client is
    /// slow.
    pub(crate) fn with(content: Content, room: Option<RoomId>, class: Class) -> Self {
        Self::make(content, room, class, None)
    }

    fn make(content: Content, room: Option<RoomId>, class: Class, kept: Option<Box<Kept>>) -> Self {
        debug_assert!(kept.is_none() || class.is_reliable(), "nothing is kept that has no number");
        Self(Arc::new(Inner { content, room, class, kept, forms: Forms::default() }))
    }

    /// Its form by that codec, which whoever asks for it first makes.
    pub(crate) fn form_by(&self, codec: CodecId, make: impl Fn(&Content) -> Form) -> &Form {
        self.0.forms.get_or_make(codec, || make(&self.0.content))
    }

    /// No other form of it will be asked for: of its payload nothing is kept, unless others have it
    /// as well. It may be a window into what a client has sent, and hold all of that.
    pub(crate) fn give_up_payload(&mut self) {
        if let Some(inner) = Arc::get_mut(&mut self.0) {
            inner.content.give_up_payload();
        }
    }

    /// The bytes of what it says, whatever it is written as.
    pub(crate) fn size(&self) -> usize {
        self.0.content.size()
    }

    /// Whether it is this very one.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// What becomes of it where a client is slow.
    pub(crate) fn class(&self) -> &Class {
        &self.0.class
    }

    /// What it has in common with others of which a client need not get each; nothing if it waits with
    /// what is reliable.
    pub(crate) fn topic(&self) -> Option<Topic> {
        let key = match &self.0.class {
            Class::Reliable | Class::Volatile => return None,
            Class::Latest(key) => key.clone(),
            Class::Drop { .. } => None,
        };
        let Content::Event { namespace, name, .. } = &self.0.content else { return None };
        Some(Topic { namespace: namespace.clone(), room: self.0.room, event: name.clone(), key })
    }

    /// The typed room whose members alone may have it.
    pub(crate) fn room(&self) -> Option<RoomId> {
        self.0.room
    }

    /// In which order of its room it has a place, if it has one.
    pub(crate) fn epoch(&self) -> Option<Epoch> {
        match &self.0.content {
            Content::Event { order: Some(Ordered::InRoom(position)), .. } => Some(position.epoch),
            _ => None,
        }
    }

    /// Where it can be read again, if a room keeps it.
    pub(crate) fn kept(&self) -> Option<&Kept> {
        self.0.kept.as_deref()
    }

    /// Its number among what is kept for sessions that come back; 0 if it is not.
    pub(crate) fn number(&self) -> u64 {
        match self.0.content {
            Content::Event { order: Some(Ordered::Kept(offset)), .. } => offset.number,
            _ => 0,
        }
    }

    /// What it is called and carries, if it is an event.
    pub(crate) fn named_payload(&self) -> Option<(&ByteString, &Payload)> {
        match &self.0.content {
            Content::Event { name, payload, .. } => Some((name, payload)),
            _ => None,
        }
    }

    /// Whether somebody waits for it.
    pub(crate) fn is_answer(&self) -> bool {
        matches!(self.0.content, Content::Answer { .. })
    }

    /// Whether it tells who is in a room.
    pub(crate) fn tells_presence(&self) -> bool {
        self.named_payload().is_some_and(|(name, _)| *name == PRESENCE)
    }

    /// What a member gets in place of this if it is not for that, or has no form for its client, and is kept:
    /// of the numbers none is missing.
    pub(crate) fn skipped(&self) -> Option<Self> {
        let kept = self.kept()?;
        if let Some(skip) = kept.skip.get() {
            return Some(skip.clone());
        }
        let skip = self.make_skip(kept)?;
        Some(kept.skip.get_or_init(|| skip).clone())
    }

    fn make_skip(&self, kept: &Kept) -> Option<Self> {
        let Content::Event { namespace, order: Some(Ordered::InRoom(position)), .. } =
            &self.0.content
        else {
            return None;
        };
        let content = Content::Event {
            namespace: namespace.clone(),
            name: ByteString::from_static("salon:skip"),
            payload: Payload::encode_single(position).ok()?,
            // It is the position itself, and so has none behind it.
            order: None,
            question: None,
        };
        // It is not worth a connection, nor an acknowledgement.
        let (log, seq) = (kept.log.clone(), kept.seq);
        let kept = Kept { log, seq, closes: false, awaited: None, skip: OnceLock::new() };
        Some(Self::kept_by_room(content, self.0.room?, kept))
    }

    /// What a client gets in place of this once it has lost the right to it: the answer that it
    /// awaits, with that refusal, and nothing in place of anything else.
    pub(crate) fn suppressed(&self, refusal: &Payload) -> Option<Self> {
        let Content::Answer { namespace, id, .. } = &self.0.content else { return None };
        let (namespace, payload): (ByteString, _) = (namespace.clone(), refusal.clone());
        Some(Self::new(Content::Answer { namespace, id: *id, payload, is_refusal: true }))
    }
}

impl fmt::Debug for Publication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Publication")
            .field("content", &self.0.content)
            .field("class", &self.0.class)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::refusal::{Code, Refusal};

    #[test]
    fn an_answer_that_is_suppressed_says_so_and_nothing_else_says_anything() {
        let refusal = Payload::encode_single(&Refusal::new(Code::Lapsed, "it is over")).unwrap();
        let (namespace, payload) = (ByteString::from_static("/a"), Payload::none());
        let (id, is_refusal) = (7, false);
        let answer = Content::Answer { namespace: namespace.clone(), id, payload, is_refusal };
        let suppressed = Publication::new(answer).suppressed(&refusal).expect("it is awaited");
        let Content::Answer { id: 7, payload, is_refusal: true, .. } = &suppressed.0.content else {
            panic!("{suppressed:?} is no refusal")
        };
        assert_eq!(payload.json(), r#"{"code":"lapsed","message":"it is over"}"#);
        let ended = Publication::new(Content::Disconnected { namespace });
        assert!(ended.suppressed(&refusal).is_none());
    }
}
