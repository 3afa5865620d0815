//! Who is in a room.
//!
//! It must never call the room's code: who comes and goes is decided elsewhere.

use std::{collections::BTreeMap, rc::Rc, sync::Arc, time::Duration};

use bytestring::ByteString;

use super::{
    order::Order,
    owed::{Creditor, Owed},
    store::MemberStore,
};
use crate::{
    base::{
        data::Data,
        number::{MembershipNumber, SessionNumber},
        room_id::RoomId,
    },
    hub::{Broadcaster, Outlets, Window},
    message::{Publication, Stretch},
    room::kept::Durable,
    session::{handle::SessionHandle, membership::RoomLink, session_id::SessionId},
};

/// Who is in the room, and what it publishes to them.
pub(in crate::room) struct Members {
    pub(in crate::room) link: Arc<dyn RoomLink>,
    pub(in crate::room) shared: Arc<Shared>,
    /// The order of what it publishes.
    pub(in crate::room) order: Order,
    /// What it keeps in the store, if it is durable.
    pub(in crate::room) durable: Option<Rc<Durable>>,
    /// The answers that are given later.
    pub(in crate::room) owed: Owed,
    members: BTreeMap<SessionNumber, Enrolled>,
    next_membership: MembershipNumber,
    outlets: Outlets,
}

/// What all rooms of one kind have in common.
pub(in crate::room) struct Shared {
    pub(in crate::room) namespace: ByteString,
    pub(in crate::room) broadcaster: Arc<Broadcaster>,
    pub(in crate::room) data: Data,
}

/// A member, by its latest membership.
struct Enrolled {
    handle: Arc<SessionHandle>,
    membership: MembershipNumber,
    /// The number of the last that was published before, in the order of now.
    since: u64,
}

impl Members {
    pub(in crate::room) fn new(
        link: Arc<dyn RoomLink>,
        shared: Arc<Shared>,
        order: Order,
        durable: Option<Rc<Durable>>,
        window: Duration,
    ) -> Self {
        let window = Window::of(window, &shared.broadcaster);
        let gate = durable.as_ref().map(|durable| durable.gate().clone());
        Self {
            link,
            shared,
            order,
            durable,
            owed: Owed::default(),
            members: BTreeMap::new(),
            next_membership: MembershipNumber::FIRST,
            outlets: Outlets::new(gate, window),
        }
    }

    pub(in crate::room) fn room(&self) -> RoomId {
        self.link.room()
    }

    /// The room's name: its kind and its key.
    pub(in crate::room) fn name(&self) -> &ByteString {
        self.link.name()
    }

    pub(in crate::room) fn namespace(&self) -> &ByteString {
        &self.shared.namespace
    }

    pub(in crate::room) fn broadcaster(&self) -> &Arc<Broadcaster> {
        &self.shared.broadcaster
    }

    /// How many members there are.
    pub(in crate::room) fn len(&self) -> usize {
        self.members.len()
    }

    pub(in crate::room) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The members, in the order in which their sessions began.
    pub(in crate::room) fn handles(&self) -> impl Iterator<Item = &Arc<SessionHandle>> {
        self.members.values().map(|enrolled| &enrolled.handle)
    }

    /// The members, in the order in which they became so.
    pub(in crate::room) fn by_joining(&self) -> Vec<Arc<SessionHandle>> {
        let mut enrolled: Vec<_> = self.members.values().collect();
        enrolled.sort_by_key(|enrolled| enrolled.membership);
        enrolled.into_iter().map(|enrolled| enrolled.handle.clone()).collect()
    }

    /// A member.
    pub(in crate::room) fn handle(&self, session: SessionNumber) -> Option<&Arc<SessionHandle>> {
        self.members.get(&session).map(|enrolled| &enrolled.handle)
    }

    /// The number of the last that was published before a session became a member.
    pub(in crate::room) fn since(&self, session: SessionNumber) -> u64 {
        self.members.get(&session).map_or(0, |enrolled| enrolled.since)
    }

    pub(in crate::room) fn contains(&self, session: SessionNumber) -> bool {
        self.members.contains_key(&session)
    }

    /// Takes a member in: from here on it gets what is broadcast. False if its worker has ended,
    /// and its session with it.
    pub(in crate::room) fn add(
        &mut self,
        handle: Arc<SessionHandle>,
        membership: MembershipNumber,
    ) -> bool {
        if !self.outlets.enter(&self.shared.broadcaster, self.link.room(), handle.clone()) {
            return false;
        }
        let (number, since) = (handle.number, self.order.head());
        let former = self.members.insert(number, Enrolled { handle, membership, since });
        debug_assert!(former.is_none(), "whoever is taken in was no member");
        self.assert_counts();
        true
    }

    /// Whoever is a member is one from the beginning of a new order, and gets nothing of the former one any
    /// more.
    pub(in crate::room) fn enter_order(&mut self, former: &Order) {
        let since = self.order.head();
        self.members.values_mut().for_each(|enrolled| enrolled.since = since);
        self.outlets.end_order(self.room(), former.shared_log().as_ref());
        for handle in self.handles() {
            self.order.enter(handle);
            // Nothing was published in it, and so nothing is due.
            self.order.log().iter().for_each(|log| drop(log.entered(&handle.reader(), None)));
        }
    }

