//! The end of an answer that takes time: what is still to be done in the room, and whether it may be.
//!
//! It must never run anything in a state that has not been asked, nor for whoever has no right to it
//! any more.

use std::sync::Arc;

use super::{actor::RoomActor, restoring::not_kept, state::Generation};
use crate::{
    auth::Right,
    base::{
        clock,
        contained::discard,
        number::MembershipNumber,
        refusal::{Code, Refusal},
    },
    event::{Awaited, Then},
    outbox,
    room::{
        contract::{Room, Senders, not_a_member},
        lookup::ReturnPath,
        membership::{Creditor, Member},
    },
    session::handle::SessionHandle,
};

/// How an answer was asked for that takes time.
pub(super) struct AskedLater {
    /// By an event of whom.
    pub(in crate::room) senders: Senders,
    /// Of which state of the room.
    pub(super) generation: Generation,
    /// By which membership.
    pub(super) creditor: Option<Creditor>,
    /// By which right, if it took one.
    pub(super) right: Option<Arc<Right>>,
}

/// What an answer comes to that has been waited for.
pub(super) enum Concluded<T> {
    /// The handler's own, which its sender may have lost the right to.
    Answered { result: Result<T, Refusal>, lapsed: bool },
    /// A refusal in the place of that: the handler has not come to its end.
    Refused(Refusal),
}

impl<R: Room> RoomActor<R> {
    /// An answer is owed from here on, by the membership that its sender has and by the right that it took.
    pub(super) fn owe(&mut self, senders: Senders, return_path: &ReturnPath) -> AskedLater {
        let creditor = self.cx.members.creditor(return_path.sender.number);
        creditor.into_iter().for_each(|creditor| self.cx.members.owed.owe(creditor));
        let right = return_path.granted.map(|granted| {
            let room = Some(&**self.cx.members.name());
            return_path.sender.rest_on(granted, room, return_path.withdrawals).0
        });
        AskedLater { senders, generation: self.generation, creditor, right }
    }

    /// An answer that was owed is to be given; whether its sender has lost the right to it. Of what was
    /// lost, also before a later membership, nothing more is told.
    pub(super) fn settle_debt(&mut self, asked: &AskedLater) -> bool {
        asked.creditor.is_some_and(|creditor| self.cx.members.owed.settle(creditor))
    }

    /// What was waited for, unless its sender became a member by the event, and that could not be kept.
    pub(super) fn if_not_undone<T>(
        &self,
        joined: Option<MembershipNumber>,
        asked: &AskedLater,
        awaited: Result<Awaited<T>, Refusal>,
    ) -> Result<Awaited<T>, Refusal> {
        let session = asked.creditor.as_ref().map(|creditor| creditor.session);
        let is_undone = self.cx.members.durable.is_some()
            && asked.generation != self.generation
            && joined.zip(session).is_some_and(|(membership, session)| {
                !self.cx.members.is_member_by(session, membership)
            });
        if is_undone {
            discard(awaited, self.tally());
            return Err(not_kept());
        }
        awaited
    }

    /// What an answer comes to that has been waited for: with what is to be done in the room first, if
    /// there is anything.
    pub(super) fn conclude<T>(
        &mut self,
        name: &'static str,
        awaited: Result<Awaited<T>, Refusal>,
        asked: &AskedLater,
        sender: &Arc<SessionHandle>,
    ) -> Concluded<T> {
        let lapsed = self.settle_debt(asked);
        match awaited {
            Ok(Awaited::Reply(result)) => Concluded::Answered { result, lapsed },
            Ok(Awaited::Then(then)) => {
                if let Err(refusal) = self.may_conclude(name, lapsed, asked, sender) {
                    discard(then, self.tally());
                    return Concluded::Refused(refusal);
                }
                let result = self.run_then(name, then, sender);
                Concluded::Answered { result, lapsed: false }
            }
            Err(refusal) => Concluded::Refused(refusal),
        }
    }

    /// Whether the room may still be changed by what was asked for.
    fn may_conclude(
        &mut self,
        name: &'static str,
        lapsed: bool,
        asked: &AskedLater,
        sender: &SessionHandle,
    ) -> Result<(), Refusal> {
        let AskedLater { senders, generation, creditor, right } = asked;
        let room = self.cx.members.room();
        // The room may not have heard of it yet.
        let is_suppressed =
            |creditor: &Creditor| sender.outbox.suppresses(room, creditor.membership);
        if lapsed || creditor.as_ref().is_some_and(is_suppressed) {
            return Err(outbox::lapsed());
        }
        if let Some(right) = right
            && (right.lost().is_some() || !right.granted().grant.holds(clock::wall))
        {
            return Err(right.lost_meanwhile());
        }
        self.state.room()?;
        if *generation != self.generation {
            let message = "the room was opened anew meanwhile; try again";
            return Err(Refusal::new(Code::Closed, message));
        }
        if *senders == Senders::Anyone {
            // Whether it is a member is not asked for; that it is there is.
            let gone = || Refusal::new(Code::Disconnected, "the session has ended");
            return if sender.has_ended() { Err(gone()) } else { Ok(()) };
        }
        let is_member = creditor.is_some_and(|Creditor { session, membership }| {
            self.cx.members.is_member_by(session, membership)
        });
        if is_member { Ok(()) } else { Err(not_a_member(name)) }
    }

    fn run_then<T>(
        &mut self,
        name: &'static str,
        then: Then<T>,
        sender: &Arc<SessionHandle>,
    ) -> Result<T, Refusal> {
        let _entered = self.span(name, sender).entered();
        let member = Member::<R::Identity>::new(sender.clone());
        let result = self.run_for(name, sender, |room, cx| then(room, cx, &member));
        result.and_then(|result| result)
    }
}
