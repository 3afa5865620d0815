//! The actor of one connection, whatever its transport.
//!
//! It must never read or write a socket: messages come from its link, frames go to its outbox.

use std::{
    sync::Arc,
    task::{Context as TaskContext, Waker},
};

use actix::{Actor, ActorContext, AsyncContext, Context, Handler};

use super::{
    above::Above,
    call::Call,
    core::Core,
    early::EarlyEvents,
    handle::Handle,
    mailbox::{BelowLimit, Client, Closed, EndSession, Received},
    open_session::OpenSession,
    session_table::SessionTable,
    waiting::{Handed, Held, Item, Waiting},
};
use crate::{
    app::{Application, RawConnection},
    auth::Handshake,
    base::{
        disconnect::DisconnectReason,
        in_flight::InFlightGuard,
        meter::Count,
        number::{SessionNumber, ShardNumber},
        turn::{self, TakesTurns},
    },
    protocol::Effect,
    room::Early,
};

/// The shared part of one connection.
pub(crate) type ConnectionHandle = Handle<Connection>;

/// One client.
pub(crate) struct Connection {
    pub(super) core: Arc<Core>,
    pub(super) handle: Arc<ConnectionHandle>,
    pub(super) shard: ShardNumber,
    /// Whether as many events are in flight as may be: one has to end first.
    at_limit: bool,
    /// Whether its end has been seen to.
    ended: bool,
    /// Whether it has sent a CONNECT: most send no second one, and need no bucket for them.
    pub(super) has_sent_connect: bool,
    /// Whether it is asked who its client is, and what that sends meanwhile waits.
    pub(super) is_asked_about: bool,
    /// Boxed: mostly nothing waits.
    waiting: Option<Box<Waiting>>,
    above: Above,
}

impl Connection {
    pub(super) fn new(
        core: Arc<Core>,
        handle: Arc<ConnectionHandle>,
        shard: ShardNumber,
        above: Above,
    ) -> Self {
        Self {
            core,
            handle,
            shard,
            at_limit: false,
            ended: false,
            has_sent_connect: false,
            is_asked_about: false,
            waiting: None,
            above,
        }
    }

    /// Whether its client has one session here, and what becomes of the one becomes of the other.
    pub(super) fn has_one_session(&self) -> bool {
        self.above.has_one_session()
    }

    /// A session was refused; whether its client may not try again.
    pub(super) fn was_refused_too_often(&mut self) -> bool {
        self.above.is_refused()
    }

    /// The sessions of its client; nothing if it has an application above it.
    #[inline]
    pub(super) fn table(&mut self) -> Option<&mut SessionTable> {
        self.above.table()
    }

    /// The sessions that are open.
    pub(super) fn open_sessions(&self) -> &[OpenSession] {
        self.above.open_sessions()
    }

    /// Runs code of the application that is above it, if one is, which the log calls `what`. `None` if
    /// it panicked.
    pub(super) fn with_application(
        &self,
        what: &str,
        request: Option<Arc<Handshake>>,
        code: impl FnOnce(&dyn Application, &RawConnection),
    ) -> Option<()> {
        let Some(application) = self.above.application() else { return Some(()) };
        let (outbox, handshake) = (self.handle.outbox().clone(), self.handle.handshake().clone());
        let raw = RawConnection { outbox, handshake, request };
        self.guard(what, None, || code(&**application, &raw))
    }

    /// Handles what waits, as far as the bound on events in flight allows.
    pub(super) fn work(&mut self, ctx: &mut Context<Self>) {
        while self.is_free(ctx) {
            let Some(waiting) = &mut self.waiting else { return };
            match waiting.inbox.pop_front() {
                None => {
                    let reader = waiting.reader.take();
                    self.drop_waiting();
                    return reader.into_iter().for_each(Waker::wake);
                }
                // The link may have gone meanwhile.
                Some(Item::Done(done)) => {
                    let _ = done.send(());
                }
                Some(Item::Message(handed)) => match self.handle.begin() {
                    Some(in_flight) => self.take(handed, in_flight, ctx),
                    None => {
                        waiting.inbox.push_front(Item::Message(handed));
                        self.at_limit = true;
                    }
                },
            }
        }
    }