    /// Tells a new store who is a member.
    pub(in crate::room) fn enter_into(&self, store: &MemberStore) {
        for (session, enrolled) in &self.members {
            store.ask_in(*session, enrolled.membership);
            store.set_member(*session, true);
        }
    }

    /// The number of a new membership.
    pub(in crate::room) fn next_membership(&mut self) -> MembershipNumber {
        let number = self.next_membership;
        self.next_membership = number.next();
        debug_assert!(number < self.next_membership, "a later membership has a higher number");
        number
    }

    /// To whom an answer is owed that this session waits for now.
    pub(in crate::room) fn creditor(&self, session: SessionNumber) -> Option<Creditor> {
        self.membership(session).map(|membership| Creditor { session, membership })
    }

    /// Whether a session is a member by this membership, and not by a later one.
    pub(in crate::room) fn is_member_by(
        &self,
        session: SessionNumber,
        membership: MembershipNumber,
    ) -> bool {
        self.membership(session) == Some(membership)
    }

    /// The membership by which a session is a member.
    pub(in crate::room) fn membership(&self, session: SessionNumber) -> Option<MembershipNumber> {
        self.members.get(&session).map(|enrolled| enrolled.membership)
    }

    /// Lets a member go: from here on it gets nothing.
    pub(in crate::room) fn remove(&mut self, session: SessionNumber) -> Option<Arc<SessionHandle>> {
        let Enrolled { handle, membership, .. } = self.members.remove(&session)?;
        // First: once its worker knows, nobody suppresses the room any more because of this membership.
        handle.leave(self.room(), self.name());
        // It was lost, though it may be let go for another reason.
        if !self.owed.is_empty() && handle.outbox.suppresses(self.room(), membership) {
            self.owed.lapse(Creditor { session, membership });
        }
        let log = self.order.shared_log();
        self.outlets.leave(self.link.room(), &handle, membership, log);
        self.assert_counts();
        Some(handle)
    }

    fn assert_counts(&self) {
        debug_assert_eq!(
            self.members.len(),
            self.outlets.members(),
            "each member of a room is on one of the workers that it publishes to"
        );
    }

    /// Publishes something to every member, or to every one but one.
    pub(in crate::room) fn deliver(&self, publication: &Publication, except: Option<SessionId>) {
        self.outlets.deliver(self.room(), publication, except);
    }

    /// Has a member read what it missed, after the number `after` and up to what is published now; what
    /// it is sent from here on comes behind that. Whether it has been told who is there now.
    pub(in crate::room) fn replay(&self, handle: &Arc<SessionHandle>, after: u64, is_listed: bool) {
        let (Some(log), to) = (self.order.log(), self.order.head()) else { return };
        if after < to {
            let stretch = Stretch { after, to, is_listed };
            self.outlets.replay(self.room(), handle, log.clone(), stretch);
        }
    }

    /// Sends a member once more what it missed.
    pub(in crate::room) fn send_again(&self, handle: &Arc<SessionHandle>, read: Vec<Publication>) {
        self.outlets.send_again(handle, read);
    }

    /// Sends a member once more what it has not acknowledged.
    pub(in crate::room) fn send_unacknowledged(
        &self,
        handle: &Arc<SessionHandle>,
        again: Vec<Publication>,
    ) {
        if !again.is_empty() {
            self.outlets.send_unacknowledged(handle, again);
        }
    }

    /// Sends an event to one session if it is a member: whoever else has the room's code still in
    /// hand gets nothing of it.
    pub(in crate::room) fn send_to_member(
        &self,
        handle: &Arc<SessionHandle>,
        publication: Publication,
    ) {
        if self.contains(handle.number) {
            self.send_to(handle, publication);
        } else {
            handle.count_suppressed(1);
        }
    }

    /// Sends to one session, in order with what was delivered to its shard before. To a
    /// member it takes nothing that the workers share.
    pub(in crate::room) fn send_to(&self, handle: &Arc<SessionHandle>, publication: Publication) {
        self.outlets.send_to(self.broadcaster(), handle, publication);
    }

    /// What waits for the end of the room's window, if it has one.
    pub(in crate::room) fn window(&self) -> Option<&Rc<Window>> {
        self.outlets.window()
    }

    /// What was said to a session so far goes out ahead of what it is sent at once.
    pub(in crate::room) fn end_window(&self, handle: &Arc<SessionHandle>) {
        self.outlets.end_window(handle);
    }

    /// Sends the newest values of the room to one that has become a member.
    pub(in crate::room) fn send_newest(
        &self,
        handle: &Arc<SessionHandle>,
        publications: Vec<Publication>,
    ) {
        if !publications.is_empty() {
            self.outlets.send_newest(handle, publications);
        }
    }

    /// The member with the lowest number, for emptying the room.
    pub(in crate::room) fn first(&self) -> Option<SessionNumber> {
        self.members.keys().next().copied()
    }

    /// The room has ended: no worker keeps anything of it. Those who were members.
    pub(in crate::room) fn close(&mut self) -> Vec<Arc<SessionHandle>> {
        let members = std::mem::take(&mut self.members).into_values();
        let members: Vec<_> = members.map(|enrolled| enrolled.handle).collect();
        // First, as in `remove`.
        members.iter().for_each(|handle| handle.leave(self.room(), self.name()));
        self.outlets.close(self.link.room(), self.order.shared_log().as_ref());
        members
    }
}
