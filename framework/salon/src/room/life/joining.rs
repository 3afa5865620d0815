//! How a session becomes a member: it is asked in, seen, and enrolled.
//!
//! It must never leave half of it behind: whoever was admitted and is no member in the end has left,
//! as the room and its presence see it.

use std::sync::Arc;

use super::{actor::RoomActor, entered::Entered};
use crate::{
    base::{
        contained::{Contained, Panicked},
        logged::Logged,
        number::MembershipNumber,
        refusal::{Code, Refusal},
    },
    room::{
        context::{Joining, RoomContext},
        contract::{Room, RoomEvent, Senders, not_a_member},
        lookup::ReturnPath,
        membership::{LeaveReason, Lost, Member},
    },
    session::{handle::SessionHandle, membership::Membership},
};

impl<R: Room> RoomActor<R> {
    /// Makes the sender a member if the event says so, and checks that it is one then, unless it need not be.
    pub(in crate::room) fn enter<E: RoomEvent<Room = R> + 'static>(
        &mut self,
        event: Contained<E>,
        return_path: &ReturnPath,
    ) -> Result<Entered<E>, Refusal> {
        let ReturnPath { sender, granted, .. } = return_path;
        self.state.room()?;
        match (E::SENDERS, self.cx.members.contains(sender.number)) {
            (Senders::Anyone, _) | (Senders::Member, true) => Ok(Entered::as_before(event)),
            (Senders::Member, false) => Err(not_a_member(E::NAME)),
            (Senders::Join, true) => {
                sender.state.memberships.renew(self.cx.members.room(), *granted);
                sender.auth_state.wake();
                Ok(Entered::as_before(event))
            }
            (Senders::Join, false) => {
                let number = self.cx.members.next_membership();
                self.cx.store.iter().for_each(|store| store.ask_in(sender.number, number));
                let joined = self.ask_in(event, sender).and_then(|event| {
                    let resumed = self.enrol(return_path, number)?;
                    Ok(Entered { event, joined: Some(number), resumed })
                });
                if joined.is_err() {
                    self.cx.store.iter().for_each(|store| store.leave(sender.number));
                    // What it was sent while it was asked in is not for it.
                    let waiting = self.cx.antechamber.take().len();
                    sender.count_suppressed(u64::try_from(waiting).unwrap_or(u64::MAX));
                }
                joined
            }
        }
    }

    /// Has the room decide about one who sent `event`.
    fn ask_in<E: 'static>(&mut self, event: E, sender: &Arc<SessionHandle>) -> Result<E, Refusal> {
        let joining = Joining { session: sender.number, event: Box::new(event) };
        self.cx.joining = Some(Box::new(joining));
        let member = Member::new(sender.clone());
        let admitted =
            self.run_for("admit", sender, |room, cx| room.admit(&member, cx)).and_then(|it| it);
        let event = self.cx.joining.take().and_then(|joining| joining.event.downcast().ok());
        admitted?;
        event.map(|event| *event).ok_or_else(|| Panicked.into())
    }

    /// Enrols one whom the room has admitted, and tells everybody. Whether it gets what it missed.
    fn enrol(
        &mut self,
        return_path: &ReturnPath,
        number: MembershipNumber,
    ) -> Result<bool, Refusal> {
        let ReturnPath { sender, granted, withdrawals, .. } = return_path;
        let member = Member::new(sender.clone());
        let membership = Membership {
            number,
            granted: granted.map(Box::new),
            link: self.cx.members.link.clone(),
        };
        let limit = self.cx.members.broadcaster().max_rooms;
        let seen = self.run_for("meta", sender, |room, _| RoomContext::meta(room, sender));
        let seen = seen.and_then(|seen| {
            sender.state.memberships.enter(membership, limit, *withdrawals)?;
            Ok(seen)
        });
        let seen = match seen {
            Ok(seen) => seen,
            Err(refusal) => {
                self.undo(&member);
                return Err(refusal);
            }
        };
        self.cx.appear(sender, seen);
        let resumption = self.resumption(return_path);
        self.cx.members.order.enter(sender);
        if !self.cx.members.add(sender.clone(), number) {
            sender.leave(self.cx.members.room(), self.cx.members.name());
            // Its worker, which would do it, is gone.
            sender.outbox.resume(self.cx.members.room(), number);
            self.depart(&member, LeaveReason::Left);
            return Err(Refusal::new(Code::Disconnected, "the session's worker has ended"));
        }
        self.enrol_when_kept(sender.number, number);
        self.cx.store.iter().for_each(|store| store.set_member(sender.number, true));
        if granted.is_some() {
            sender.auth_state.wake();
        }
        tracing::debug!(room = %Logged(self.cx.members.name()), session = %sender.id, "joined");
        for publication in self.cx.antechamber.take() {
            self.cx.members.send_to(sender, publication);
        }
        self.tell_joined(sender, resumption);
        self.send_unacknowledged_to(sender, resumption.and_then(Result::ok));
        if let Some(Ok(after)) = resumption {
            let is_listed = self.cx.presence_state.is_some();
            self.cx.members.replay(sender, after, is_listed);
        }
        self.cx.members.send_newest(sender, self.cx.newest.shown_to(sender));
        Ok(matches!(resumption, Some(Ok(_))))
    }

    /// After which number one who joins gets what it missed, or why it does not, if it says what it has
    /// seen.
    fn resumption(&self, return_path: &ReturnPath) -> Option<Result<u64, Lost>> {
        let (sender, members) = (&return_path.sender, &self.cx.members);
        let claimed = sender.state.claims.take(members.name());
        let told = return_path.delivery.as_ref().and_then(|delivery| delivery.after);
        let seen = told.or(claimed)?;
        Some(members.order.told()?.resume(seen, &sender.reader(), None))
    }

    /// One who was admitted is no member after all: the room hears that it has left, and that its
    /// user is not there unless it is by another connection.
    fn undo(&mut self, member: &Member<R::Identity>) {
        self.depart(member, LeaveReason::Left);
        if let Some(user) = self.cx.unknown_user(member.handle()) {
            // Whether it panicked is seen to by `settle`.
            let handle = member.handle();
            let _ = self.run_for("absent", handle, |room, cx| RoomContext::absent(room, &user, cx));
        }
    }
}