    /// Whether nothing is waited for before the next message.
    fn is_free(&self, ctx: &Context<Self>) -> bool {
        !self.at_limit && !self.is_asked_about && !self.is_held() && ctx.state().alive()
    }

    /// Whether a message that comes now has to wait for others.
    #[inline]
    fn is_anything_before(&self) -> bool {
        self.waiting.as_ref().is_some_and(|waiting| waiting.is_before_others())
    }

    /// Whether anything waits at all; mostly nothing does.
    pub(super) fn does_anything_wait(&self) -> bool {
        self.waiting.is_some()
    }

    /// Gives back what mostly is not there, once nothing waits.
    pub(super) fn drop_waiting(&mut self) {
        self.waiting.take_if(|waiting| waiting.is_idle());
    }

    /// What waits for a session to join a room again, and the sessions.
    pub(super) fn early(&mut self) -> (&mut EarlyEvents, &[OpenSession]) {
        (&mut self.waiting.get_or_insert_default().early, self.above.open_sessions())
    }

    /// The first of them that waits no longer, with the place of its session.
    pub(super) fn take_early(&mut self) -> Option<(usize, Early)> {
        self.waiting.as_ref()?;
        let (early, open) = self.early();
        let taken = early.take(open);
        self.drop_waiting();
        taken
    }

    /// Whether the checks of an event are waited for.
    pub(super) fn is_held(&self) -> bool {
        self.waiting.as_ref().is_some_and(|waiting| waiting.held.is_some())
    }

    fn wait(&mut self, item: Item) {
        self.waiting.get_or_insert_default().inbox.push_back(item);
    }

    /// The right to handle a message now that comes after all that waits.
    #[inline]
    fn in_flight(&mut self, ctx: &Context<Self>) -> Option<InFlightGuard> {
        if self.is_anything_before() || !self.is_free(ctx) {
            return None;
        }
        let in_flight = self.handle.begin();
        self.at_limit = in_flight.is_none();
        in_flight
    }

    /// Whether one more message may be read now; if not, the reading is woken when that may have
    /// changed.
    pub(super) fn may_read(&mut self, ctx: &Context<Self>, cx: &TaskContext<'_>) -> bool {
        if !self.is_anything_before() && self.is_free(ctx) {
            // No guard is taken before there is a message: an idle connection has nothing in flight.
            if self.handle.may_begin() {
                return true;
            }
            self.at_limit = true;
        }
        self.waiting.get_or_insert_default().reader = Some(cx.waker().clone());
        false
    }

    /// Takes a message that came from a link or by its own reading: now, or when its turn comes.
    #[inline]
    pub(super) fn receive(&mut self, handed: Handed, ctx: &mut Context<Self>) {
        match self.in_flight(ctx) {
            Some(in_flight) => self.take(handed, in_flight, ctx),
            None => self.wait(Item::Message(handed)),
        }
    }

    /// Nothing more is handled until the checks of an event are done: then none is held.
    pub(super) fn set_held(&mut self, held: Option<Held>) {
        if held.is_some() || self.waiting.is_some() {
            self.waiting.get_or_insert_default().held = held;
        }
    }

    /// A session has ended: what the checks of its event wait for is of no interest any more.
    pub(super) fn stop_waiting_for(&mut self, session: SessionNumber, ctx: &mut Context<Self>) {
        let held = self.waiting.as_mut().map(|waiting| &mut waiting.held);
        if let Some(held) = held.and_then(|held| held.take_if(|held| held.number == session)) {
            ctx.cancel_future(held.future);
            self.work(ctx);
        }
    }

    fn take(&mut self, handed: Handed, in_flight: InFlightGuard, ctx: &mut Context<Self>) {
        let Handed { message, request, window } = handed;
        if let Some(window) = window {
            window.remove(&message);
        }
        match self.above.receive(message) {
            Ok(Effect::Call { session, name, payload, id }) => {
                let call = Call { name, payload, delivery: None, id, in_flight };
                self.handle_event(session, call, ctx);
            }
            Ok(effect) => self.carry_out(effect, request, ctx),
            Err(violation) => self.respond_to(&violation, None, ctx),
        }
    }

    /// Its client has had its time to begin a session, and has begun none.
    pub(super) fn timeout(&mut self, ctx: &mut Context<Self>) {
        if let Some(violation) = self.above.timeout() {
            self.respond_to(&violation, None, ctx);
        }
    }

