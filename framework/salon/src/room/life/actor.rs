//! The actor of one room.
//!
//! It must never let a panic of the room's code out, nor leave an event unanswered: whatever
//! happens to a room, each sender is told.

use std::sync::Arc;

use actix::{Actor, Context};
use serde::Serialize;
use tracing::Span;

use super::{
    entered::Entered,
    handled::{Handled, Outcome, Unhandled},
    state::{Generation, State},
};
use crate::{
    base::{
        clock::Instant,
        contained::contain,
        logged::Logged,
        meter::Count,
        number::{MembershipNumber, ShardNumber},
        refusal::Refusal,
        simulation,
        timers::Alarm,
        turn::{self, TakesTurns},
    },
    event,
    hub::{self, encode_or_log},
    once::{Answered, Once},
    outbox::End,
    room::{
        context::{EventContext, RoomContext},
        contract::{Restarts, Room, RoomEvent, Senders},
        lookup::{Directory, ReturnPath, Sent},
        membership::{LeaveReason, Member},
    },
    session::{
        handle::SessionHandle,
        membership::{lapsed_meanwhile, revoked_meanwhile},
    },
};

/// The open rooms of the kind `R`.
pub(crate) type RoomDirectory<R> = Directory<R, RoomActor<R>>;

/// One open room.
pub(crate) struct RoomActor<R: Room> {
    pub(super) state: State<R>,
    /// Whether what it was is not what the store has of it.
    pub(super) is_undone: bool,
    /// Whether the store is being asked what that is.
    pub(super) is_asking: bool,
    pub(super) generation: Generation,
    pub(super) restarts: Restarts,
    pub(super) cx: RoomContext<R>,
    /// What it has answered to events with keys, if there was one. It outlives the state, since what such
    /// an event has done may be done for others than the room.
    pub(super) once: Option<Arc<Once>>,
    pub(in crate::room) directory: Arc<RoomDirectory<R>>,
    /// The worker that it is on.
    pub(super) shard: ShardNumber,
    /// Whether it is kept while it is empty: it has had a member, or the app has wanted it.
    pub(super) is_kept: bool,
    /// How long it is kept, while it is empty.
    pub(super) empty_until: Option<Instant>,
    /// Whether its worker will look at it.
    pub(super) is_looked_after: bool,
    pub(super) alarm: Alarm,
}

impl<R: Room> RoomActor<R> {
    pub(in crate::room) fn new(
        cx: RoomContext<R>,
        directory: Arc<RoomDirectory<R>>,
        shard: ShardNumber,
    ) -> Self {
        let mut actor = Self {
            state: State::Restoring,
            is_undone: false,
            is_asking: false,
            generation: Generation::default(),
            restarts: Restarts::default(),
            cx,
            once: None,
            directory,
            shard,
            is_kept: false,
            empty_until: None,
            is_looked_after: false,
            alarm: Alarm::default(),
        };
        actor.begin();
        actor
    }

    /// Where the log says that an event is handled.
    pub(super) fn span(&self, event: &'static str, sender: &SessionHandle) -> Span {
        // Asked first: a span that nobody wants takes its time as well.
        if !tracing::span_enabled!(tracing::Level::DEBUG) {
            return Span::none();
        }
        let room = Logged(self.cx.members.name());
        tracing::debug_span!("salon.room", %room, event, session = %sender.id)
    }

    /// Handles an event up to what its handler returns, if that is to run.
    pub(super) fn handle_event<E: RoomEvent<Room = R> + 'static, T>(
        &mut self,
        sent: Sent<E>,
        on: impl FnOnce(&mut R, E, &mut EventContext<'_, R>) -> Result<T, Refusal>,
    ) -> Handled<T> {
        let _entered = self.span(E::NAME, &sent.return_path.sender).entered();
        let Sent { event, mut return_path } = sent;
        let entered = match E::SENDERS {
            // It would make its sender a member.
            Senders::Join if return_path.has_lapsed() => Err(lapsed_meanwhile()),
            Senders::Join | Senders::Member | Senders::Anyone => self.enter(event, &return_path),
        };
        let joined = entered.as_ref().ok().and_then(|entered| entered.joined);
        let resumed = entered.as_ref().is_ok_and(|entered| entered.resumed);
        let passed = entered.and_then(|Entered { event, .. }| {
            if let Some(refusal) = return_path.refused.take() {
                return Err(*refusal);
            }
            let withdrawals = || return_path.sender.state.memberships.withdrawals();
            if return_path.granted.is_some() && withdrawals() != return_path.withdrawals {
                return Err(revoked_meanwhile());
            }
            if return_path.has_lapsed() {
                return Err(lapsed_meanwhile());
            }
            Ok(event)
        });
        let begun = passed
            .map_err(Unhandled::from)
            .and_then(|event| Ok((event, self.begin_once(E::NAME, &return_path, joined)?)));
        let outcome = begun.map_or_else(Outcome::Unhandled, |(event, run)| {
            let sender = Member::new(return_path.sender.clone());
            let handle = |room: &mut R, cx: &mut RoomContext<R>| {
                simulation::before_handler(E::NAME);
                on(room, event.into_inner(), &mut EventContext::new(cx, &sender))
            };
            self.cx.resumed = resumed;
            let result = self.run_for(E::NAME, &return_path.sender, handle);
            self.cx.resumed = false;
            Outcome::Ran(result.and_then(event::expected::<E, _>), run)
        });
        Handled { outcome, return_path, joined }
    }

