//! The actor of one connection, whatever its transport.
//!
//! It must never read or write a socket: messages come from its link, frames go to its outbox.

use std::{
    collections::VecDeque,
    sync::Arc,
    task::{Context as TaskContext, Waker},
};

use actix::{Actor, ActorContext, AsyncContext, Context, Handler, Message, SpawnHandle};
use tokio::sync::oneshot;

use super::{
    Application, ConnectionHandle, Core, DisconnectReason, RawConnection, protocol::SocketIo,
    receive_window::ReceiveWindow,
};
use crate::{
    auth::Handshake,
    base::{
        meter::{Count, Meter},
        number::{SessionNumber, ShardNumber},
        turn::{self, TakesTurns},
    },
    message::Layer,
    outbox::{End, InFlightGuard},
    wire::{engine_io, socket_io::Messages},
};

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
    /// Boxed: mostly nothing waits.
    waiting: Option<Box<Waiting>>,
    pub(super) upper: Upper,
}

/// What waits on a connection, and for what.
#[derive(Default)]
struct Waiting {
    inbox: VecDeque<Item>,
    held: Option<Held>,
    /// The connection's own reading.
    reader: Option<Waker>,
}

/// What waits to be handled.
enum Item {
    Message(Handed),
    /// Everything that came with it is handled: its link may read on.
    Done(oneshot::Sender<()>),
}

/// A message, with what a link has handed over beside it.
pub(super) struct Handed {
    pub(super) message: engine_io::Message,
    pub(super) request: Option<Arc<Handshake>>,
    pub(super) window: Option<Arc<ReceiveWindow>>,
}

/// An event whose checks are waited for; nothing that came after it is handled meanwhile.
pub(super) struct Held {
    pub(super) number: SessionNumber,
    pub(super) future: SpawnHandle,
}

/// What is above Engine.IO.
pub(crate) enum Upper {
    SocketIo(SocketIo),
    Raw { application: Arc<dyn Application>, layer: Layer },
}

impl Upper {
    pub(super) fn socket_io(core: &Core) -> Self {
        Self::SocketIo(SocketIo::new(core))
    }

    pub(super) fn raw(application: Arc<dyn Application>, layer: Layer) -> Self {
        Self::Raw { application, layer }
    }
}

/// Messages from the link, in the order in which they came.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Received {
    pub(super) messages: Messages,
    pub(super) request: Option<Arc<Handshake>>,
    /// What its link waits for.
    pub(super) window: Option<Arc<ReceiveWindow>>,
    /// Told when all of them are handled.
    pub(super) done: Option<oneshot::Sender<()>>,
}

/// One of its sessions is to be ended, or the connection because of it.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct EndSession {
    pub(super) session: SessionNumber,
    pub(super) end: End,
}

/// One more event may be in flight, and before it might not.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct BelowLimit;

/// The connection ends.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Closed {
    pub(crate) reason: DisconnectReason,
}

impl Connection {
    pub(super) fn new(
        core: Arc<Core>,
        handle: Arc<ConnectionHandle>,
        shard: ShardNumber,
        upper: Upper,
    ) -> Self {
        let (at_limit, ended, has_sent_connect) = (false, false, false);
        Self { core, handle, shard, at_limit, ended, has_sent_connect, waiting: None, upper }
    }

    pub(super) fn socket_io(&mut self) -> Option<&mut SocketIo> {
        match &mut self.upper {
            Upper::SocketIo(socket_io) => Some(socket_io),
            Upper::Raw { .. } => None,
        }
    }

    fn raw(&self, request: Option<Arc<Handshake>>, layer: Layer) -> RawConnection {
        RawConnection {
            outbox: self.handle.outbox().clone(),
            handshake: self.handle.handshake().clone(),
            request,
            layer,
        }
    }

    /// Handles what waits, as far as the bound on events in flight allows.
    pub(super) fn work(&mut self, ctx: &mut Context<Self>) {
        while self.is_free(ctx) {
            let Some(waiting) = &mut self.waiting else { return };
            match waiting.inbox.pop_front() {
                None => {
                    let reader = self.waiting.take().and_then(|waiting| waiting.reader);
                    return reader.into_iter().for_each(Waker::wake);
                }
                // The link may have gone meanwhile.
                Some(Item::Done(done)) => {
                    let _ = done.send(());
                }
                Some(Item::Message(handed)) => match self.handle.outbox().begin() {
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
        let is_held = self.waiting.as_ref().is_some_and(|waiting| waiting.held.is_some());
        !self.at_limit && !is_held && ctx.state().alive()
    }

    fn wait(&mut self, item: Item) {
        self.waiting.get_or_insert_default().inbox.push_back(item);
    }

    /// The right to handle a message now that comes after all that waits.
    fn in_flight(&mut self, ctx: &Context<Self>) -> Option<InFlightGuard> {
        if self.waiting.is_some() || !self.is_free(ctx) {
            return None;
        }
        let in_flight = self.handle.outbox().begin();
        self.at_limit = in_flight.is_none();
        in_flight
    }

    /// Whether one more message may be read now; if not, the reading is woken when that may have
    /// changed.
    pub(super) fn may_read(&mut self, ctx: &Context<Self>, cx: &TaskContext<'_>) -> bool {
        if self.waiting.is_none() && self.is_free(ctx) {
            // No guard is taken before there is a message: an idle connection has nothing in flight.
            if self.handle.outbox().may_begin() {
                return true;
            }
            self.at_limit = true;
        }
        self.waiting.get_or_insert_default().reader = Some(cx.waker().clone());
        false
    }

    /// Takes a message that came from a link or by its own reading: now, or when its turn comes.
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
        match &self.upper {
            Upper::SocketIo(_) => self.handle_message(message, in_flight, ctx),
            Upper::Raw { .. } if self.handle.outbox().is_stopping() => {}
            Upper::Raw { application, layer } => {
                let raw = self.raw(request, *layer);
                if self.guard("received", None, || application.received(&raw, message)).is_none() {
                    self.close(DisconnectReason::ForcedServerClose, ctx);
                }
            }
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
        match &self.upper {
            Upper::SocketIo(_) => self.end_sessions(reason),
            Upper::Raw { application, layer } => {
                let raw = self.raw(None, *layer);
                self.guard("closed", None, || application.closed(&raw, reason));
            }
        }
        self.waiting = None;
        self.ended = true;
        self.core.counters().one(Count::ConnectionsClosed);
        ctx.stop();
    }
}

impl Actor for Connection {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        match &self.upper {
            Upper::SocketIo(_) => self.await_connect(ctx),
            Upper::Raw { application, layer } => {
                let raw = self.raw(None, *layer);
                if self.guard("opened", None, || application.opened(&raw)).is_none() {
                    self.close(DisconnectReason::ForcedServerClose, ctx);
                }
            }
        }
    }
}

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
}
