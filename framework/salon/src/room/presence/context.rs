//! How a room's context keeps who is there, and tells the members.
//!
//! It must never call the room's code but for what [`Present`](super::Present) asks it.

use std::{sync::Arc, time::Duration};

use bytestring::ByteString;
use serde_json::Value;

use super::{
    Present,
    change::{PresenceChange, PresentUser},
    setting::Presence,
    state::{Change, Parted, PresenceState},
};
use crate::{
    base::{logged::Logged, number::SessionNumber},
    room::{
        context::{Action, RoomContext},
        contract::Room,
        membership::{LeaveReason, Member},
    },
    session::handle::SessionHandle,
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
        let presence_state = self.presence_state.iter();
        presence_state
            .flat_map(|presence_state| presence_state.users())
            .map(PresentUser::typed)
            .collect()
    }

    /// Whether a user is taken to be there and has no connection: it may still come back.
    #[must_use]
    pub fn is_away(&self, user: &str) -> bool {
        self.presence_state.as_ref().is_some_and(|presence_state| presence_state.is_away(user))
    }

    /// Something else is to be seen of a member: [`Present::meta`] is asked when the handler has
    /// returned, and the others are told if it says something new.
    pub fn update_presence(&mut self, member: &Member<R::Identity>) {
        self.actions.push_back(Action::UpdatePresence(member.number()));
    }
}

impl<R: Room> RoomContext<R> {
    const PRESENCE: Presence<R> = R::PRESENCE;

    /// Nobody, if the room keeps presence.
    pub(in crate::room) fn new_presence() -> Option<Box<PresenceState>> {
        Self::PRESENCE.of.is_some().then(Box::default)
    }

    /// What is seen of a member, if the room tells.
    pub(in crate::room) fn meta(room: &R, who: &Arc<SessionHandle>) -> Value {
        let meta = Self::PRESENCE.of.map(|hooks| (hooks.meta)(room, who));
        meta.transpose().map(Option::unwrap_or_default).unwrap_or_else(|error| {
            let error = Logged(error);
            tracing::error!(room = R::NAME, %error, "a meta has no JSON form: it is seen as null");
            Value::Null
        })
    }

    /// A member comes: the others are told.
    pub(in crate::room) fn appear(&mut self, handle: &Arc<SessionHandle>, meta: Value) {
        let Some(presence_state) = &mut self.presence_state else { return };
        let (change, timer) = presence_state.enter(handle.number, &user(handle).0, meta);
        if let Some(timer) = timer {
            self.timers.cancel(timer);
        }
        self.tell(change);
    }

    /// Something else may be seen of a member.
    pub(in crate::room) fn change(&mut self, session: SessionNumber, meta: Value) {
        let Some(presence_state) = &mut self.presence_state else { return };
        let change = presence_state.update(session, meta);
        self.tell(change);
    }

    /// A member has left. If its user is gone by that: who it was.
    pub(in crate::room) fn disappear(
        &mut self,
        handle: &Arc<SessionHandle>,
        why: &LeaveReason,
    ) -> Option<ByteString> {
        if *why == LeaveReason::Closed {
            // Those who are still there are about to be told that the room is closed.
            self.presence_state = None;
        }
        let presence_state = self.presence_state.as_mut()?;
        let (user, meta) = match presence_state.part(handle.number) {
            Parted::Stays(change) => {
                self.tell(change);
                return None;
            }
            Parted::Last(user, meta) => (user, meta),
        };
        let lost = match why {
            LeaveReason::Disconnected(reason) => reason.is_recoverable(),
            LeaveReason::Lapsed => Self::PRESENCE.after_lapse,
            LeaveReason::Left | LeaveReason::Evicted | LeaveReason::Closed => false,
        };
        let (_, known_again) = self::user(handle);
        let held = known_again && presence_state.away() < MOST_AWAY;
        if lost && held && Self::PRESENCE.grace > Duration::ZERO {
            let (gone, tally) = (user.clone(), self.members.broadcaster().tally);
            let timer = self.timers.after(Self::PRESENCE.grace, tally, move |room, cx| {
                if cx.forget(&gone) {
                    Self::absent(room, &gone, cx);
                }
            });
            presence_state.hold(&user, meta, timer);
            None
        } else {
            self.forget(&user).then_some(user)
        }
    }

    /// The user that a session is one of, if the room tells who is there and that one is not.
    pub(in crate::room) fn unknown_user(&self, handle: &SessionHandle) -> Option<ByteString> {
        let (user, _) = user(handle);
        self.presence_state
            .as_ref()
            .filter(|presence_state| !presence_state.knows(&user))
            .map(|_| user)
    }

    /// Tells the room that a user is gone.
    pub(in crate::room) fn absent(room: &mut R, user: &str, cx: &mut Self) {
        if let Some(hooks) = Self::PRESENCE.of {
            (hooks.absent)(room, user, cx);
        }
    }

    /// A user is not there any more, if it has no connection; the others are told.
    fn forget(&mut self, user: &ByteString) -> bool {
        let Some(presence_state) = &mut self.presence_state else { return false };
        let change = presence_state.remove(user);
        let gone = change != Change::Nothing;
        self.tell(change);
        gone
    }

    /// Tells the members what has changed, or how many there are if that is all they are told.
    fn tell(&mut self, change: Change) {
        let Some(presence_state) =
            self.presence_state.as_mut().filter(|_| change != Change::Nothing)
        else {
            return;
        };
        let (most, users) = (Self::PRESENCE.most, presence_state.len());
        let room = self.members.name().to_string();
        if presence_state.counted && users <= most - most / 4 {
            presence_state.counted = false;
            let users = presence_state.users().collect();
            return self.everyone().emit_any(&PresenceChange::All { room, users });
        }
        if !presence_state.counted && users > most {
            presence_state.counted = true;
            return self.everyone().emit_any(&PresenceChange::Count { room, count: users });
        }
        if presence_state.counted {
            if !std::mem::replace(&mut presence_state.announced, true) {
                let tally = self.members.broadcaster().tally;
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
        let Some(presence_state) = &mut self.presence_state else { return };
        presence_state.announced = false;
        if presence_state.counted {
            let (room, count) = (self.members.name().to_string(), presence_state.len());
            self.everyone().emit_any(&PresenceChange::Count { room, count });
        }
    }
}

/// Which user a session is one of, and whether it would be known again.
fn user(handle: &SessionHandle) -> (ByteString, bool) {
    match handle.auth_state.look(|credential| credential.subject.clone()) {
        Some(subject) => (subject, true),
        None => (handle.id.to_byte_string(), false),
    }
}