    /// Ends the connection: what is queued is still sent.
    pub(super) fn close(&mut self, reason: DisconnectReason, ctx: &mut Context<Self>) {
        self.handle.outbox().close(reason);
        self.end(reason, ctx);
    }

    fn end(&mut self, reason: DisconnectReason, ctx: &mut Context<Self>) {
        if !ctx.state().alive() {
            return;
        }
        let span = self.handle.span().and_then(tracing::Span::id);
        tracing::debug!(parent: span, %reason, "the connection ends");
        self.end_sessions(reason);
        self.with_application("closed", None, |application, raw| application.closed(raw, reason));
        self.waiting = None;
        self.ended = true;
        self.core.counters().one(Count::ConnectionsClosed);
        ctx.stop();
    }
}

impl Actor for Connection {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        if self.table().is_some() {
            self.await_connect(ctx);
            let begin = self.above.begin();
            return self.carry_out(begin, None, ctx);
        }
        let opened = |application: &dyn Application, raw: &RawConnection| application.opened(raw);
        if self.with_application("opened", None, opened).is_none() {
            self.close(DisconnectReason::ForcedServerClose, ctx);
        }
    }
}

impl Client for Connection {}

impl TakesTurns for Connection {
    fn is_greedy(&self, turns: u32) {
        self.core.counters().one(Count::GreedyTurns);
        let sessions = self.named_sessions();
        let connection = self.handle.number();
        tracing::warn!(
            connection,
            sessions,
            turns,
            "a session keeps its worker busy with what it gives itself to do"
        );
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.handle.move_out();
        if self.ended {
            return;
        }
        if turn::is_lost() {
            self.core.counters().one(Count::ActorsLost);
            let connection = self.handle.number();
            tracing::error!(connection, "the connection's actor is lost: its client is cut off");
        }
        // With its worker, or after a panic of Salon's own: nobody else has it forgotten.
        // Its client is to come back, to whoever is there then.
        self.handle.outbox().close(DisconnectReason::ServerShuttingDown);
        self.abandon_sessions();
        self.core.forget(&self.handle);
        self.core.counters().one(Count::ConnectionsClosed);
    }
}

impl Handler<Received> for Connection {
    type Result = ();

    fn handle(&mut self, received: Received, ctx: &mut Self::Context) {
        let span = self.handle.span().cloned();
        let _entered = span.as_ref().map(tracing::Span::enter);
        let Received { messages, request, window, done } = received;
        for message in messages {
            let (request, window) = (request.clone(), window.clone());
            self.receive(Handed { message, request, window }, ctx);
        }
        match done {
            // The link may have gone meanwhile.
            Some(done) if self.waiting.is_none() && self.is_free(ctx) => {
                let _ = done.send(());
            }
            Some(done) => self.wait(Item::Done(done)),
            None => {}
        }
        self.work(ctx);
    }
}

impl Handler<Closed> for Connection {
    type Result = ();

    fn handle(&mut self, Closed { reason }: Closed, ctx: &mut Self::Context) {
        self.end(reason, ctx);
    }
}

impl Handler<BelowLimit> for Connection {
    type Result = ();

    fn handle(&mut self, _: BelowLimit, ctx: &mut Self::Context) {
        self.at_limit = false;
        self.work(ctx);
    }
}

impl Handler<EndSession> for Connection {
    type Result = ();

    fn handle(&mut self, end: EndSession, ctx: &mut Self::Context) {
        self.end_session(&end, ctx);
    }
}

#[cfg(all(test, target_pointer_width = "64"))]
mod tests {
    use super::*;

    #[test]
    fn a_connection_and_what_actix_and_tokio_add_to_it_take_512_bytes() {
        // They add 400, and a task's memory comes in steps of 128.
        assert!(size_of::<Connection>() <= 112, "{}", size_of::<Connection>());
    }

    #[test]
    fn the_handle_of_a_connection_and_its_counts_take_152_bytes() {
        // The counts of references are 16. What malloc gives next is 16 more, and many times that where
        // pages fill up otherwise.
        assert!(size_of::<ConnectionHandle>() <= 136, "{}", size_of::<ConnectionHandle>());
    }
}
