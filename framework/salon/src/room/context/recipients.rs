//! Members of a room, chosen by the room's handler to be sent something.
//!
//! It must never outlive the handler: who is a member changes.

use std::{marker::PhantomData, sync::Arc};

use bytestring::ByteString;
use serde::Serialize;

use super::{antechamber::Antechamber, room_context::RoomContext};
use crate::{
    base::logged::Logged,
    event::{self, Event},
    message::{Content, Ordered, Publication},
    payload::Payload,
    room::{
        contract::{Room, SentByRoom},
        membership::{Member, Members, Order},
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
    Everyone,
    Except(Arc<SessionHandle>),
    One(Arc<SessionHandle>),
    /// One that is asked in: it gets what is for it when it is in.
    AskedIn(&'a Antechamber),
}

impl<R> RoomContext<R> {
    pub(in crate::room) fn everyone(&self) -> RoomAudience<'_, R> {
        RoomAudience::new(&self.members, Choice::Everyone)
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

    /// Every member but one.
    pub fn except(&self, member: &Member<R::Identity>) -> RoomAudience<'_, R> {
        RoomAudience::new(&self.members, Choice::Except(member.handle().clone()))
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
        self.publish(E::NAME, E::POLICY.volatile, payload);
    }

    /// Publishes an event of that name to them; its payload is asked for if there is anybody, and is
    /// nothing if it cannot be written.
    pub(in crate::room) fn publish(
        &self,
        name: &'static str,
        is_volatile: bool,
        payload: impl FnOnce() -> Option<Payload>,
    ) {
        let members = self.members;
        let is_for_one = matches!(self.choice, Choice::One(_) | Choice::AskedIn(_));
        let is_numbered = !is_volatile && !is_for_one;
        let order = members.order.told();
        let at = order.map(|order| if is_numbered { order.next() } else { order.now() });
        let kept = order.filter(|_| is_numbered).and_then(Order::place);
        let take_number = || {
            if let (true, Some(order), Some(at)) = (is_numbered, order, at) {
                order.publish(at);
            }
        };
        if members.is_empty() && !is_for_one && kept.is_none() {
            // It has its number all the same: who comes later may have known what was before.
            return take_number();
        }
        let position = order.zip(at).map(|(order, at)| order.position(members.name(), at));
        let Some(payload) = payload() else { return };
        let content = Content::Event {
            namespace: members.namespace().clone(),
            name: ByteString::from_static(name),
            payload,
            order: position.map(Ordered::InRoom).or_else(|| members.broadcaster().outside()),
            question: None,
        };
        take_number();
        let Some(kept) = kept else {
            let publication = Publication::of_room(content, members.room(), is_volatile);
            return self.deliver(name, publication);
        };
        let skip = self.left_out().map(|left_out| (left_out, members.skip(kept.clone())));
        let publication = Publication::kept_by_room(content, members.room(), kept);
        members
            .order
            .keep(&publication, skip.as_ref().map(|(handle, skip)| (handle.reader(), skip)));
        self.deliver(name, publication);
        if let Some((handle, skip)) = skip
            && members.contains(handle.number)
        {
            members.send_to(handle, skip);
        }
    }

    /// Who is left out.
    fn left_out(&self) -> Option<&Arc<SessionHandle>> {
        match &self.choice {
            Choice::Except(handle) => Some(handle),
            Choice::Everyone | Choice::One(_) | Choice::AskedIn(_) => None,
        }
    }

    fn deliver(&self, name: &'static str, publication: Publication) {
        let members = self.members;
        match &self.choice {
            Choice::One(handle) => return members.send_to_member(handle, publication),
            Choice::AskedIn(antechamber) => return antechamber.hold(publication),
            Choice::Everyone | Choice::Except(_) => {}
        }
        let room = Logged(members.name());
        tracing::trace!(%room, event = name, members = members.len(), "broadcast");
        members.deliver(&publication, self.left_out().map(|handle| handle.id));
    }
}
