//! The actor of one room.
//!
//! It must never let a panic of the room's code out, nor leave an event unanswered: whatever
//! happens to a room, each sender is told.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use actix::{Actor, ActorContext, ActorFutureExt, AsyncContext, Context, WeakAddr, WrapFuture};
use bytestring::ByteString;
use futures_util::FutureExt;
use serde::Serialize;
use serde_json::json;

use super::{
    Directory, Entry, Member, Room, RoomEvent,
    broadcaster::encode_or_log,
    context::{Action, RoomContext, Step},
    directory::OnTheWay,
    listed::not_a_member,
    member::Departure,
    sent::{Lapse, Origin, Sent, SessionEnded},
};
use crate::{
    disconnect::DisconnectReason,
    event,
    membership::{Lapsed, Membership, RoomLink},
    meter::{Count, Meter},
    number::SessionNumber,
    peer::Peer,
    refusal::{Code, Refusal},
    simulation,
    wire::socket_io::Arguments,
};

/// One open room.
pub(crate) struct RoomActor<R: Room> {
    key: R::Key,
    state: State<R>,
    pub(super) cx: RoomContext<R>,
    directory: Arc<Directory<R>>,
    on_the_way: OnTheWay,
    lingering: bool,
}

enum State<R> {
    Open(R),
    /// Whatever still comes is refused with this; the actor stops when nothing more can come.
    Closed(Refusal),
}

impl<R: Room> RoomActor<R> {
    pub(super) fn new(
        key: R::Key,
        mut cx: RoomContext<R>,
        directory: Arc<Directory<R>>,
        on_the_way: OnTheWay,
    ) -> Self {
        let opened = guarded(|| R::open(&key, &mut cx));
        let state = match opened.unwrap_or_else(|panicked| Err(panicked.into())) {
            Ok(room) => {
                tracing::debug!(room = %cx.roll.name, "opened");
                State::Open(room)
            }
            Err(refusal) => {
                tracing::debug!(room = %cx.roll.name, %refusal, "not opened");
                State::Closed(refusal)
            }
        };
        Self { key, state, cx, directory, on_the_way, lingering: false }
    }

    /// Runs a piece of the room's code. A panic closes the room.
    pub(super) fn run<T>(
        &mut self,
        code: impl FnOnce(&mut R, &mut RoomContext<R>) -> T,
    ) -> Result<T, Refusal> {
        let room = match &mut self.state {
            State::Open(room) => room,
            State::Closed(refusal) => return Err(refusal.clone()),
        };
        let cx = &mut self.cx;
        guarded(|| code(room, cx)).map_err(|panicked| {
            self.cx.roll.broadcaster.counters.one(Count::HandlerPanics);
            tracing::error!(room = %self.cx.roll.name, "a handler of the room panicked: it is closed");
            let refusal = Refusal::from(panicked);
            self.state = State::Closed(refusal.clone());
            refusal
        })
    }

    /// Admits the sender if the event says so, and checks that it is a member then. True if it
    /// has become one by this event.
    fn enter<E: RoomEvent<Room = R>>(
        &mut self,
        origin: &Origin,
        address: WeakAddr<Self>,
    ) -> Result<bool, Refusal> {
        let Origin { sender, granted, withdrawals, .. } = origin;
        if let State::Closed(refusal) = &self.state {
            return Err(refusal.clone());
        }
        if self.cx.roll.contains(sender.number) {
            if E::ENTRY == Entry::Join {
                sender.state.memberships.renew(&self.cx.roll.name, *granted);
                sender.standing.wake();
            }
            return Ok(false);
        }
        match E::ENTRY {
            Entry::Member => Err(not_a_member(E::NAME)),
            Entry::Join => {
                self.cx.sender = Some(sender.clone());
                let member = Member::new(sender.clone());
                self.run(|room, cx| room.admit(&member, cx))??;
                let number = self.cx.roll.next_membership();
                let membership = Membership {
                    room: self.cx.roll.room,
                    name: self.cx.roll.name.clone(),
                    number,
                    granted: *granted,
                    link: Box::new(Link(address)),
                };
                let limit = self.cx.roll.broadcaster.max_rooms;
                let entered = sender.state.memberships.enter(membership, limit, *withdrawals);
                if let Err(refusal) = entered {
                    self.depart(&member, Departure::Left);
                    return Err(refusal);
                }
                if !self.cx.roll.add(sender.clone(), number) {
                    sender.leave(self.cx.roll.room, &self.cx.roll.name);
                    self.depart(&member, Departure::Left);
                    return Err(Refusal::new(Code::Disconnected, "the session's worker has ended"));
                }
                if granted.is_some() {
                    sender.standing.wake();
                }
                tracing::debug!(room = %self.cx.roll.name, session = %sender.id, "joined");
                Ok(true)
            }
        }
    }

