//! Socket.IO on one connection: which sessions it has, and what each packet does; events are for
//! `dispatch.rs`.
//!
//! It must never decide what an error does: `violation.rs` does.

use std::{
    ops::{Deref, DerefMut},
    sync::Arc,
};

use actix::{ActorFutureExt, AsyncContext, Context, WrapFuture};
use bytestring::ByteString;
use smallvec::SmallVec;
use tokio::sync::oneshot;

use super::{
    Connection, Core, DisconnectReason, Refusal,
    actor::{EndSession, Upper},
    call::Call,
    connecting::Connecting,
    namespaces::BuiltNamespace,
    session::AnySession,
    violation::{Consequence, Violation},
};
use crate::{
    base::{
        allowance::Allowance,
        contained::{Panicked, contain},
        logged::Logged,
        meter::{Count, Meter},
        number::SessionNumber,
        timers::Alarm,
    },
    hub::{Command, Socket},
    message::{Content, Publication},
    outbox::{End, InFlightGuard},
    session::peer::Peer,
    wire::{
        engine_io,
        socket_io::{DecodeError, Decoded, Decoder, Packet, UncheckedEvent},
    },
};

/// The Socket.IO side of a connection.
pub(crate) struct SocketIo {
    decoder: Box<dyn Decoder>,
    /// In place: most connections have one for good.
    pub(super) sessions: SmallVec<[OpenSession; 1]>,
    pub(super) allowance: Allowance,
    pub(super) connecting: Connecting,
}

/// A session that is connected.
pub(super) struct OpenSession {
    pub(super) peer: Arc<Peer>,
    pub(super) namespace: Arc<BuiltNamespace>,
    pub(super) state: State,
    pub(super) alarm: Alarm,
}

/// The application's state of a session.
pub(super) struct State(Option<Box<dyn AnySession>>);

impl State {
    pub(super) fn new(state: Box<dyn AnySession>) -> Self {
        Self(Some(state))
    }
}

impl Deref for State {
    type Target = dyn AnySession;

    fn deref(&self) -> &Self::Target {
        self.0.as_deref().expect("a session has its state until it is dropped")
    }
}

impl DerefMut for State {
    fn deref_mut(&mut self) -> &mut Self::Target {
        self.0.as_deref_mut().expect("a session has its state until it is dropped")
    }
}

impl Drop for OpenSession {
    fn drop(&mut self) {
        let state = self.state.0.take();
        if contain(|| drop(state)).is_err() {
            self.peer.outbox.counters().one(Count::HandlerPanics);
            let session = &*self.peer.id;
            tracing::error!(session, "the state of a session panicked when dropped");
        }
    }
}

impl OpenSession {
    pub(super) fn number(&self) -> SessionNumber {
        self.peer.number
    }

    /// What the application has of it.
    pub(super) fn socket(&self, core: &Core) -> Socket {
        Socket::new(self.peer.clone(), core.broadcaster().clone())
    }
}

impl SocketIo {
    pub(super) fn new(core: &Core) -> Self {
        Self {
            decoder: core.parser().decoder(core.limits()),
            sessions: SmallVec::new(),
            allowance: Allowance::default(),
            connecting: Connecting::default(),
        }
    }

    fn session(&mut self, namespace: &str) -> Option<usize> {
        self.sessions.iter().position(|session| session.peer.namespace == namespace)
    }

    pub(super) fn index(&self, number: SessionNumber) -> Option<usize> {
        self.sessions.iter().position(|session| session.number() == number)
    }

    /// All sessions, in the order in which they began, for them to be ended.
    fn take_sessions(&mut self) -> SmallVec<[OpenSession; 1]> {
        let mut sessions = std::mem::take(&mut self.sessions);
        sessions.sort_by_key(OpenSession::number);
        sessions
    }
}

impl Connection {
    /// Gives the client its time to connect to a namespace.
    pub(super) fn await_connect(&mut self, ctx: &mut Context<Self>) {
        let timeout = self.core.timeouts().connect;
        let (deadline, met) = oneshot::channel();
        // Not a timer that is cancelled: actix would remember that one for as long as the actor.
        let deadline_passed = tokio::time::timeout(timeout, met).into_actor(self);
        ctx.spawn(deadline_passed.map(|met, actor, ctx| {
            if met.is_err() {
                actor.respond_to(&Violation::ConnectTimeout, None, ctx);
            }
        }));
        if let Some(socket_io) = self.socket_io() {
            socket_io.connecting.set_deadline(deadline);
        }
    }

