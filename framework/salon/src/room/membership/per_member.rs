//! A value for each member of a room: it comes and goes with the membership.
//!
//! It must never show a value of one who is no member, nor of an earlier membership.

use std::{
    collections::BTreeMap,
    fmt,
    ops::{Index, IndexMut},
    rc::Rc,
};

use super::{
    member::Member,
    store::{self, MemberStore},
};
use crate::base::number::{MembershipNumber, SessionNumber};

/// One value for each member, as a field of its room: a name, a colour, a score.
///
/// A value is [set](Self::set) for a member, from [`Room::admit`](crate::Room::admit) on. It goes with the
/// membership, however that ends: [`Room::left`](crate::Room::left) still finds it, and what comes after
/// does not. It is kept over a restart of the room after a panic, as its members are, in the state in which
/// the panic left it.
///
/// It is made while the room opens, by `Default` or by [`new`](Self::new), and is the room's from then on.
/// A room that makes several makes them in the same order each time it opens, so that each finds its own
/// values again; one that finds those of another type has none.
///
/// ```
/// use salon::prelude::*;
///
/// #[derive(Deserialize, Event)]
/// #[event("choir:join", room = Choir(choir), join, reply = Vec<String>)]
/// struct Join { choir: u32, voice: String }
///
/// #[derive(Deserialize, Event)]
/// #[event("choir:sing", room = Choir(choir))]
/// struct Sing { choir: u32 }
///
/// #[derive(Serialize, Event)]
/// #[event("choir:sang")]
/// struct Sang<'a> { voice: &'a str }
///
/// #[derive(Default)]
/// struct Choir { voices: PerMember<String> }
///
/// #[salon::room(key = u32, sends = (Sang<'static>,))]
/// impl Choir {
///     #[on]
///     fn join(&mut self, join: Join, cx: &mut EventContext<Self>) -> Vec<String> {
///         self.voices.set(cx.sender(), join.voice);
///         self.voices.values().cloned().collect()
///     }
///
///     #[on]
///     fn sing(&mut self, _: Sing, cx: &mut EventContext<Self>) {
///         cx.broadcast(&Sang { voice: &self.voices[cx.sender()] });
///     }
/// }
/// ```
pub struct PerMember<T: 'static> {
    /// By the session, as members are listed. Some may be of those who have left: they are not shown,
    /// and go when next something is changed here.
    values: BTreeMap<SessionNumber, Value<T>>,
    /// The room's, unless it was made while none opened.
    store: Option<Rc<MemberStore>>,
    /// Which of those that the room makes.
    slot: usize,
}

struct Value<T> {
    /// By which its member was one when it was set.
    membership: MembershipNumber,
    value: T,
}

impl<T> PerMember<T> {
    /// With no value for anybody, but for a room that is opened anew: then with the values of the members
    /// that stayed.
    #[must_use]
    pub fn new() -> Self {
        let Some((store, slot)) = store::of_the_room_that_opens() else {
            return Self { values: BTreeMap::new(), store: None, slot: 0 };
        };
        let mut values: BTreeMap<_, Value<T>> = store.take_kept(slot).unwrap_or_default();
        values.retain(|session, value| store.membership(*session) == Some(value.membership));
        drop(store.take_gone(slot));
        Self { values, store: Some(store), slot }
    }

    /// Sets the value of a member; the one that it had before. Of who is no member nothing is kept.
    ///
    /// # Panics
    /// If it was not made while its room opened: whose members it means is not known then.
    pub fn set<I: 'static>(&mut self, member: &Member<I>, value: T) -> Option<T> {
        let Some(store) = &self.store else {
            panic!(
                "a `PerMember` is made while its room opens, and this one was not: to take all values \
                 away there is `clear`"
            );
        };
        let membership = store.note(member.number(), self.slot)?;
        self.forget_those_who_left();
        let before = self.values.insert(member.number(), Value { membership, value })?;
        (before.membership == membership).then_some(before.value)
    }

    /// The value of a member, if it has one.
    #[must_use]
    pub fn get<I: 'static>(&self, member: &Member<I>) -> Option<&T> {
        let Value { membership, value } = self.values.get(&member.number())?;
        (self.membership(member.number()) == Some(*membership)).then_some(value)
    }

    /// As [`get`](Self::get), to change it.
    #[must_use]
    pub fn get_mut<I: 'static>(&mut self, member: &Member<I>) -> Option<&mut T> {
        let now = self.membership(member.number());
        let Value { membership, value } = self.values.get_mut(&member.number())?;
        (now == Some(*membership)).then_some(value)
    }

    /// Takes the value of a member away, if it has one.
    pub fn remove<I: 'static>(&mut self, member: &Member<I>) -> Option<T> {
        let now = self.membership(member.number());
        self.forget_those_who_left();
        let Value { membership, value } = self.values.remove(&member.number())?;
        (now == Some(membership)).then_some(value)
    }

    /// Takes the values of all members away: a round begins anew.
    pub fn clear(&mut self) {
        self.forget_those_who_left();
        self.values.clear();
    }

    /// The values of the members that have one, with the numbers of their sessions, in the order of
    /// [`members`](crate::RoomContext::members). Nobody is among them who is leaving, or not in yet.
    pub fn iter(&self) -> impl Iterator<Item = (SessionNumber, &T)> {
        let of_members = self.values.iter().filter(|(session, value)| {
            is_shown(self.store.as_deref(), **session, value.membership)
        });
        of_members.map(|(session, value)| (*session, &value.value))
    }

    /// The values as in [`iter`](Self::iter), to change them.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut T> {
        let store = self.store.as_deref();
        let of_members = self
            .values
            .iter_mut()
            .filter(move |(session, value)| is_shown(store, **session, value.membership));
        of_members.map(|(_, value)| &mut value.value)
    }

    /// The values as in [`iter`](Self::iter).
    pub fn values(&self) -> impl Iterator<Item = &T> {
        self.iter().map(|(_, value)| value)
    }

    /// How many members have a value.
    #[must_use]
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// Whether no member has one.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    fn membership(&self, session: SessionNumber) -> Option<MembershipNumber> {
        self.store.as_ref()?.membership(session)
    }

    /// Drops the values of those who left meanwhile: there are never more of them than there were members
    /// with a value at one time.
    fn forget_those_who_left(&mut self) {
        let Some(store) = &self.store else { return };
        for (session, membership) in store.take_gone(self.slot) {
            // Unless a new membership has one by now.
            if self.values.get(&session).is_some_and(|value| value.membership == membership) {
                self.values.remove(&session);
            }
        }
    }
}

/// Whether a value that was set by that membership is one of a member.
fn is_shown(
    store: Option<&MemberStore>,
    session: SessionNumber,
    membership: MembershipNumber,
) -> bool {
    store.is_some_and(|store| store.is_member_by(session, membership))
}

impl<T> Default for PerMember<T> {
    fn default() -> Self {
        Self::new()
    }
}

/// # Panics
/// If the member has no value.
impl<T, I: 'static> Index<&Member<I>> for PerMember<T> {
    type Output = T;

    fn index(&self, member: &Member<I>) -> &T {
        self.get(member).expect("the member has a value")
    }
}

/// # Panics
/// If the member has no value.
impl<T, I: 'static> IndexMut<&Member<I>> for PerMember<T> {
    fn index_mut(&mut self, member: &Member<I>) -> &mut T {
        self.get_mut(member).expect("the member has a value")
    }
}

impl<T> Drop for PerMember<T> {
    fn drop(&mut self) {
        if let Some(store) = &self.store {
            store.keep(self.slot, std::mem::take(&mut self.values));
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for PerMember<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}
