//! The actor of one connection, whatever its transport.
//!
//! It must never read or write a socket: messages come from its link, frames go to its outbox.

use std::{
    collections::VecDeque,
    future::poll_fn,
    sync::Arc,
    task::{Context as TaskContext, Waker},
};

use actix::{
    Actor, ActorContext, ActorFutureExt, AsyncContext, Context, Handler, Message, SpawnHandle,
    WrapFuture,
};
use tokio::sync::oneshot;

use super::{
    Application, ConnectionHandle, DisconnectReason, RawConnection, Realm, backlog::Backlog,
    homes::Resident, protocol::SocketIo,
};
use crate::{
    auth::Handshake,
    frame::Layer,
    in_flight::{InFlight, Permit},
    meter::{Count, Meter},
    number::{SessionNumber, ShardNumber},
    outbox::End,
    wire::{engine_io, socket_io::Messages},
};

/// One client.
pub(crate) struct Connection {
    pub(super) realm: Arc<Realm>,
    pub(super) handle: Arc<ConnectionHandle>,
    pub(super) shard: ShardNumber,
    /// The events that may be in flight; a handler that takes time holds a permit.
    in_flight: InFlight,
    inbox: VecDeque<Item>,
    waiting: bool,
    /// Whether its end has been seen to.
    ended: bool,
    /// Its own reading, while that has to wait.
    reader: Option<Waker>,
    pub(super) held: Option<Held>,
    upper: Upper,
    /// Boxed: most connections have nothing of it.
    rare: Option<Box<Rare>>,
}

/// What few connections have.
struct Rare {
    /// There is one if somebody listens.
    span: Option<tracing::Span>,
    /// Its place where others live that it belongs to.
    _resident: Option<Resident>,
}

/// What waits to be handled.
enum Item {
    Message(Handed),
    /// Everything that came with it is handled: its link may read on.
    Done(oneshot::Sender<()>),
}

/// A message that a link has handed over.
struct Handed {
    message: engine_io::Message,
    request: Option<Arc<Handshake>>,
    backlog: Option<Arc<Backlog>>,
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
    pub(super) fn socket_io(realm: &Realm) -> Self {
        Self::SocketIo(SocketIo::new(realm))
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
    pub(super) backlog: Option<Arc<Backlog>>,
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

/// The connection ends.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Closed {
    pub(crate) reason: DisconnectReason,
}

impl Connection {
    pub(super) fn new(
        realm: Arc<Realm>,
        handle: Arc<ConnectionHandle>,
        shard: ShardNumber,
        upper: Upper,
        resident: Option<Resident>,
    ) -> Self {
        let span = tracing::debug_span!("salon.connection", connection = handle.number());
        let span = Some(span).filter(|span| !span.is_disabled());
        let is_rare = span.is_some() || resident.is_some();
        let rare = is_rare.then(|| Box::new(Rare { span, _resident: resident }));
        let in_flight = InFlight::new(realm.limits().max_events_in_flight);
        Self {
            realm,
            handle,
            shard,
            in_flight,
            inbox: VecDeque::new(),
            waiting: false,
            ended: false,
            reader: None,
            held: None,
            upper,
            rare,
        }
    }

