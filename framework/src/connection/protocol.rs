//! Socket.IO on one connection: which sessions it has, and what each packet does; events are for
//! `dispatch.rs`.
//!
//! It must never decide what an error does: `close.rs` does.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use actix::{ActorFutureExt, AsyncContext, Context, SpawnHandle, WeakRecipient, WrapFuture};
use bytestring::ByteString;
use futures_util::FutureExt;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::OwnedSemaphorePermit;

use super::{
    Connection, DisconnectReason, Realm, Refusal,
    bucket::Buckets,
    close::{Trouble, Verdict},
    dispatch::Call,
    namespace::BuiltNamespace,
    realm::session_id,
    session::{AnySession, ConnectRefusal, ConnectReply, Unconnected},
};
use crate::{
    auth::{AnyIdentity, Credentials},
    frame::Frame,
    meter::{Count, Meter},
    peer::{End, EndSession, Peer, PeerParts, SessionNumber},
    refusal::Code,
    room::{Command, Recovered, Socket},
    wire::{
        engine_io,
        socket_io::{Arguments, Decoder, Packet},
    },
};

/// The Socket.IO side of a connection.
pub(crate) struct SocketIo {
    decoder: Box<dyn Decoder>,
    pub(super) sessions: Vec<OpenSession>,
    pub(super) buckets: Buckets,
    connecting: Vec<ByteString>,
    deadline: Option<SpawnHandle>,
}

/// A session that is connected.
pub(super) struct OpenSession {
    pub(super) socket: Socket,
    pub(super) namespace: Arc<BuiltNamespace>,
    pub(super) state: Box<dyn AnySession>,
}

impl OpenSession {
    pub(super) fn number(&self) -> SessionNumber {
        self.socket.peer().number
    }
}

/// What a future yielded, unless it panicked.
type Caught<T> = std::thread::Result<T>;

/// Where a session comes from.
struct Origin {
    id: ByteString,
    private_id: Option<ByteString>,
    recovered: Option<Recovered>,
}

/// What a client presents to have its session back.
#[derive(Deserialize)]
struct Claim {
    pid: String,
    offset: Option<String>,
}

/// What came of an attempt to connect.
type Admitted = Result<(Box<dyn Unconnected>, AnyIdentity), Refusal>;

impl SocketIo {
    pub(super) fn new(realm: &Realm) -> Self {
        Self {
            decoder: realm.broadcaster().parser().decoder(realm.limits()),
            sessions: Vec::new(),
            buckets: Buckets::default(),
            connecting: Vec::new(),
            deadline: None,
        }
    }

    fn session(&mut self, namespace: &str) -> Option<usize> {
        self.sessions.iter().position(|session| session.socket.namespace() == namespace)
    }

    pub(super) fn index(&self, number: SessionNumber) -> Option<usize> {
        self.sessions.iter().position(|session| session.number() == number)
    }

    /// All sessions, in the order in which they began, for them to be ended.
    fn take_sessions(&mut self) -> Vec<OpenSession> {
        let mut sessions = std::mem::take(&mut self.sessions);
        sessions.sort_by_key(OpenSession::number);
        sessions
    }
}

impl Connection {
    /// Gives the client its time to connect to a namespace.
    pub(super) fn await_connect(&mut self, ctx: &mut Context<Self>) {
        let timeout = self.realm.timeouts().connect;
        let deadline = ctx.run_later(timeout, |actor, ctx| {
            actor.trouble(&Trouble::ConnectTimeout, None, ctx);
        });
        if let Some(socket_io) = self.socket_io() {
            socket_io.deadline = Some(deadline);
        }
    }

    /// Handles one message of the link.
    pub(super) fn handle_message(
        &mut self,
        message: engine_io::Message,
        permit: OwnedSemaphorePermit,
        ctx: &mut Context<Self>,
    ) {
        let Some(socket_io) = self.socket_io() else { return };
        match socket_io.decoder.decode(message) {
            Ok(None) => {}
            Ok(Some(packet)) => self.handle_packet(packet, permit, ctx),
            Err(error) => self.trouble(&error.into(), None, ctx),
        }
    }

