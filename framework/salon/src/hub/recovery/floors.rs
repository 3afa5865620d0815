//! What is kept no more for sessions that come back, by whom it was for.
//!
//! It must never forget that something is gone: where it cannot tell for whom that was, it was for all.

use std::collections::HashMap;

use bytestring::ByteString;

use super::recipient::Recipient;
use crate::{hub::target::Target, session::session_id::SessionId};

/// The number of the last that is gone, of all that was for somebody.
#[derive(Debug, Default)]
pub(super) struct Floors {
    /// For whoever is not told apart.
    all: u64,
    of: HashMap<Meant, u64>,
}

/// For whom something was.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Meant {
    Namespace(ByteString),
    /// Those in an untyped room; a session's id works as one that it is alone in.
    Room(ByteString, ByteString),
    Session(SessionId),
    User(ByteString, ByteString),
}

impl Floors {
    /// What was for `target` is gone, up to that number. At most `limit` are told apart.
    pub(super) fn raise(&mut self, target: Target, number: u64, limit: usize) {
        match target {
            // Members of typed rooms have nothing kept for them.
            Target::Room { .. } => {}
            Target::Namespace { namespace, to, .. } if to.is_empty() => {
                self.of.insert(Meant::Namespace(namespace), number);
            }
            Target::Namespace { namespace, to, .. } => {
                let rooms = to.into_iter().map(|room| Meant::Room(namespace.clone(), room));
                self.of.extend(rooms.map(|meant| (meant, number)));
            }
            Target::Session { id, .. } => {
                self.of.insert(Meant::Session(id), number);
            }
            Target::User { namespace, subject, .. } => {
                self.of.insert(Meant::User(namespace, subject), number);
            }
        }
        if self.of.len() > limit {
            self.all = number;
            self.of = HashMap::new();
        }
    }

    #[cfg(test)]
    pub(super) fn is_bounded_by(&self, limit: usize) -> bool {
        self.of.len() <= limit
    }

    /// The number of the last that is gone and was for a session, as far as can be told.
    pub(super) fn of(&self, recipient: &Recipient) -> u64 {
        let Recipient { namespace, id, rooms, subject } = recipient;
        let room = |room: ByteString| Meant::Room(namespace.clone(), room);
        let rooms = rooms.iter().cloned().chain([id.to_byte_string()]).map(room);
        let user = subject.iter().map(|subject| Meant::User(namespace.clone(), subject.clone()));
        let itself = [Meant::Namespace(namespace.clone()), Meant::Session(*id)];
        let meant = itself.into_iter().chain(user).chain(rooms);
        meant.filter_map(|meant| self.of.get(&meant).copied()).fold(self.all, u64::max)
    }
}
