//! Socket.IO on one connection: which sessions it has, and what each packet does.
//!
//! It must never decide what an error does: `close.rs` does.

use std::{
    collections::HashMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use actix::{ActorFutureExt, AsyncContext, Context, SpawnHandle, WeakRecipient, WrapFuture};
use bytestring::ByteString;
use futures_util::{FutureExt, future::LocalBoxFuture};
use serde_json::json;
use tokio::sync::OwnedSemaphorePermit;

use super::{
    Acknowledge, Connection, DisconnectReason, Realm, Refusal, UntypedEvent,
    bucket::Bucket,
    close::{Trouble, Verdict},
    listed::Called,
    namespace::{BuiltNamespace, TypedRoute},
    realm::session_id,
    session::{AnySession, AnyStep, ConnectRefusal, ConnectReply, Unconnected},
};
use crate::{
    auth::{AnyIdentity, Credentials},
    event::Policy,
    frame::Frame,
    meter::{Count, Meter},
    peer::{End, EndSession, Peer, PeerParts, SessionNumber},
    refusal::Code,
    room::{Command, SentByClient, Socket},
    wire::{
        engine_io,
        socket_io::{Arguments, Decoder, Packet},
    },
};

/// The Socket.IO side of a connection.
pub(crate) struct SocketIo {
    decoder: Box<dyn Decoder>,
    sessions: Vec<OpenSession>,
    connecting: Vec<ByteString>,
    deadline: Option<SpawnHandle>,
}

/// A session that is connected.
struct OpenSession {
    socket: Socket,
    namespace: Arc<BuiltNamespace>,
    state: Box<dyn AnySession>,
    buckets: HashMap<&'static str, Bucket>,
}

impl OpenSession {
    fn number(&self) -> SessionNumber {
        self.socket.peer().number
    }
}

/// What a future yielded, unless it panicked.
type Caught<T> = std::thread::Result<T>;

/// What came of an attempt to connect.
type Admitted = Result<(Box<dyn Unconnected>, AnyIdentity), Refusal>;

/// An event on its way to its handler.
struct Call {
    name: ByteString,
    arguments: Arguments,
    id: Option<u64>,
    permit: OwnedSemaphorePermit,
}

impl SocketIo {
    pub(super) fn new(realm: &Realm) -> Self {
        Self {
            decoder: realm.broadcaster().parser().decoder(realm.limits()),
            sessions: Vec::new(),
            connecting: Vec::new(),
            deadline: None,
        }
    }

    fn session(&mut self, namespace: &str) -> Option<usize> {
        self.sessions.iter().position(|session| session.socket.namespace() == namespace)
    }

    fn index(&self, number: SessionNumber) -> Option<usize> {
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
        tracing::debug!(%trouble, sid = %self.handle.sid(), "trouble with a client");
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
        let made = admitted.and_then(|(made, identity)| Ok((made, identity, session_id()?)));
        let (made, identity, id) = match made {
            Ok(made) => made,
            Err(refusal) => {
                self.realm.counters().one(Count::SessionsRefused);
                return self.refuse_connect(&namespace, &refusal);
            }
        };
        let connection: WeakRecipient<EndSession> = ctx.address().downgrade().recipient();
        let peer = Arc::new(Peer::new(PeerParts {
            id,
            namespace,
            shard: self.shard,
            handshake: self.handle.handshake().clone(),
            auth,
            identity,
            outbox: self.handle.outbox().clone(),
            connection,
            meter: self.realm.counters().clone(),
        }));
        let reply = Arguments::encode_single(&ConnectReply { sid: &peer.id });
        let auth = reply.ok().map(|reply| reply.json_text().clone());
        let packet = Packet::Connect { namespace: peer.namespace.clone(), auth };
        self.send(&packet);
        self.tell_shard(Command::Register(peer.clone()));
        self.realm.counters().one(Count::SessionsConnected);
        let socket = Socket::new(peer, self.realm.broadcaster().clone());
        let state = made.connect(socket.clone(), self.realm.data().clone());
        let mut session =
            OpenSession { socket, namespace: built.clone(), state, buckets: HashMap::new() };
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

    fn handle_event(&mut self, session: usize, call: Call, ctx: &mut Context<Self>) {
        self.realm.counters().one(Count::EventsReceived);
        let Some(socket_io) = self.socket_io() else { return };
        let mut session = socket_io.sessions.swap_remove(session);
        let span = tracing::debug_span!(
            "salon.event",
            event = %call.name,
            namespace = %session.socket.namespace(),
            session = %session.socket.id(),
        );
        let entered = span.enter();
        let (name, id) = (call.name.clone(), call.id);
        let called = self.guard(|| session.call(call));
        drop(entered);
        match called {
            Some(Outcome::Answered(result)) => {
                self.answer(&session.socket, &name, id, result);
            }
            Some(Outcome::Later(future, permit)) => {
                self.answer_later(&session.socket, name, id, (future, permit), ctx);
            }
            Some(Outcome::Elsewhere) => {}
            None => self.answer(&session.socket, &name, id, Err(internal())),
        }
        self.run_futures(&mut session, ctx);
        if let Some(socket_io) = self.socket_io() {
            socket_io.sessions.push(session);
        }
    }

    fn answer(
        &self,
        socket: &Socket,
        name: &str,
        id: Option<u64>,
        result: Result<Arguments, Refusal>,
    ) {
        if result.is_err() {
            self.realm.counters().one(Count::EventsRefused);
        }
        let broadcaster = self.realm.broadcaster();
        if let Some(frame) = broadcaster.answer_frame(socket.peer(), name, id, result) {
            // A client that is gone needs no answer.
            let _ = socket.peer().push(&frame);
        }
    }

    fn answer_later(
        &mut self,
        socket: &Socket,
        name: ByteString,
        id: Option<u64>,
        (future, permit): (
            LocalBoxFuture<'static, Result<Arguments, Refusal>>,
            OwnedSemaphorePermit,
        ),
        ctx: &mut Context<Self>,
    ) {
        let socket = socket.clone();
        let guarded = AssertUnwindSafe(future).catch_unwind().into_actor(self);
        ctx.spawn(guarded.map(move |result, actor, _| {
            let result = result.unwrap_or_else(|_| Err(actor.panicked(&name)));
            actor.answer(&socket, &name, id, result);
            drop(permit);
        }));
    }

    /// Runs the futures that a session's handlers have asked for.
    fn run_futures(&mut self, session: &mut OpenSession, ctx: &mut Context<Self>) {
        let number = session.number();
        for future in session.state.take_futures() {
            let guarded = AssertUnwindSafe(future).catch_unwind().into_actor(self);
            ctx.spawn(guarded.map(move |step, actor, ctx| match step {
                Ok(step) => actor.step(number, step, ctx),
                Err(_) => drop(actor.panicked("a session's future")),
            }));
        }
    }

    fn step(&mut self, number: SessionNumber, step: AnyStep, ctx: &mut Context<Self>) {
        let Some(socket_io) = self.socket_io() else { return };
        let Some(index) = socket_io.index(number) else { return };
        let mut session = socket_io.sessions.swap_remove(index);
        self.guard(|| step(&mut *session.state));
        self.run_futures(&mut session, ctx);
        if let Some(socket_io) = self.socket_io() {
            socket_io.sessions.push(session);
        }
    }

    /// Ends what the server wants ended.
    pub(super) fn end_session(&mut self, end: &EndSession, ctx: &mut Context<Self>) {
        let Some(socket_io) = self.socket_io() else { return };
        let Some(index) = socket_io.index(end.session) else { return };
        match end.end {
            End::Session => {
                let session = socket_io.sessions.swap_remove(index);
                self.disconnect(session);
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
        self.send(&Packet::Disconnect { namespace });
        self.end_open_session(session, DisconnectReason::ServerNamespaceDisconnect);
    }

    /// Ends all sessions; the connection has ended.
    pub(super) fn end_sessions(&mut self, reason: DisconnectReason) {
        let Some(socket_io) = self.socket_io() else { return };
        for session in socket_io.take_sessions() {
            self.end_open_session(session, reason);
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
    fn guard<T>(&self, code: impl FnOnce() -> T) -> Option<T> {
        // What the code had in hand is the session's own; nothing of the framework is half-changed.
        match catch_unwind(AssertUnwindSafe(code)) {
            Ok(value) => Some(value),
            Err(_) => {
                drop(self.panicked("a handler"));
                None
            }
        }
    }

    fn panicked(&self, what: &str) -> Refusal {
        self.realm.counters().one(Count::HandlerPanics);
        tracing::error!(sid = %self.handle.sid(), what, "code of the application panicked");
        internal()
    }
}

fn internal() -> Refusal {
    Refusal::new(Code::Internal, "internal error")
}

/// What became of an event.
enum Outcome {
    Answered(Result<Arguments, Refusal>),
    Later(LocalBoxFuture<'static, Result<Arguments, Refusal>>, OwnedSemaphorePermit),
    /// A room or an untyped handler answers.
    Elsewhere,
}

impl OpenSession {
    /// Checks an event and hands it to whatever handles it.
    fn call(&mut self, call: Call) -> Outcome {
        let namespace = self.namespace.clone();
        let Some((name, route)) = namespace.routes.get_key_value(&*call.name) else {
            return self.call_untyped(&namespace, call);
        };
        let policy = match route {
            TypedRoute::Session(route) => route.policy,
            TypedRoute::Room(route) => route.policy,
        };
        if let Err(refusal) = self.check_rate(name, policy) {
            return Outcome::Answered(Err(refusal));
        }
        match route {
            TypedRoute::Session(route) => match (route.call)(&mut *self.state, &call.arguments) {
                Called::Done(result) => Outcome::Answered(result),
                Called::Later(future) => Outcome::Later(future, call.permit),
            },
            TypedRoute::Room(route) => {
                let sent = SentByClient {
                    sender: self.socket.peer().clone(),
                    arguments: call.arguments,
                    acknowledgement: call.id,
                    permit: call.permit,
                };
                match (route.forward)(sent) {
                    Ok(()) => Outcome::Elsewhere,
                    Err(refusal) => Outcome::Answered(Err(refusal)),
                }
            }
        }
    }

    fn call_untyped(&self, namespace: &BuiltNamespace, call: Call) -> Outcome {
        let Some(handler) = namespace.untyped.handler(&call.name) else {
            let message = format!("nothing here handles events called {:?}", &*call.name);
            return Outcome::Answered(Err(Refusal::new(Code::UnknownEvent, message)));
        };
        let acknowledge = call.id.map(|id| Acknowledge::new(self.socket.clone(), id));
        let Call { name, arguments, .. } = call;
        handler(&self.socket, UntypedEvent { name, arguments, acknowledge });
        Outcome::Elsewhere
    }

    fn check_rate(&mut self, name: &'static str, policy: Policy) -> Result<(), Refusal> {
        let Some(rate) = policy.rate else { return Ok(()) };
        let bucket = self.buckets.entry(name).or_insert_with(Bucket::full);
        bucket.take(rate).map_err(|wait| {
            let wait = wait.as_millis();
            let message = format!("too many {name:?} events; try again in {wait} ms");
            let data = json!({ "retry_after_ms": u64::try_from(wait).unwrap_or(u64::MAX) });
            Refusal::new(Code::RateLimited, message).with_data(data)
        })
    }
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