    fn handle_packet(
        &mut self,
        packet: Packet,
        permit: OwnedSemaphorePermit,
        ctx: &mut Context<Self>,
    ) {
        let Some(socket_io) = self.socket_io() else { return };
        let session = socket_io.session(packet.namespace());
        match (packet, session) {
            (Packet::Connect { namespace, auth }, None) => self.connect(namespace, auth, ctx),
            (Packet::Connect { namespace, .. }, Some(_)) => {
                self.trouble(&Trouble::SecondConnect(namespace.to_string()), None, ctx);
            }
            (Packet::Event { name, arguments, id, .. }, Some(session)) => {
                self.handle_event(session, Call { name, arguments, id, permit }, ctx);
            }
            (Packet::Ack { id, arguments, .. }, Some(session)) => {
                let peer = socket_io.sessions[session].socket.peer();
                if !peer.acknowledgements.resolve(id, arguments) {
                    self.trouble(&Trouble::UnknownAcknowledgement(id), None, ctx);
                }
            }
            (Packet::Disconnect { .. }, Some(session)) => {
                let session = socket_io.sessions.swap_remove(session);
                self.end_open_session(session, DisconnectReason::ClientNamespaceDisconnect);
            }
            // The decoder lets no CONNECT_ERROR of a client through.
            (Packet::ConnectError { .. }, Some(_)) => {}
            (packet, None) => {
                let namespace = packet.namespace().to_string();
                self.trouble(&Trouble::NotConnected(namespace), None, ctx);
            }
        }
    }

    /// Does what is to be done about an error.
    fn trouble(
        &mut self,
        trouble: &Trouble,
        namespace: Option<&ByteString>,
        ctx: &mut Context<Self>,
    ) {
        tracing::debug!(%trouble, connection = self.handle.number(), "trouble with a client");
        if matches!(trouble, Trouble::BadPacket(_)) {
            self.realm.counters().one(Count::BadPackets);
        }
        match trouble.verdict() {
            Verdict::Keep => {}
            Verdict::Close(reason) => self.close(reason, ctx),
            Verdict::Refuse(refusal) => {
                if let Some(namespace) = namespace {
                    self.refuse_connect(namespace, &refusal);
                }
            }
        }
    }

    fn connect(
        &mut self,
        namespace: ByteString,
        auth: Option<ByteString>,
        ctx: &mut Context<Self>,
    ) {
        let limit = self.realm.limits().max_namespaces;
        let Some(socket_io) = self.socket_io() else { return };
        if socket_io.connecting.contains(&namespace) {
            let trouble = Trouble::SecondConnect(namespace.to_string());
            return self.trouble(&trouble, None, ctx);
        }
        if socket_io.sessions.len() + socket_io.connecting.len() >= limit {
            return self.trouble(&Trouble::TooManyNamespaces(limit), Some(&namespace), ctx);
        }
        let Some(built) = self.realm.namespaces().find(&namespace).cloned() else {
            let trouble = Trouble::UnknownNamespace(namespace.to_string());
            return self.trouble(&trouble, Some(&namespace), ctx);
        };
        if let Some(socket_io) = self.socket_io() {
            socket_io.connecting.push(namespace.clone());
        }
        let handshake = self.handle.handshake().clone();
        let credentials = Credentials::new(handshake, namespace.clone(), auth.clone());
        let admission = admit(self.realm.clone(), built.clone(), credentials);
        let mut admission = AssertUnwindSafe(admission).catch_unwind().boxed_local();
        let admitted =
            move |admitted: Caught<Admitted>, actor: &mut Self, ctx: &mut Context<Self>| {
                let admitted = admitted.unwrap_or_else(|_| Err(actor.panicked("authentication")));
                actor.connected(namespace, auth, &built, admitted, ctx);
            };
        // What needs no waiting is decided before the client's next packet is looked at.
        match (&mut admission).now_or_never() {
            Some(outcome) => admitted(outcome, self, ctx),
            None => {
                ctx.spawn(admission.into_actor(self).map(admitted));
            }
        }
    }