    /// What its log entries are in, if somebody listens.
    pub(super) fn span(&self) -> Option<&tracing::Span> {
        self.rare.as_ref()?.span.as_ref()
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

    /// Handles what is in the inbox, as far as the bound on events in flight allows.
    pub(super) fn work(&mut self, ctx: &mut Context<Self>) {
        while self.is_free(ctx) {
            match self.inbox.front() {
                None => {
                    // An idle connection holds no buffer.
                    self.inbox = VecDeque::new();
                    if let Some(reader) = self.reader.take() {
                        reader.wake();
                    }
                    return;
                }
                Some(Item::Done(_)) => {
                    if let Some(Item::Done(done)) = self.inbox.pop_front() {
                        // The link may have gone meanwhile.
                        let _ = done.send(());
                    }
                }
                Some(Item::Message(..)) => match self.permit(ctx) {
                    None => self.wait(ctx),
                    Some(permit) => {
                        if let Some(Item::Message(handed)) = self.inbox.pop_front() {
                            self.take_handed(handed, permit, ctx);
                        }
                    }
                },
            }
        }
    }

    /// Whether nothing is waited for before the next message.
    fn is_free(&self, ctx: &Context<Self>) -> bool {
        !self.waiting && self.held.is_none() && ctx.state().alive()
    }

    /// The right to handle one more message now.
    fn permit(&self, ctx: &Context<Self>) -> Option<Permit> {
        if !self.is_free(ctx) {
            return None;
        }
        self.in_flight.begin()
    }

    /// The right to read one more message now; without it the reading is woken when that may have
    /// changed.
    pub(super) fn permit_to_read(
        &mut self,
        ctx: &mut Context<Self>,
        cx: &TaskContext<'_>,
    ) -> Option<Permit> {
        if self.is_free(ctx) && self.inbox.is_empty() {
            match self.in_flight.begin() {
                None => self.wait(ctx),
                permit => return permit,
            }
        }
        self.reader = Some(cx.waker().clone());
        None
    }

    fn wait(&mut self, ctx: &mut Context<Self>) {
        self.waiting = true;
        let in_flight = self.in_flight.clone();
        let below = poll_fn(move |cx| in_flight.poll_below_limit(cx)).into_actor(self);
        ctx.spawn(below.map(|(), actor, ctx| {
            actor.waiting = false;
            actor.work(ctx);
        }));
    }

    /// A session has ended: what the checks of its event wait for is of no interest any more.
    pub(super) fn stop_waiting_for(&mut self, session: SessionNumber, ctx: &mut Context<Self>) {
        if let Some(held) = self.held.take_if(|held| held.number == session) {
            ctx.cancel_future(held.future);
            self.work(ctx);
        }
    }

    /// Takes a message that a link has handed over.
    fn take_handed(&mut self, handed: Handed, permit: Permit, ctx: &mut Context<Self>) {
        let Handed { message, request, backlog } = handed;
        if let Some(backlog) = backlog {
            backlog.remove(&message);
        }
        self.take(message, request, permit, ctx);
    }

    pub(super) fn take(
        &mut self,
        message: engine_io::Message,
        request: Option<Arc<Handshake>>,
        permit: Permit,
        ctx: &mut Context<Self>,
    ) {
        match &self.upper {
            Upper::SocketIo(_) => self.handle_message(message, permit, ctx),
            Upper::Raw { application, layer } => {
                let raw = self.raw(request, *layer);
                if self.guard(|| application.received(&raw, message)).is_none() {
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
        let span = self.span().and_then(tracing::Span::id);
        tracing::debug!(parent: span, %reason, "the connection ends");
        match &self.upper {
            Upper::SocketIo(_) => self.end_sessions(reason),
            Upper::Raw { application, layer } => {
                let raw = self.raw(None, *layer);
                self.guard(|| application.closed(&raw, reason));
            }
        }
        self.inbox.clear();
        self.ended = true;
        self.realm.counters().one(Count::ConnectionsClosed);
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
                if self.guard(|| application.opened(&raw)).is_none() {
                    self.close(DisconnectReason::ForcedServerClose, ctx);
                }
            }
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        // With its worker, or after a panic of Salon's own: nobody else has it forgotten.
        self.handle.outbox().close(DisconnectReason::ForcedServerClose);
        self.abandon_sessions();
        self.realm.forget(&self.handle);
        self.realm.counters().one(Count::ConnectionsClosed);
    }
}

impl Handler<Received> for Connection {
    type Result = ();

    fn handle(&mut self, received: Received, ctx: &mut Self::Context) {
        let span = self.span().cloned();
        let _entered = span.as_ref().map(tracing::Span::enter);
        let Received { messages, request, backlog, done } = received;
        for message in messages {
            let (request, backlog) = (request.clone(), backlog.clone());
            let handed = Handed { message, request, backlog };
            let permit = self.inbox.is_empty().then(|| self.permit(ctx)).flatten();
            match permit {
                Some(permit) => self.take_handed(handed, permit, ctx),
                None => self.inbox.push_back(Item::Message(handed)),
            }
        }
        self.inbox.extend(done.map(Item::Done));
        if !self.inbox.is_empty() {
            self.work(ctx);
        }
    }
}

impl Handler<Closed> for Connection {
    type Result = ();

    fn handle(&mut self, Closed { reason }: Closed, ctx: &mut Self::Context) {
        self.end(reason, ctx);
    }
}

impl Handler<EndSession> for Connection {
    type Result = ();

    fn handle(&mut self, end: EndSession, ctx: &mut Self::Context) {
        self.end_session(&end, ctx);
    }
}
