//! The end of an answer that takes time: what is still to be done in the room, and whether it may be.
//!
//! It must never run anything in a state that has not been asked, nor for whoever has no right to it
//! any more.

use std::sync::Arc;

use super::{actor::RoomActor, state::Generation};
use crate::{
    auth::Right,
    base::{
        clock,
        contained::discard,
        refusal::{Code, Refusal},
    },
    event::{Awaited, Then},
    outbox,
    room::{
        contract::{Room, Senders, not_a_member},
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

impl<R: Room> RoomActor<R> {
    /// What an answer comes to that has been waited for: with what is to be done in the room first, if
    /// there is anything.
    pub(super) fn conclude<T>(
        &mut self,
        name: &'static str,
        awaited: Result<Awaited<T>, Refusal>,
        asked: &AskedLater,
        sender: &Arc<SessionHandle>,
    ) -> Result<T, Refusal> {
        // Of what was lost, also before a later membership, nothing more is told.
        let lapsed = asked.creditor.is_some_and(|creditor| self.cx.members.owed.settle(creditor));
        match awaited? {
            Awaited::Reply(result) if lapsed => result.and(Err(outbox::lapsed())),
            Awaited::Reply(result) => result,
            Awaited::Then(then) => {
                if let Err(refusal) = self.may_conclude(name, lapsed, asked, sender) {
                    discard(then, self.tally());
                    return Err(refusal);
                }
                self.run_then(name, then, sender)
            }
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