    fn connected(
        &mut self,
        namespace: ByteString,
        auth: Option<ByteString>,
        built: &Arc<BuiltNamespace>,
        admitted: Admitted,
        ctx: &mut Context<Self>,
    ) {
        if let Some(socket_io) = self.socket_io() {
            socket_io.connecting.retain(|connecting| *connecting != namespace);
        }
        let made = admitted.and_then(|(made, identity)| {
            let origin = self.origin(&namespace, auth.as_ref())?;
            Ok((made, identity, origin))
        });
        let (made, identity, origin) = match made {
            Ok(made) => made,
            Err(refusal) => {
                self.realm.counters().one(Count::SessionsRefused);
                return self.refuse_connect(&namespace, &refusal);
            }
        };
        let connection: WeakRecipient<EndSession> = ctx.address().downgrade().recipient();
        let peer = Arc::new(Peer::new(PeerParts {
            id: origin.id,
            private_id: origin.private_id,
            covered: origin.recovered.as_ref().map(|recovered| recovered.covered),
            namespace,
            shard: self.shard,
            handshake: self.handle.handshake().clone(),
            auth,
            identity,
            outbox: self.handle.outbox().clone(),
            connection,
            meter: self.realm.counters().clone(),
        }));
        if let Some(recovered) = &origin.recovered {
            for frame in &recovered.missed {
                // A client that is gone again misses it again.
                let _ = peer.push_recovered(frame);
            }
        }
        let reply = ConnectReply { sid: &peer.id, pid: peer.private_id.as_ref() };
        let reply = Arguments::encode_single(&reply);
        let auth = reply.ok().map(|reply| reply.json_text().clone());
        let packet = Packet::Connect { namespace: peer.namespace.clone(), auth };
        self.send(&packet);
        self.tell_shard(Command::Register(peer.clone()));
        for room in origin.recovered.into_iter().flat_map(|recovered| recovered.rooms) {
            self.tell_shard(Command::JoinNamed { peer: peer.clone(), room });
        }
        self.realm.counters().one(Count::SessionsConnected);
        let socket = Socket::new(peer, self.realm.broadcaster().clone());
        let state = made.connect(socket.clone(), self.realm.data().clone());
        let mut session = OpenSession { socket, namespace: built.clone(), state };
        self.guard(|| {
            session.state.connected();
            if let Some(connected) = &session.namespace.untyped.connected {
                connected(&session.socket);
            }
        });
        self.run_futures(&mut session, ctx);
        let Some(socket_io) = self.socket_io() else { return };
        socket_io.sessions.push(session);
        if let Some(deadline) = socket_io.deadline.take() {
            ctx.cancel_future(deadline);
        }
    }

    /// Where a session comes from: a new one, or one that its client had before.
    fn origin(&self, namespace: &ByteString, auth: Option<&ByteString>) -> Result<Origin, Refusal> {
        let Some(recovery) = &self.realm.broadcaster().recovery else {
            return Ok(Origin { id: session_id()?, private_id: None, recovered: None });
        };
        let claim = auth.and_then(|auth| serde_json::from_str::<Claim>(auth).ok());
        let recovered = claim.and_then(|Claim { pid, offset }| {
            let principal = self.handle.principal();
            let recovered = recovery.recover(namespace, &pid, offset.as_deref(), principal)?;
            Some((ByteString::from(pid), recovered))
        });
        Ok(match recovered {
            Some((pid, recovered)) => Origin {
                id: recovered.id.clone(),
                private_id: Some(pid),
                recovered: Some(recovered),
            },
            None => Origin { id: session_id()?, private_id: Some(session_id()?), recovered: None },
        })
    }

