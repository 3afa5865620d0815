//! The sessions of one namespace on one worker, and the untyped rooms that they are in.
//!
//! It must never name a session twice in one delivery, in however many rooms it is.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use bytestring::ByteString;
use indexmap::IndexSet;

use super::local_members::LocalMembers;
use crate::{
    base::number::SessionNumber,
    session::{
        handle::SessionHandle,
        session_id::{ById, SessionId},
    },
};

/// The local sessions of one namespace.
#[derive(Default)]
pub(crate) struct LocalSessions {
    pub(crate) sessions: IndexSet<ById<SessionHandle>>,
    pub(crate) rooms: HashMap<ByteString, LocalMembers>,
}

impl LocalSessions {
    pub(crate) fn each(
        &self,
        to: &[ByteString],
        except: &[ByteString],
        mut visit: impl FnMut(&Arc<SessionHandle>),
    ) {
        let excluded: HashSet<SessionNumber> =
            except.iter().flat_map(|name| self.named(name)).map(|handle| handle.number).collect();
        match to {
            [] => self
                .sessions
                .iter()
                .map(|ById(handle)| handle)
                .filter(|handle| !excluded.contains(&handle.number))
                .for_each(visit),
            [only] => {
                self.named(only)
                    .filter(|handle| !excluded.contains(&handle.number))
                    .for_each(visit);
            }
            several => {
                let mut seen = excluded;
                for handle in several.iter().flat_map(|name| self.named(name)) {
                    if seen.insert(handle.number) {
                        visit(handle);
                    }
                }
            }
        }
    }

    /// The sessions in the room of that name, and the one whose id it is.
    fn named(&self, name: &ByteString) -> impl Iterator<Item = &Arc<SessionHandle>> {
        let members = self.rooms.get(name);
        // A session may have joined a room of its own name as well.
        let alone = SessionId::parse(name)
            .and_then(|id| self.sessions.get(&id))
            .map(|ById(handle)| handle)
            .filter(|session| members.is_none_or(|members| !members.contains(session.number)));
        members.into_iter().flat_map(LocalMembers::iter).chain(alone)
    }
}
