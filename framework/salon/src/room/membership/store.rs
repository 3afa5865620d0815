//! What a room keeps for the values of its members: who is one, and the values while its state is made
//! anew.
//!
//! It must never be there for a room that has no such values, nor drop one itself but while the room opens:
//! a value's drop is the application's code.

use std::{
    any::Any,
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
};

use crate::base::number::{MembershipNumber, SessionNumber};

thread_local! {
    /// If a room opens on this thread: its store, if it has one so far.
    static OPENING: Cell<Option<Option<Rc<MemberStore>>>> = const { Cell::new(None) };
}

/// One room's, shared with each [`PerMember`](crate::room::membership::per_member::PerMember) that it has made.
#[derive(Default)]
pub(in crate::room) struct MemberStore {
    members: RefCell<BTreeMap<SessionNumber, Listed>>,
    /// By slot: those who have left and whose value may still be there.
    gone: RefCell<Vec<Vec<(SessionNumber, MembershipNumber)>>>,
    /// By slot: the values of a state that is gone.
    kept: RefCell<Vec<Option<Box<dyn Any>>>>,
    /// Whether the state that is being dropped is followed by another, with the same members.
    is_keeping: Cell<bool>,
    /// How many slots the state has that is being made.
    made: Cell<usize>,
    /// Whether the room knows of it.
    is_known: Cell<bool>,
}

/// One who is a member, or about to be, or about to have been one.
struct Listed {
    membership: MembershipNumber,
    is_member: bool,
    /// In which slots it has been given a value; all from the last bit on are one.
    slots: u64,
}

/// Runs code that opens a room, all of it or a part, and yields the store with it that there is then: the
/// one that there was, or a new one if values are made for the first time.
pub(in crate::room) fn opening<T>(
    store: Option<Rc<MemberStore>>,
    open: impl FnOnce() -> T,
) -> (T, Option<Rc<MemberStore>>) {
    // A room may open while another does on the same thread.
    let outer = OPENING.replace(Some(store));
    let opened = open();
    (opened, OPENING.replace(outer).flatten())
}

/// The store of the room that opens, and the next slot in it.
pub(super) fn of_the_room_that_opens() -> Option<(Rc<MemberStore>, usize)> {
    let store = OPENING.take()?.unwrap_or_default();
    OPENING.set(Some(Some(store.clone())));
    let slot = store.made.get();
    store.made.set(slot + 1);
    Some((store, slot))
}

fn bit(slot: usize) -> u64 {
    1 << slot.min(63)
}

impl MemberStore {
    /// A state is about to be made.
    pub(in crate::room) fn begin(&self) {
        self.made.set(0);
    }

    /// Introduces it to its room; whether it is new to that.
    pub(in crate::room) fn introduce(&self) -> bool {
        !self.is_known.replace(true)
    }

    /// One is asked in: a value may be set for it, and is not shown yet.
    pub(in crate::room) fn ask_in(&self, session: SessionNumber, membership: MembershipNumber) {
        let listed = Listed { membership, is_member: false, slots: 0 };
        self.members.borrow_mut().insert(session, listed);
    }

    /// It is a member, or, if it is leaving, not any more.
    pub(in crate::room) fn set_member(&self, session: SessionNumber, is_member: bool) {
        if let Some(listed) = self.members.borrow_mut().get_mut(&session) {
            listed.is_member = is_member;
        }
    }

    /// It has left, or was not let in.
    pub(in crate::room) fn leave(&self, session: SessionNumber) {
        let Some(listed) = self.members.borrow_mut().remove(&session) else { return };
        for (slot, gone) in self.gone.borrow_mut().iter_mut().enumerate() {
            if listed.slots & bit(slot) != 0 {
                gone.push((session, listed.membership));
            }
        }
    }

    /// The state is about to be dropped: if another follows, its values are kept for that.
    pub(in crate::room) fn set_keeping(&self, is_keeping: bool) {
        self.is_keeping.set(is_keeping);
    }

    /// Drops what the new state has not asked for.
    pub(in crate::room) fn drop_kept(&self) {
        let kept = self.kept.take();
        drop(kept);
    }

    /// By which membership a session may have values.
    pub(in crate::room) fn membership(&self, session: SessionNumber) -> Option<MembershipNumber> {
        self.members.borrow().get(&session).map(|listed| listed.membership)
    }

    pub(super) fn is_member_by(
        &self,
        session: SessionNumber,
        membership: MembershipNumber,
    ) -> bool {
        let members = self.members.borrow();
        members.get(&session).is_some_and(|it| it.is_member && it.membership == membership)
    }

    /// Notes that a session is given a value, and says by which membership; `None` if it has none.
    pub(super) fn note(&self, session: SessionNumber, slot: usize) -> Option<MembershipNumber> {
        let mut members = self.members.borrow_mut();
        let listed = members.get_mut(&session)?;
        listed.slots |= bit(slot);
        let mut gone = self.gone.borrow_mut();
        if gone.len() <= slot {
            gone.resize_with(slot + 1, Vec::new);
        }
        Some(listed.membership)
    }

    /// Takes out those who have left since it was called last.
    pub(super) fn take_gone(&self, slot: usize) -> Vec<(SessionNumber, MembershipNumber)> {
        let mut gone = self.gone.borrow_mut();
        gone.get_mut(slot).map(std::mem::take).unwrap_or_default()
    }

    /// The values that the state before had in that slot, if they are of that type.
    pub(super) fn take_kept<V: 'static>(&self, slot: usize) -> Option<V> {
        let kept = self.kept.borrow_mut().get_mut(slot)?.take()?;
        kept.downcast().ok().map(|values| *values)
    }

    /// Keeps the values of a slot, if it is the state that goes, and not they.
    pub(super) fn keep<V: 'static>(&self, slot: usize, values: V) {
        if !self.is_keeping.get() {
            return;
        }
        let mut kept = self.kept.borrow_mut();
        if kept.len() <= slot {
            kept.resize_with(slot + 1, || None);
        }
        let before = kept[slot].replace(Box::new(values));
        drop(kept);
        drop(before);
    }
}
