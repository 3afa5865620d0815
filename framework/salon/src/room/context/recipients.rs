//! Members of a room, chosen by the room's handler to be sent something.
//!
//! It must never outlive the handler: who is a member changes.

use std::{marker::PhantomData, sync::Arc, time::Duration};

use bytestring::ByteString;
use serde::Serialize;

use super::{
    antechamber::Antechamber,
    newest::{LeftOut, Most, Newest, Outgoing},
    room_context::RoomContext,
};
use crate::{
    base::logged::Logged,
    event::{self, Event, Policy},
    message::{Class, Content, Ordered, Publication},
    payload::Payload,
    room::{
        contract::{Room, SentByRoom},
        membership::{Member, Members},
    },
    session::handle::SessionHandle,
};

/// Some members of a room of the kind `R`.
#[must_use = "an audience does nothing until something is emitted to it"]
pub struct RoomAudience<'a, R> {
    members: &'a Members,
    choice: Choice<'a>,
    of: PhantomData<fn(R)>,
}

/// Which of the members.
pub(super) enum Choice<'a> {
    /// The room keeps the newest of what goes to them.
    Everyone(&'a Newest),
    /// And of this: whoever joins later was not left out of it.
    Except(Arc<SessionHandle>, &'a Newest),
    One(Arc<SessionHandle>),
    /// One that is asked in: it gets what is for it when it is in.
    AskedIn(&'a Antechamber),
}

impl<R> RoomContext<R> {
    pub(in crate::room) fn everyone(&self) -> RoomAudience<'_, R> {
        RoomAudience::new(&self.members, Choice::Everyone(&self.newest))
    }
}

impl<R: Room> RoomContext<R> {
    /// One member alone. Whoever is no member, such as one who has left, gets nothing. In `admit` it
    /// may be the one who is asked in: what it is sent there it gets once it is in, ahead of
    /// everything else of the room, and if it is refused it does not.
    pub fn to(&self, member: &Member<R::Identity>) -> RoomAudience<'_, R> {
        let joining = self.joining.as_ref();
        let choice = match joining.is_some_and(|joining| joining.session == member.number()) {
            true => Choice::AskedIn(&self.antechamber),
            false => Choice::One(member.handle().clone()),
        };
        RoomAudience::new(&self.members, choice)
    }

    /// Every member but one. Whoever joins later is shown the newest of what is `latest` all the same, but
    /// for the session that was left out, and others of its user.
    pub fn except(&self, member: &Member<R::Identity>) -> RoomAudience<'_, R> {
        RoomAudience::new(&self.members, Choice::Except(member.handle().clone(), &self.newest))
    }
}

impl<'a, R> RoomAudience<'a, R> {
    pub(super) fn new(members: &'a Members, choice: Choice<'a>) -> Self {
        Self { members, choice, of: PhantomData }
    }

    /// Sends an event to them. One that cannot be sent, by its name or because it has no JSON form, is
    /// logged and counted as [`EventsNotSent`](crate::Count::EventsNotSent).
    pub fn emit<E: Event + Serialize + SentByRoom<R, At>, At>(&self, event: &E) {
        if self.members.broadcaster().is_free(E::NAME) {
            self.emit_any(event);
        }
    }

    /// As [`emit`](Self::emit), whosever event it is: Salon's own as well.
    pub(in crate::room) fn emit_any<E: Event + Serialize>(&self, event: &E) {
        let broadcaster = self.members.broadcaster();
        let payload = || broadcaster.encoded(E::NAME, event::encode(event)).ok();
        self.publish(E::NAME, Class::of(event), &E::POLICY, payload);
    }

    /// Publishes an event of that name and class to them; its payload is asked for if there is anybody, and
    /// is nothing if it cannot be written. Of one that is `latest` at most one of each key is sent within
    /// the policy's `throttle`, if it goes to all, or to all but one.
    pub(in crate::room) fn publish(
        &self,
        name: &'static str,
        class: Class,
        policy: &Policy,
        payload: impl FnOnce() -> Option<Payload>,
    ) {
        let members = self.members;
        let is_for_one = matches!(self.choice, Choice::One(_) | Choice::AskedIn(_));
        let is_numbered = class.is_reliable() && !is_for_one;
        let is_latest = matches!(class, Class::Latest(_));
        let order = members.order.told();
        let at = order.map(|order| if is_numbered { order.next() } else { order.now() });
        let mut kept = order.filter(|_| is_numbered).and_then(|order| order.place(policy.overflow));
        let take_number = || {
            if let (true, Some(order), Some(at)) = (is_numbered, order, at) {
                order.publish(at);
            }
        };
        if members.is_empty() && !is_for_one && !is_latest && kept.is_none() {
            // It has its number all the same: who comes later may have known what was before.
            return take_number();
        }
        let position = order.zip(at).map(|(order, at)| order.position(members.name(), at));
        let Some(payload) = payload() else { return };
        if let (Some(kept), Some(order), Some(span)) = (&mut kept, order, policy.acked) {
            let id = members.broadcaster().next_acknowledgement();
            let place = (members.room(), kept.seq);
            kept.awaited = order.expect(&members.broadcaster().awaited, id, place, span);
        }
        let content = Content::Event {
            namespace: members.namespace().clone(),
            name: ByteString::from_static(name),
            payload,
            order: position.map(Ordered::InRoom).or_else(|| members.broadcaster().outside()),
            question: kept.as_ref().and_then(|kept| Some(kept.awaited.as_ref()?.id)),
        };
        take_number();
        let Some(kept) = kept else {
            let publication = Publication::of_room(content, members.room(), class);
            return self.deliver(name, publication, policy.throttle);
        };
        let publication = Publication::kept_by_room(content, members.room(), kept);
        let skip = self.left_out().and_then(|handle| Some((handle, publication.skipped()?)));
        members
            .order
            .keep(&publication, skip.as_ref().map(|(handle, skip)| (handle.reader(), skip)));
        self.deliver(name, publication, None);
        if let Some((handle, skip)) = skip
            && members.contains(handle.number)
        {
            members.send_to(handle, skip);
        }
    }

    /// Who is left out.
    fn left_out(&self) -> Option<&Arc<SessionHandle>> {
        match &self.choice {
            Choice::Except(handle, _) => Some(handle),
            Choice::Everyone(_) | Choice::One(_) | Choice::AskedIn(_) => None,
        }
    }

    fn deliver(&self, name: &'static str, publication: Publication, throttle: Option<Duration>) {
        let members = self.members;
        let newest = match &self.choice {
            Choice::One(handle) => return members.send_to_member(handle, publication),
            Choice::AskedIn(antechamber) => return antechamber.hold(publication),
            Choice::Everyone(newest) | Choice::Except(_, newest) => newest,
        };
        let room = Logged(members.name());
        tracing::trace!(%room, event = name, members = members.len(), "broadcast");
        let left_out = self.left_out();
        let topic = publication.topic().filter(|_| matches!(publication.class(), Class::Latest(_)));
        let Some(topic) = topic else {
            return members.deliver(&publication, left_out.map(|handle| handle.id));
        };
        let broadcaster = members.broadcaster();
        let (keys, bytes) = (broadcaster.max_latest_keys, broadcaster.max_latest_bytes);
        let outgoing = Outgoing { publication, left_out: left_out.map(|it| LeftOut::new(it)) };
        let due = newest.come(outgoing, topic, throttle, Most { keys, bytes });
        due.iter().for_each(|it| members.deliver(&it.publication, it.except()));
    }
}