    fn refuse_connect(&self, namespace: &ByteString, refusal: &Refusal) {
        let data = match refusal.data() {
            Some(data) => Some(data.clone()),
            // The reference's refusal of an unknown namespace has no data.
            None if *refusal.code() == Code::NotFound => None,
            None => Some(json!({ "code": refusal.code().as_str() })),
        };
        let error = ConnectRefusal { message: refusal.message(), data };
        // Text and JSON values always have a JSON form.
        let Ok(error) = Arguments::encode_single(&error) else { return };
        let data = error.json_text().clone();
        self.send(&Packet::ConnectError { namespace: namespace.clone(), data });
    }

    /// Ends what the server wants ended.
    pub(super) fn end_session(&mut self, end: &EndSession, ctx: &mut Context<Self>) {
        let Some(socket_io) = self.socket_io() else { return };
        match end.end {
            End::Session => {
                if let Some(index) = socket_io.index(end.session) {
                    let session = socket_io.sessions.swap_remove(index);
                    self.disconnect(session);
                }
            }
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
        let namespace = session.socket.peer().namespace.clone();
        self.end_open_session(session, DisconnectReason::ServerNamespaceDisconnect);
        // The last packet: whatever the session's own code still sent is before it.
        self.send(&Packet::Disconnect { namespace });
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
            self.tell_shard(Command::Unregister(session.socket.peer().clone()));
            session.socket.peer().end(DisconnectReason::ForcedServerClose);
        }
    }

    fn end_open_session(&self, mut session: OpenSession, reason: DisconnectReason) {
        let untyped = &session.namespace.untyped;
        self.guard(|| {
            if let Some(disconnecting) = &untyped.disconnecting {
                disconnecting(&session.socket, reason);
            }
            session.state.disconnected(reason);
        });
        let peer = session.socket.peer();
        if let Some(recovery) = &self.realm.broadcaster().recovery
            && reason.is_recoverable()
        {
            recovery.park(peer, self.handle.principal());
        }
        self.tell_shard(Command::Unregister(peer.clone()));
        peer.end(reason);
        self.guard(|| {
            if let Some(disconnected) = &untyped.disconnected {
                disconnected(&session.socket, reason);
            }
        });
    }

    fn send(&self, packet: &Packet) {
        let frame = Frame::new(packet, self.realm.broadcaster().parser());
        // A connection that is closing needs no packet.
        let _ = self.handle.outbox().push(&frame);
    }

    fn tell_shard(&self, command: Command) {
        if let Some(shard) = self.realm.broadcaster().shard(self.shard) {
            shard.send(command);
        }
    }

    /// Runs code of the application; `None` if it panicked.
    pub(super) fn guard<T>(&self, code: impl FnOnce() -> T) -> Option<T> {
        // What the code had in hand is the session's own; nothing of the framework is half-changed.
        match catch_unwind(AssertUnwindSafe(code)) {
            Ok(value) => Some(value),
            Err(_) => {
                drop(self.panicked("a handler"));
                None
            }
        }
    }

    pub(super) fn panicked(&self, what: &str) -> Refusal {
        self.realm.counters().one(Count::HandlerPanics);
        tracing::error!(
            connection = self.handle.number(),
            what,
            "code of the application panicked"
        );
        internal()
    }
}

pub(super) fn internal() -> Refusal {
    Refusal::new(Code::Internal, "internal error")
}

/// Everything that is asked before a client is connected to a namespace.
async fn admit(
    realm: Arc<Realm>,
    namespace: Arc<BuiltNamespace>,
    credentials: Credentials,
) -> Admitted {
    for check in &namespace.admit {
        check(credentials.clone()).await?;
    }
    let identity = (namespace.authenticate)(credentials.clone()).await?;
    let made = (namespace.make_session)(&credentials, &identity, realm.data())?;
    Ok((made, identity))
}
