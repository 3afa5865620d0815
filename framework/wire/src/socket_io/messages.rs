//! The Engine.IO messages of one packet.

use std::ops::Deref;

use smallvec::SmallVec;

use crate::engine_io::Message;

/// Engine.IO messages in the order in which they go, mostly those of one packet: one, and one more per
/// attachment. A single one costs no allocation.
///
/// ```
/// use salon_wire::{engine_io::Message, socket_io::Messages};
///
/// let mut messages = Messages::from(Message::Text("2[\"hello\"]".into()));
/// messages.push(Message::Binary(vec![1, 2].into()));
/// assert_eq!(messages.len(), 2);
/// assert!(matches!(messages[0], Message::Text(_)));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Messages(SmallVec<[Message; 1]>);

impl Messages {
    /// None.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one behind the others.
    pub fn push(&mut self, message: Message) {
        self.0.push(message);
    }
}

impl Deref for Messages {
    type Target = [Message];

    fn deref(&self) -> &[Message] {
        &self.0
    }
}

impl From<Message> for Messages {
    fn from(message: Message) -> Self {
        Self(SmallVec::from_buf([message]))
    }
}

impl FromIterator<Message> for Messages {
    fn from_iter<I: IntoIterator<Item = Message>>(messages: I) -> Self {
        Self(messages.into_iter().collect())
    }
}

impl Extend<Message> for Messages {
    fn extend<I: IntoIterator<Item = Message>>(&mut self, messages: I) {
        self.0.extend(messages);
    }
}

impl IntoIterator for Messages {
    type Item = Message;
    type IntoIter = IntoMessages;

    fn into_iter(self) -> IntoMessages {
        IntoMessages(self.0.into_iter())
    }
}

impl<'a> IntoIterator for &'a Messages {
    type Item = &'a Message;
    type IntoIter = std::slice::Iter<'a, Message>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

/// The messages of a [`Messages`], one after the other.
#[derive(Debug)]
pub struct IntoMessages(smallvec::IntoIter<[Message; 1]>);

impl Iterator for IntoMessages {
    type Item = Message;

    fn next(&mut self) -> Option<Message> {
        self.0.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl ExactSizeIterator for IntoMessages {}