    /// Handles one message of the link.
    pub(super) fn handle_message(
        &mut self,
        message: engine_io::Message,
        in_flight: InFlightGuard,
        ctx: &mut Context<Self>,
    ) {
        let Some(socket_io) = self.socket_io() else { return };
        match socket_io.decoder.decode_lazily(message) {
            Ok(None) => {}
            Ok(Some(Decoded::Packet(packet))) => self.handle_packet(packet, in_flight, ctx),
            Ok(Some(Decoded::Event(event))) => self.handle_unchecked(event, in_flight, ctx),
            Err(error) => self.respond_to(&error.into(), None, ctx),
        }
    }

    /// Has an event checked by what reads its payload; without a session nothing does.
    fn handle_unchecked(
        &mut self,
        event: UncheckedEvent,
        in_flight: InFlightGuard,
        ctx: &mut Context<Self>,
    ) {
        let Some(socket_io) = self.socket_io() else { return };
        if let Some(session) = socket_io.session(&event.namespace) {
            let UncheckedEvent { name, arguments: payload, id, .. } = event;
            return self.handle_event(session, Call { name, payload, id, in_flight }, ctx);
        }
        match event.check() {
            Ok(packet) => self.handle_packet(packet, in_flight, ctx),
            Err(error) => self.respond_to(&error.into(), None, ctx),
        }
    }

    fn handle_packet(&mut self, packet: Packet, in_flight: InFlightGuard, ctx: &mut Context<Self>) {
        let Some(socket_io) = self.socket_io() else { return };
        let session = socket_io.session(packet.namespace());
        match (packet, session) {
            (Packet::Connect { namespace, auth }, None) => self.connect(namespace, auth, ctx),
            (Packet::Connect { namespace, .. }, Some(_)) => {
                let shown = self.core.namespaces().shown(&namespace);
                self.respond_to(&Violation::SecondConnect(shown), None, ctx);
            }
            (Packet::Event { name, arguments, id, .. }, Some(session)) => {
                let payload = arguments.into();
                self.handle_event(session, Call { name, payload, id, in_flight }, ctx);
            }
            (Packet::Ack { id, arguments, .. }, Some(session)) => {
                let peer = &socket_io.sessions[session].peer;
                if !peer.state.acknowledgements.resolve(id, arguments) {
                    self.respond_to(&Violation::UnknownAcknowledgement(id), None, ctx);
                }
            }
            (Packet::Disconnect { .. }, Some(session)) => {
                let mut session = socket_io.sessions.swap_remove(session);
                session.alarm.turn_off(ctx);
                self.end_open_session(session, DisconnectReason::ClientNamespaceDisconnect);
            }
            (Packet::ConnectError { .. }, _) => {
                self.respond_to(&DecodeError::ConnectErrorFromClient.into(), None, ctx);
            }
            (packet, None) => {
                let namespace = self.core.namespaces().shown(packet.namespace());
                self.respond_to(&Violation::NotConnected(namespace), None, ctx);
            }
        }
    }

    /// Does what is to be done about an error.
    pub(super) fn respond_to(
        &mut self,
        violation: &Violation,
        namespace: Option<&ByteString>,
        ctx: &mut Context<Self>,
    ) {
        let shown = Logged(violation);
        tracing::debug!(violation = %shown, connection = self.handle.number(), "a client broke its protocol");
        if matches!(violation, Violation::BadPacket(_) | Violation::BadPayload(_)) {
            self.core.counters().one(Count::BadPackets);
        }
        match violation.consequence() {
            Consequence::Keep => {}
            Consequence::Close(reason) => self.close(reason, ctx),
            Consequence::Refuse(refusal) => {
                if let Some(namespace) = namespace {
                    self.refuse_connect(namespace, &refusal);
                }
            }
        }
    }

    /// Ends what the server wants ended.
    pub(super) fn end_session(&mut self, end: &EndSession, ctx: &mut Context<Self>) {
        let Some(socket_io) = self.socket_io() else { return };
        match end.end {
            End::Session => {
                if let Some(index) = socket_io.index(end.session) {
                    let mut session = socket_io.sessions.swap_remove(index);
                    session.alarm.turn_off(ctx);
                    self.disconnect(session);
                    self.stop_waiting_for(end.session, ctx);
                }
            }
            // It has ended meanwhile, and the connection serves others.
            End::Connection if socket_io.index(end.session).is_none() => {}
            End::Connection => {
                for session in socket_io.take_sessions() {
                    self.disconnect(session);
                }
                self.close(DisconnectReason::ForcedServerClose, ctx);
            }
            End::HangUp => self.close(DisconnectReason::ForcedClose, ctx),
        }
    }

