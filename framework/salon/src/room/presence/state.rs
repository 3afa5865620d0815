//! The users of one room: who is there, over which connections, and who may still come back.
//!
//! It must never count one user twice, nor know a connection that the room does not.

use std::collections::BTreeMap;

use bytestring::ByteString;
use indexmap::IndexMap;
use serde_json::Value;

use super::change::{PresenceSnapshot, PresentUser};
use crate::base::{number::SessionNumber, timers::Timer};

/// Who is in a room that tells its members so.
#[derive(Default)]
pub(crate) struct PresenceState {
    users: IndexMap<ByteString, Attendee>,
    sessions: BTreeMap<SessionNumber, ByteString>,
    /// How many users have no connection.
    away: usize,
    /// Whether there are too many to be told by name.
    pub(super) counted: bool,
    /// Whether the members will be told the number, so that the next change need not see to it.
    pub(super) announced: bool,
}

/// One user.
#[derive(Debug, Default)]
struct Attendee {
    connections: Vec<(SessionNumber, Value)>,
    away: Option<Away>,
}

/// What is left of a user whose last connection was lost.
#[derive(Debug)]
struct Away {
    meta: Value,
    /// What ends its grace.
    timer: Timer,
}

/// What has changed by one thing that happened.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Change {
    Nothing,
    Joined(PresentUser),
    Updated(PresentUser),
    Left(String),
}

/// What became of a user by the end of one of its connections.
pub(super) enum Parted {
    /// It was not there, or it is there by another connection.
    Stays(Change),
    /// It was its last connection, of which this was seen.
    Last(ByteString, Value),
}

impl PresenceState {
    /// How many users there are.
    pub(super) fn len(&self) -> usize {
        self.users.len()
    }

    /// Whether a user is there, or may still come back.
    pub(super) fn knows(&self, user: &str) -> bool {
        self.users.contains_key(user)
    }

    /// How many users have no connection.
    pub(super) fn away(&self) -> usize {
        self.away
    }

    /// A connection of a user has come. The timer that was to end its grace is void.
    pub(super) fn enter(
        &mut self,
        session: SessionNumber,
        user: &ByteString,
        meta: Value,
    ) -> (Change, Option<Timer>) {
        let known = self.users.contains_key(user);
        let attendee = self.users.entry(user.clone()).or_default();
        let away = attendee.away.take();
        self.away -= usize::from(away.is_some());
        let is_seen = attendee.connections.len() < PresentUser::MOST_METAS;
        attendee.connections.push((session, meta));
        self.sessions.insert(session, user.clone());
        let same = away.as_ref().is_some_and(|away| attendee.connections[0].1 == away.meta);
        let change = match known {
            false => Change::Joined(attendee.seen(user)),
            true if same || !is_seen => Change::Nothing,
            true => Change::Updated(attendee.seen(user)),
        };
        (change, away.map(|away| away.timer))
    }

    /// Something else is seen of a connection.
    pub(super) fn update(&mut self, session: SessionNumber, meta: Value) -> Change {
        let Some(user) = self.sessions.get(&session) else { return Change::Nothing };
        let Some(attendee) = self.users.get_mut(user) else { return Change::Nothing };
        let mut connections = attendee.connections.iter_mut().enumerate();
        match connections.find(|(_, (number, _))| *number == session) {
            Some((index, (_, seen))) if *seen != meta => {
                *seen = meta;
                if index < PresentUser::MOST_METAS {
                    return Change::Updated(attendee.seen(user));
                }
            }
            _ => {}
        }
        Change::Nothing
    }

    /// A connection has gone.
    pub(super) fn part(&mut self, session: SessionNumber) -> Parted {
        let nothing = Parted::Stays(Change::Nothing);
        let Some(user) = self.sessions.remove(&session) else { return nothing };
        let Some(attendee) = self.users.get_mut(&user) else { return nothing };
        let connections = &mut attendee.connections;
        let Some(index) = connections.iter().position(|(number, _)| *number == session) else {
            return nothing;
        };
        let (_, meta) = connections.remove(index);
        if connections.is_empty() {
            Parted::Last(user, meta)
        } else if index >= PresentUser::MOST_METAS {
            nothing
        } else {
            Parted::Stays(Change::Updated(attendee.seen(&user)))
        }
    }

    /// A user without connections is taken to be there until that timer ends.
    pub(super) fn hold(&mut self, user: &ByteString, meta: Value, timer: Timer) {
        if let Some(attendee) = self.users.get_mut(user) {
            attendee.away = Some(Away { meta, timer });
            self.away += 1;
        }
    }

    /// A user is not there any more; nothing if it has come back, or was not there.
    pub(super) fn remove(&mut self, user: &ByteString) -> Change {
        match self.users.get(user) {
            Some(attendee) if attendee.connections.is_empty() => {
                self.away -= usize::from(attendee.away.is_some());
                self.users.shift_remove(user);
                Change::Left(user.to_string())
            }
            _ => Change::Nothing,
        }
    }

