//! How a room's context keeps who is there, and tells the members.
//!
//! It must never call the room's code but for what [`Present`](super::Present) asks it.

use std::{sync::Arc, time::Duration};

use bytestring::ByteString;
use serde_json::Value;

use super::{
    Presence, Present, PresentUser,
    attendance::{Attendance, Change, Parted},
    change::PresenceChange,
};
use crate::{
    logged::Logged,
    number::SessionNumber,
    peer::Peer,
    room::{Departure, Member, Room, RoomContext, context::Action},
};

/// How many users without a connection a room takes to be there; one more is gone at once.
const MOST_AWAY: usize = 10_000;

/// How often the members are told a number, at most.
const COUNT_INTERVAL: Duration = Duration::from_secs(1);

impl<R: Present> RoomContext<R> {
    /// Who is there, in the order in which they came: users, those whose grace is not over among
    /// them. Nobody if [`Room::PRESENCE`] is off.
    #[must_use]
    pub fn presence(&self) -> Vec<PresentUser<R::Meta>> {
        let attendance = self.attendance.iter();
        attendance.flat_map(|attendance| attendance.users()).map(PresentUser::typed).collect()
    }

    /// Whether a user is taken to be there and has no connection: it may still come back.
    #[must_use]
    pub fn is_away(&self, user: &str) -> bool {
        self.attendance.as_ref().is_some_and(|attendance| attendance.is_away(user))
    }

    /// Something else is to be seen of a member: [`Present::meta`] is asked when the handler has
    /// returned, and the others are told if it says something new.
    pub fn update_presence(&mut self, member: &Member<R::Identity>) {
        self.actions.push_back(Action::UpdatePresence(member.number()));
    }
}

impl<R: Room> RoomContext<R> {
    const PRESENCE: Presence<R> = R::PRESENCE;

    /// An empty attendance, if the room keeps one.
    pub(in crate::room) fn new_attendance() -> Option<Box<Attendance>> {
        Self::PRESENCE.of.is_some().then(Box::default)
    }

    /// What is seen of a member, if the room tells.
    pub(in crate::room) fn meta(room: &R, who: &Member<R::Identity>) -> Value {
        let meta = Self::PRESENCE.of.map(|hooks| (hooks.meta)(room, who));
        meta.transpose().map(Option::unwrap_or_default).unwrap_or_else(|error| {
            let error = Logged(error);
            tracing::error!(room = R::NAME, %error, "a meta has no JSON form: it is seen as null");
            Value::Null
        })
    }

    /// A member comes: the others are told.
    pub(in crate::room) fn appear(&mut self, peer: &Arc<Peer>, meta: Value) {
        let Some(attendance) = &mut self.attendance else { return };
        let (change, timer) = attendance.enter(peer.number, &user(peer).0, meta);
        if let Some(timer) = timer {
            self.timers.cancel(timer);
        }
        self.tell(change);
    }

    /// Something else may be seen of a member.
    pub(in crate::room) fn change(&mut self, session: SessionNumber, meta: Value) {
        let Some(attendance) = &mut self.attendance else { return };
        let change = attendance.update(session, meta);
        self.tell(change);
    }

    /// A member has left. If its user is gone by that: who it was.
    pub(in crate::room) fn disappear(
        &mut self,
        peer: &Arc<Peer>,
        why: &Departure,
    ) -> Option<ByteString> {
        if *why == Departure::Closed {
            // Those who are still there are about to be told that the room is closed.
            self.attendance = None;
        }
        let attendance = self.attendance.as_mut()?;
        let (user, meta) = match attendance.part(peer.number) {
            Parted::Stays(change) => {
                self.tell(change);
                return None;
            }
            Parted::Last(user, meta) => (user, meta),
        };
        let lost = match why {
            Departure::Disconnected(reason) => reason.is_recoverable(),
            Departure::Lapsed => Self::PRESENCE.after_lapse,
            Departure::Left | Departure::Evicted | Departure::Closed => false,
        };
        let (_, known_again) = self::user(peer);
        let held = known_again && attendance.away() < MOST_AWAY;
        if lost && held && Self::PRESENCE.grace > Duration::ZERO {
            let (gone, tally) = (user.clone(), self.roll.broadcaster().tally);
            let timer = self.timers.after(Self::PRESENCE.grace, tally, move |room, cx| {
                if cx.forget(&gone) {
                    Self::absent(room, &gone, cx);
                }
            });
            attendance.hold(&user, meta, timer);
            None
        } else {
            self.forget(&user).then_some(user)
        }
    }

    /// The user that a session is one of, if the room tells who is there and that one is not.
    pub(in crate::room) fn unknown_user(&self, peer: &Peer) -> Option<ByteString> {
        let (user, _) = user(peer);
        self.attendance.as_ref().filter(|attendance| !attendance.knows(&user)).map(|_| user)
    }

    /// Tells the room that a user is gone.
    pub(in crate::room) fn absent(room: &mut R, user: &str, cx: &mut Self) {
        if let Some(hooks) = Self::PRESENCE.of {
            (hooks.absent)(room, user, cx);
        }
    }

    /// A user is not there any more, if it has no connection; the others are told.
    fn forget(&mut self, user: &ByteString) -> bool {
        let Some(attendance) = &mut self.attendance else { return false };
        let change = attendance.remove(user);
        let gone = change != Change::Nothing;
        self.tell(change);
        gone
    }

    /// Tells the members what has changed, or how many there are if that is all they are told.
    fn tell(&mut self, change: Change) {
        let Some(attendance) = self.attendance.as_mut().filter(|_| change != Change::Nothing)
        else {
            return;
        };
        let (most, users) = (Self::PRESENCE.most, attendance.len());
        let room = self.roll.name().to_string();
        if attendance.counted && users <= most - most / 4 {
            attendance.counted = false;
            let users = attendance.users().collect();
            return self.everyone().emit_any(&PresenceChange::All { room, users });
        }
        if !attendance.counted && users > most {
            attendance.counted = true;
            return self.everyone().emit_any(&PresenceChange::Count { room, count: users });
        }
        if attendance.counted {
            if !std::mem::replace(&mut attendance.announced, true) {
                let tally = self.roll.broadcaster().tally;
                self.timers.after(COUNT_INTERVAL, tally, |_, cx| cx.announce());
            }
            return;
        }
        let (mut joined, mut updated, mut left) = (Vec::new(), Vec::new(), Vec::new());
        match change {
            Change::Nothing => {}
            Change::Joined(user) => joined.push(user),
            Change::Updated(user) => updated.push(user),
            Change::Left(user) => left.push(user),
        }
        self.everyone().emit_any(&PresenceChange::Users { room, joined, updated, left });
    }

    /// Tells the members how many there are, if that is still what they are told.
    fn announce(&mut self) {
        let Some(attendance) = &mut self.attendance else { return };
        attendance.announced = false;
        if attendance.counted {
            let (room, count) = (self.roll.name().to_string(), attendance.len());
            self.everyone().emit_any(&PresenceChange::Count { room, count });
        }
    }
}

/// Which user a session is one of, and whether it would be known again.
fn user(peer: &Peer) -> (ByteString, bool) {
    match peer.standing.look(|credential| credential.subject.clone()) {
        Some(subject) => (subject, true),
        None => (peer.id.to_byte_string(), false),
    }
}