    /// Tells a client that its session ends, and ends it.
    fn disconnect(&self, session: OpenSession) {
        let namespace = session.peer.namespace.clone();
        self.end_open_session(session, DisconnectReason::ServerNamespaceDisconnect);
        // The last packet: whatever the session's own code still sent is before it.
        self.send(Content::Disconnected { namespace });
    }

    /// Who has a session.
    pub(super) fn open_session(&self, index: usize) -> Option<&Peer> {
        let Upper::SocketIo(socket_io) = &self.upper else { return None };
        socket_io.sessions.get(index).map(|session| &*session.peer)
    }

    /// Its sessions, for a log.
    pub(super) fn named_sessions(&self) -> String {
        let Upper::SocketIo(socket_io) = &self.upper else { return String::new() };
        let sessions = socket_io.sessions.iter().map(|session| &*session.peer.id);
        sessions.collect::<Vec<&str>>().join(" ")
    }

    /// Ends all sessions; the connection has ended.
    pub(super) fn end_sessions(&mut self, reason: DisconnectReason) {
        let Some(socket_io) = self.socket_io() else { return };
        for session in socket_io.take_sessions() {
            self.end_open_session(session, reason);
        }
    }

    /// Leaves nothing of the sessions behind when the actor is dropped without having ended: after
    /// a panic outside of any handler, or with its worker. No code of the application runs.
    pub(super) fn abandon_sessions(&mut self) {
        let Some(socket_io) = self.socket_io() else { return };
        for session in socket_io.take_sessions() {
            self.core.sessions().remove(&session.peer);
            self.tell_shard(Command::Unregister(session.peer.clone()));
            session.peer.end(DisconnectReason::ForcedServerClose);
        }
    }

    fn end_open_session(&self, mut session: OpenSession, reason: DisconnectReason) {
        let namespace = session.namespace.clone();
        let untyped = &namespace.untyped;
        let peer = session.peer.clone();
        if let Some(disconnecting) = &untyped.disconnecting {
            self.guard("disconnecting", Some(&peer), || {
                disconnecting(&session.socket(&self.core), reason);
            });
        }
        self.guard("disconnected", Some(&peer), || session.state.disconnected(reason));
        let peer = &peer;
        if let Some(recovery) = &self.core.broadcaster().recovery
            && reason.is_recoverable()
            && !peer.auth_state.has_ended()
        {
            recovery.park(peer, self.handle.principal());
        }
        self.core.sessions().remove(peer);
        self.tell_shard(Command::Unregister(peer.clone()));
        peer.end(reason);
        if let Some(disconnected) = &untyped.disconnected {
            self.guard("disconnected", Some(peer), || {
                disconnected(&session.socket(&self.core), reason);
            });
        }
    }

    /// Tells the client something about its sessions.
    pub(super) fn send(&self, content: Content) {
        let publication = Publication::new(content).formed(&**self.core.broadcaster().codec());
        // A connection that is closing needs to hear nothing.
        let _ = self.handle.outbox().push(&publication);
    }

    pub(super) fn tell_shard(&self, command: Command) {
        if let Some(shard) = self.core.broadcaster().shard(self.shard) {
            shard.send(command);
        }
    }

    /// Runs code of the application, which the log calls `what`; `None` if it panicked.
    pub(super) fn guard<T>(
        &self,
        what: &str,
        session: Option<&Peer>,
        code: impl FnOnce() -> T,
    ) -> Option<T> {
        match contain(code) {
            Ok(value) => Some(value),
            Err(Panicked) => {
                drop(self.panicked(what, session));
                None
            }
        }
    }

    pub(super) fn panicked(&self, what: &str, session: Option<&Peer>) -> Refusal {
        self.core.counters().one(Count::HandlerPanics);
        tracing::error!(
            connection = self.handle.number(),
            session = session.map(|session| &*session.id),
            what = %Logged(what),
            "code of the application panicked"
        );
        Refusal::logged_already()
    }
}