    /// Nobody is held any more: who has no connection is not there.
    pub(crate) fn forget_those_away(&mut self) {
        self.users.retain(|_, attendee| !attendee.connections.is_empty());
        (self.announced, self.away) = (false, 0);
    }

    /// Everybody, in the order in which they came.
    pub(crate) fn users(&self) -> impl Iterator<Item = PresentUser> {
        self.users.iter().map(|(user, attendee)| attendee.seen(user))
    }

    /// Whether a user has no connection now.
    pub(super) fn is_away(&self, user: &str) -> bool {
        self.users.get(user).is_some_and(|attendee| attendee.connections.is_empty())
    }

    /// What one who comes now is told.
    pub(crate) fn snapshot(&self) -> PresenceSnapshot {
        if self.counted {
            PresenceSnapshot::Count(self.len())
        } else {
            PresenceSnapshot::Users(self.users().collect())
        }
    }
}

impl Attendee {
    fn seen(&self, user: &str) -> PresentUser {
        let here = self.connections.iter().map(|(_, meta)| meta).take(PresentUser::MOST_METAS);
        let away = self.away.iter().map(|away| &away.meta);
        PresentUser { user: user.to_owned(), metas: here.chain(away).cloned().collect() }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn seen(metas: &[Value]) -> PresentUser {
        PresentUser { user: "ada".to_owned(), metas: metas.to_vec() }
    }

    fn timer() -> Timer {
        crate::base::timers::Timers::<(), ()>::default().after(
            std::time::Duration::ZERO,
            crate::base::meter::Tally::NONE,
            |(), ()| {},
        )
    }

    #[test]
    fn one_user_is_counted_once_over_all_its_connections() {
        let (ada, first, second) = ("ada".into(), SessionNumber::next(), SessionNumber::next());
        let mut presence_state = PresenceState::default();
        let joined = presence_state.enter(first, &ada, json!(1)).0;
        assert_eq!(joined, Change::Joined(seen(&[json!(1)])));
        let updated = presence_state.enter(second, &ada, json!(2)).0;
        assert_eq!(updated, Change::Updated(seen(&[json!(1), json!(2)])));
        assert_eq!(presence_state.len(), 1);
        assert_eq!(presence_state.update(second, json!(2)), Change::Nothing);
        let Parted::Stays(change) = presence_state.part(first) else { panic!("another is there") };
        assert_eq!(change, Change::Updated(seen(&[json!(2)])));
        let Parted::Last(user, meta) = presence_state.part(second) else {
            panic!("it was the last")
        };
        assert_eq!((&user, meta), (&ada, json!(2)));
        assert_eq!(presence_state.remove(&ada), Change::Left("ada".to_owned()));
        assert_eq!(presence_state.len(), 0);
    }

    #[test]
    fn of_a_user_of_many_connections_no_more_is_seen_than_of_the_first() {
        let ada = ByteString::from_static("ada");
        let mut presence_state = PresenceState::default();
        let sessions: Vec<_> =
            (0..PresentUser::MOST_METAS + 2).map(|_| SessionNumber::next()).collect();
        let is_news: Vec<_> = (0..)
            .zip(&sessions)
            .map(|(number, session)| presence_state.enter(*session, &ada, json!(number)).0)
            .map(|change| change != Change::Nothing)
            .collect();
        let seen: Vec<_> = (0..sessions.len()).map(|at| at < PresentUser::MOST_METAS).collect();
        assert_eq!(is_news, seen);
        for (at, session) in sessions.iter().enumerate() {
            let change = presence_state.update(*session, json!("new"));
            assert_eq!(change != Change::Nothing, seen[at], "of connection {at}");
        }
        for at in [PresentUser::MOST_METAS, PresentUser::MOST_METAS - 1] {
            let Parted::Stays(change) = presence_state.part(sessions[at]) else { panic!("others") };
            assert_eq!(change != Change::Nothing, seen[at], "of connection {at}");
        }
    }

    #[test]
    fn who_comes_back_in_time_has_not_been_away_unless_it_is_seen_otherwise() {
        let ada = ByteString::from_static("ada");
        let mut presence_state = PresenceState::default();
        for (meta, change) in [
            (json!(1), Change::Joined(seen(&[json!(1)]))),
            (json!(1), Change::Nothing),
            (json!(2), Change::Updated(seen(&[json!(2)]))),
        ] {
            let session = SessionNumber::next();
            assert_eq!(presence_state.enter(session, &ada, meta).0, change);
            let Parted::Last(user, meta) = presence_state.part(session) else { panic!("the last") };
            presence_state.hold(&user, meta, timer());
            assert!(presence_state.is_away("ada"));
            assert_eq!(presence_state.len(), 1);
        }
        presence_state.forget_those_away();
        assert_eq!(presence_state.len(), 0);
    }
}