    /// Handles an event up to what its handler returns, and says whether the sender has become a
    /// member by it.
    pub(super) fn handle_event<E: RoomEvent<Room = R>, T>(
        &mut self,
        sent: Sent<E>,
        ctx: &Context<Self>,
        on: impl FnOnce(&mut R, E, &mut RoomContext<R>) -> Result<T, Refusal>,
    ) -> (Result<T, Refusal>, Origin, bool) {
        let span = tracing::debug_span!(
            "salon.room",
            room = %self.cx.roll.name,
            event = E::NAME,
            session = %sent.origin.sender.id,
        );
        let _entered = span.enter();
        let Sent { event, mut origin } = sent;
        let entered = self.enter::<E>(&origin, ctx.address().downgrade());
        let joined = *entered.as_ref().unwrap_or(&false);
        let result = entered.and_then(|_| {
            if let Some(refusal) = origin.refused.take() {
                return Err(*refusal);
            }
            self.cx.sender = Some(origin.sender.clone());
            let handle = |room: &mut R, cx: &mut RoomContext<R>| {
                simulation::before_handler(E::NAME);
                on(room, event, cx)
            };
            self.run(handle).and_then(|answer| answer)
        });
        self.cx.sender = None;
        (result, origin, joined)
    }

    /// Sends the answer of an event to its sender, behind what the handler sent it before.
    pub(super) fn answer<T: Serialize + 'static>(
        &mut self,
        name: &'static str,
        result: Result<T, Refusal>,
        origin: Origin,
        joined: bool,
    ) {
        let result = result.and_then(|reply| {
            guarded(|| encode_or_log(name, event::encode_reply(&reply)))?
                .ok_or_else(|| Panicked.into())
        });
        if result.is_err() {
            self.cx.roll.broadcaster.counters.one(Count::EventsRefused);
            if joined {
                // The event that made a member was refused: it made none.
                self.remove(origin.sender.number, Departure::Left);
            }
        }
        let broadcaster = &self.cx.roll.broadcaster;
        if let Some(frame) = broadcaster.answer_frame(
            &origin.sender,
            Some(self.cx.roll.room),
            name,
            origin.acknowledgement,
            result,
        ) {
            broadcaster.send_to(&origin.sender, frame);
        }
        // The event is no longer in flight, nor on its way here.
        drop(origin);
    }

    /// Does what the handlers asked for, and closes the room if it is time.
    pub(super) fn settle(&mut self, ctx: &mut Context<Self>) {
        while !self.cx.actions.is_empty() {
            for action in std::mem::take(&mut self.cx.actions) {
                self.perform(action, ctx);
            }
        }
        if matches!(self.state, State::Closed(_)) {
            self.empty();
            self.directory.close(&self.key, self.cx.roll.room);
            if self.on_the_way.is_none() {
                ctx.stop();
            }
        } else if self.cx.is_empty() {
            self.linger(ctx);
        }
    }

    /// Closes the room a while from now if it is empty then too.
    fn linger(&mut self, ctx: &mut Context<Self>) {
        if !self.lingering {
            self.lingering = true;
            ctx.run_later(R::LINGER, |actor, ctx| {
                actor.lingering = false;
                actor.close_if_idle(ctx);
            });
        }
    }

    fn perform(&mut self, action: Action<R>, ctx: &mut Context<Self>) {
        match action {
            Action::After(delay, step) => {
                ctx.run_later(delay, move |actor, ctx| actor.step(step, ctx));
            }
            Action::Spawn(future) => {
                let guarded = AssertUnwindSafe(future).catch_unwind().into_actor(self);
                ctx.spawn(guarded.map(|done, actor, ctx| match done {
                    Ok(step) => actor.step(step, ctx),
                    Err(_) => {
                        actor.cx.roll.broadcaster.counters.one(Count::HandlerPanics);
                        tracing::error!(room = %actor.cx.roll.name, "a future of the room panicked");
                    }
                }));
            }
            Action::Remove(session, why) => self.remove(session, why),
            Action::Close => self.shut("the room is closed"),
        }
    }

    fn step(&mut self, step: Step<R>, ctx: &mut Context<Self>) {
        // A room that has closed takes no steps; there is nobody to tell.
        let _ = self.run(step);
        self.settle(ctx);
    }

    fn shut(&mut self, message: &'static str) {
        // If this panics the room is closed all the same.
        let _ = self.run(Room::closing);
        self.state = State::Closed(Refusal::new(Code::Closed, message));
    }

    fn close_if_idle(&mut self, ctx: &mut Context<Self>) {
        if !self.cx.is_empty() {
            return;
        }
        if self.directory.close_if_idle(&self.key, self.cx.roll.room) {
            self.shut("the room was empty and is closed");
            ctx.stop();
        }
    }

    /// Lets a member go, and tells the room's code.
    pub(super) fn remove(&mut self, session: SessionNumber, why: Departure) {
        let Some(peer) = self.cx.roll.remove(session) else { return };
        tracing::debug!(room = %self.cx.roll.name, session = %peer.id, ?why, "left");
        if why == Departure::Evicted {
            self.tell_evicted(&peer, "evicted");
        }
        self.depart(&Member::new(peer), why);
    }

    /// Lets a member go that has lost its membership, unless it has a newer one.
    pub(super) fn lapse(&mut self, lapsed: Lapsed) {
        let Lapsed { session, membership, code, done } = lapsed;
        if self.cx.roll.is_member_by(session, membership)
            && let Some(peer) = self.cx.roll.remove(session)
        {
            tracing::debug!(room = %self.cx.roll.name, session = %peer.id, %code, "lapsed");
            self.tell_evicted(&peer, code.as_str());
            self.depart(&Member::new(peer), Departure::Lapsed);
        }
        // Whoever took it away may have stopped waiting.
        let _ = done.send(());
    }

    fn depart(&mut self, member: &Member<R::Identity>, why: Departure) {
        let sender = self.cx.sender.replace(member.peer().clone());
        // A room that has closed needs no telling.
        let _ = self.run(|room, cx| room.left(member, why, cx));
        self.cx.sender = sender;
    }

    /// Puts every member out of a room that has closed.
    fn empty(&mut self) {
        while let Some(peer) = self.cx.roll.first().and_then(|session| self.cx.roll.remove(session))
        {
            let code = match &self.state {
                State::Open(_) => "evicted",
                State::Closed(refusal) => refusal.code().as_str(),
            };
            self.tell_evicted(&peer, code);
        }
    }

    fn tell_evicted(&self, peer: &Arc<Peer>, code: &str) {
        let notice = json!({ "room": &*self.cx.roll.name, "code": code });
        let arguments = Arguments::encode_single(&notice);
        if let Some(arguments) = encode_or_log("salon:evicted", arguments) {
            let (broadcaster, roll) = (&self.cx.roll.broadcaster, &self.cx.roll);
            let name = ByteString::from_static("salon:evicted");
            let frame = broadcaster.event_frame(&roll.namespace, name, arguments, None, false);
            broadcaster.send_to(peer, frame);
        }
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

impl<R: Room> Drop for RoomActor<R> {
    fn drop(&mut self) {
        // Also when the worker ends: the key must be free for a room on another one.
        self.directory.close(&self.key, self.cx.roll.room);
        self.cx.roll.close();
        tracing::debug!(room = %self.cx.roll.name, "closed");
    }
}

/// How the room hears of a member's session.
struct Link<R: Room>(WeakAddr<RoomActor<R>>);

impl<R: Room> RoomLink for Link<R> {
    fn ended(&self, session: SessionNumber, reason: DisconnectReason) {
        if let Some(address) = self.0.upgrade() {
            address.do_send(SessionEnded { session, reason });
        }
    }

    fn lapsed(&self, lapsed: Lapsed) {
        if let Some(address) = self.0.upgrade() {
            address.do_send(Lapse(lapsed));
        }
    }
}

/// A handler panicked; what it said is in the log by the panic hook.
pub(super) struct Panicked;

impl From<Panicked> for Refusal {
    fn from(_: Panicked) -> Self {
        Self::logged_already()
    }
}

fn guarded<T>(code: impl FnOnce() -> T) -> Result<T, Panicked> {
    // The room's state is dropped, not used, after a panic in it.
    catch_unwind(AssertUnwindSafe(code)).map_err(|_| Panicked)
}