    /// It has died of what nothing contained: its members are cut off, so that they come back to
    /// another.
    fn be_lost(&self) {
        self.cx.members.broadcaster().counters.one(Count::ActorsLost);
        let (room, members) = (Logged(self.cx.members.name()), self.cx.members.len());
        tracing::error!(%room, members, "the room's actor is lost: its members are cut off");
        self.cx.members.handles().for_each(|handle| handle.request_end(End::HangUp));
    }

    /// What a handler answers, as it is told and kept.
    ///
    /// It is compiled once for each type of reply, and not for each event.
    pub(super) fn encoded<T: Serialize + 'static>(
        &self,
        name: &'static str,
        result: Result<T, Refusal>,
        sender: &SessionHandle,
    ) -> Answered {
        result.and_then(|reply| {
            // It is dropped in there as well.
            let encoded = contain(move || encode_or_log(name, event::encode_reply(&reply)));
            let encoded = encoded.inspect_err(|_| self.report(name, Some(&sender.id)));
            encoded?.ok_or_else(Refusal::logged_already)
        })
    }

    /// Sends the answer of an event to its sender, behind what the handler sent it before.
    pub(super) fn answer(
        &mut self,
        (name, senders): (&'static str, Senders),
        result: Answered,
        return_path: ReturnPath,
        joined: Option<MembershipNumber>,
    ) {
        // Whose event is not refused is a member, or was one, unless it need not be.
        self.is_kept |= result.is_ok() && senders != Senders::Anyone;
        if result.is_err() {
            self.cx.members.broadcaster().counters.one(Count::EventsRefused);
            let session = return_path.sender.number;
            if joined.is_some_and(|number| self.cx.members.is_member_by(session, number)) {
                // The event that made a member was refused: it made none.
                self.remove(session, LeaveReason::Left);
            }
        }
        if let Some(durable) = &self.cx.members.durable {
            return self.answer_when_kept(durable, name, result, return_path);
        }
        if let Some(answer) = hub::answer(
            &return_path.sender,
            Some(self.cx.members.room()),
            name,
            return_path.acknowledgement,
            result,
        ) {
            self.cx.members.send_to(&return_path.sender, answer);
        }
        return_path.answered();
    }
}

// Nothing in it is pinned; actix asks for it whatever `R` is.
impl<R: Room> Unpin for RoomActor<R> {}

impl<R: Room> Actor for RoomActor<R> {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.settle(ctx);
    }
}

impl<R: Room> TakesTurns for RoomActor<R> {
    fn is_greedy(&self, turns: u32) {
        self.cx.members.broadcaster().counters.one(Count::GreedyTurns);
        let room = Logged(self.cx.members.name());
        tracing::warn!(
            %room,
            turns,
            "the room keeps its worker busy with what it gives itself to do"
        );
    }

    fn go_on(&mut self, ctx: &mut Context<Self>) {
        if matches!(self.state, State::Panicked) {
            self.settle(ctx);
        }
    }
}

impl<R: Room> Drop for RoomActor<R> {
    fn drop(&mut self) {
        let is_lost = turn::is_lost();
        if is_lost {
            self.be_lost();
        }
        self.change(State::closed(Refusal::not_found("the room is closed")));
        // Also when the worker ends: the key must be free for a room on another one, before anybody is
        // told.
        self.directory.close(&*self.cx.members.link);
        let members = self.cx.members.close();
        // Some may be on workers that go on. Those of a room that is lost are cut off.
        if !is_lost {
            self.tell_all_evicted(&members);
        }
        if let Some(durable) = &self.cx.members.durable {
            durable.end();
        }
        tracing::debug!(room = %Logged(self.cx.members.name()), "closed");
    }
}
