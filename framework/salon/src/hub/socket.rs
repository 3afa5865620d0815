//! One session, as a handle that any code on any thread may hold.
//!
//! It must never keep a connection alive: when the client is gone, a socket is an id that nothing
//! reaches.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use bytestring::ByteString;
use serde::{Serialize, de::DeserializeOwned};

use super::{
    asking::reply, broadcaster::Broadcaster, command::Command, shard::ShardHandle, target::Target,
};
use crate::{
    auth::{Handshake, Permissions},
    base::refusal::{Code, Refusal},
    event::{self, Event},
    message::{Answered, Class, Publication},
    outbox::{End, NotQueued, TransportKind},
    payload::{IntoPayload, Payload, PayloadError, Value},
    session::{acknowledgement::AskError, handle::SessionHandle, membership::too_many_rooms},
};

/// One client in one namespace. Cloning it counts a reference.
///
/// ```
/// use std::time::Duration;
///
/// use salon::Socket;
///
/// async fn example(socket: &Socket) {
///     socket.emit_named("welcome", (socket.id(), 7));
///     socket.to("red").emit_named("joined", (socket.id(),));
///     match socket.ask_named("favourite", ("colours",), Duration::from_secs(5)).await {
///         Ok(answer) => println!("{answer:?}"),
///         Err(error) => println!("{error}"),
///     }
/// }
/// ```
#[derive(Clone)]
pub struct Socket {
    handle: Arc<SessionHandle>,
    broadcaster: Arc<Broadcaster>,
}

impl Socket {
    pub(crate) fn new(handle: Arc<SessionHandle>, broadcaster: Arc<Broadcaster>) -> Self {
        Self { handle, broadcaster }
    }

    pub(crate) fn handle(&self) -> &Arc<SessionHandle> {
        &self.handle
    }

    pub(crate) fn broadcaster(&self) -> &Arc<Broadcaster> {
        &self.broadcaster
    }

    /// The session's id, as the client knows it.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.handle.id
    }

    /// The namespace's name.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.handle.namespace
    }

    /// The request that opened the connection.
    #[must_use]
    pub fn handshake(&self) -> &Handshake {
        &self.handle.handshake
    }

    /// What the client gave as `auth` when it connected; an empty object if nothing.
    ///
    /// # Errors
    /// A [`PayloadError`] when it does not fit `T`: it says where, and has nothing of what it is.
    pub fn auth<T: DeserializeOwned>(&self) -> Result<T, PayloadError> {
        let json = self.handle.auth_state.auth().unwrap_or_else(|| ByteString::from_static("{}"));
        Payload::from_parts(json, Vec::new()).confidential()
    }

    /// Who it is, if the namespace's authenticator yields an `I`.
    #[must_use]
    pub fn identity<I: 'static>(&self) -> Option<&I> {
        self.handle.identity.downcast_ref()
    }

    /// Who it is over all connections, as the authenticator said.
    #[must_use]
    pub fn subject(&self) -> Option<ByteString> {
        self.handle.auth_state.credential().subject
    }

    /// When its identity lapses, as far as is known now.
    #[must_use]
    pub fn expires(&self) -> Option<SystemTime> {
        self.handle.auth_state.credential().expires()
    }

    /// What it may do, as the authenticator said.
    #[must_use]
    pub fn permissions(&self) -> Permissions {
        self.handle.auth_state.credential().permissions
    }

    /// Sends an event to this client. One that cannot be sent, by its name or because it has no JSON
    /// form, is logged and counted as [`EventsNotSent`](crate::Count::EventsNotSent); a client that is
    /// gone, or about to be, gets nothing. [`try_emit`](Self::try_emit) says which it was.
    pub fn emit<E: Event + Serialize>(&self, event: &E) {
        if self.broadcaster.is_free(E::NAME) {
            // What has no form in JSON is in the log, and a client that is gone is nobody's mistake.
            let _ = self.send_typed(event);
        }
    }

    /// As [`emit`](Self::emit), and says what became of it. While sessions
    /// [are recovered](crate::Builder::recovery) it is on its way then, or kept for a client that is away.
    ///
    /// # Errors
    /// [`NotQueued`] says why it was not queued.
    pub fn try_emit<E: Event + Serialize>(&self, event: &E) -> Result<(), NotQueued> {
        self.broadcaster.check_name(E::NAME)?;
        self.send_typed(event)
    }

    /// Sends an untyped event to this client, as [`emit`](Self::emit) does a typed one.
    pub fn emit_named(&self, name: impl Into<ByteString>, payload: impl IntoPayload) {
        self.emit_any(name.into(), payload, Class::Reliable);
    }

    /// As [`emit_named`](Self::emit_named), and says what became of it.
    ///
    /// # Errors
    /// [`NotQueued`] says why it was not queued.
    pub fn try_emit_named(
        &self,
        name: impl Into<ByteString>,
        payload: impl IntoPayload,
    ) -> Result<(), NotQueued> {
        self.try_emit_any(name.into(), payload, Class::Reliable)
    }

    /// Sends an untyped event to this client if it is writable now.
    pub fn emit_volatile(&self, name: impl Into<ByteString>, payload: impl IntoPayload) {
        self.emit_any(name.into(), payload, Class::Volatile);
    }

    /// As [`emit_volatile`](Self::emit_volatile), and says what became of it.
    ///
    /// # Errors
    /// [`NotQueued`] says why it was not queued.
    pub fn try_emit_volatile(
        &self,
        name: impl Into<ByteString>,
        payload: impl IntoPayload,
    ) -> Result<(), NotQueued> {
        self.try_emit_any(name.into(), payload, Class::Volatile)
    }

    fn emit_any(&self, name: ByteString, payload: impl IntoPayload, class: Class) {
        if self.broadcaster.is_free(&name) {
            // As in `emit`.
            let _ = self.send_untyped(name, payload, class);
        }
    }

    fn try_emit_any(
        &self,
        name: ByteString,
        payload: impl IntoPayload,
        class: Class,
    ) -> Result<(), NotQueued> {
        self.broadcaster.check_name(&name)?;
        self.send_untyped(name, payload, class)
    }

    fn send_typed<E: Event + Serialize>(&self, event: &E) -> Result<(), NotQueued> {
        let payload = self.broadcaster.encoded(E::NAME, event::encode(event))?;
        self.send(ByteString::from_static(E::NAME), payload, Class::of(event))
    }

    fn send_untyped(
        &self,
        name: ByteString,
        payload: impl IntoPayload,
        class: Class,
    ) -> Result<(), NotQueued> {
        let (name, payload) = match self.broadcaster.recovery {
            // It is kept for a client that comes back.
            Some(_) => (ByteString::from(&*name), payload.into_kept_payload()),
            None => (name, payload.into_payload()),
        };
        let payload = self.broadcaster.encoded(&name, payload)?;
        self.send(name, payload, class)
    }

    fn send(&self, name: ByteString, payload: Payload, class: Class) -> Result<(), NotQueued> {
        let handle = &self.handle;
        let namespace = handle.namespace.clone();
        let recovery = self.broadcaster.recovery.as_ref().filter(|_| class.is_reliable());
        let Some(recovery) = recovery else {
            let order = self.broadcaster.outside();
            let event = Publication::event(namespace, name, payload, order, class);
            return handle.push(&handle.outbox.terms().formed(event)?);
        };
        if !recovery.has(handle) {
            return Err(NotQueued::Closed);
        }
        // By its shard, as what goes to others as well: in the order of the offsets. It may have come back
        // since, to any of them; while it is looked at it does not.
        let target = Target::Session { namespace, id: handle.id };
        let on = |shard: &ShardHandle| handle.has_ended() || shard.number() == handle.shard;
        self.broadcaster.publish(&target, name, payload, Class::Reliable, on);
        Ok(())
    }

    /// Whether the client came back and got its session again, with what it had missed.
    #[must_use]
    pub fn is_recovered(&self) -> bool {
        self.handle.covered().is_some()
    }

    /// Asks the client: sends an event and waits for its acknowledgement.
    ///
    /// # Errors
    /// [`AskError`] says why there is no answer.
    pub async fn ask<E: Event + Serialize>(
        &self,
        event: &E,
        timeout: Duration,
    ) -> Result<E::Reply, AskError>
    where
        E::Reply: DeserializeOwned,
    {
        let payload = event::encode(event)?;
        let answer = self.ask_payload(ByteString::from_static(E::NAME), payload, timeout);
        reply(&answer.await?)
    }

    /// Asks the client with an untyped event. What acknowledges it over Socket.IO is the answer, whatever it
    /// is: only the plain protocol has words for a refusal.
    ///
    /// # Errors
    /// [`AskError`] says why there is no answer.
    pub async fn ask_named(
        &self,
        name: impl Into<ByteString>,
        payload: impl IntoPayload,
        timeout: Duration,
    ) -> Result<Vec<Value>, AskError> {
        let payload = payload.into_payload()?;
        let answer = self.ask_payload(name.into(), payload, timeout).await?;
        Ok(answer.untyped().map_err(AskError::Refused)?.values()?)
    }

    /// As [`ask`](Self::ask), with what the event has become.
    pub(crate) async fn ask_payload(
        &self,
        name: ByteString,
        payload: Payload,
        timeout: Duration,
    ) -> Result<Answered, AskError> {
        self.broadcaster.ask(self.handle.clone(), None, name, payload, timeout).await
    }

    /// Joins an untyped room.
    ///
    /// # Errors
    /// `limit_exceeded` when the session is in as many rooms as it may be, or the name is too long.
    pub fn join(&self, room: impl Into<ByteString>) -> Result<(), Refusal> {
        let (limit, room) = (self.broadcaster.max_rooms, room.into());
        if room.len() > self.broadcaster.max_name {
            let message = format!("a room's name of {} bytes is too long", room.len());
            return Err(Refusal::new(Code::LimitExceeded, message));
        }
        let joined = self.handle.named_rooms();
        if joined.len() >= limit && !joined.contains(&room) {
            return Err(too_many_rooms(limit));
        }
        self.tell_shard(Command::JoinNamed { handle: self.handle.clone(), room });
        Ok(())
    }

    /// Leaves an untyped room.
    pub fn leave(&self, room: impl Into<ByteString>) {
        self.tell_shard(Command::LeaveNamed { handle: self.handle.clone(), room: room.into() });
    }

    fn tell_shard(&self, command: Command) {
        if let Some(shard) = self.broadcaster.shard(self.handle.shard) {
            shard.send(command);
        }
    }

    /// The untyped rooms that the session is in.
    #[must_use]
    pub fn rooms(&self) -> Vec<ByteString> {
        self.handle.named_rooms()
    }

    /// Ends this session. The client's connection goes on, with its other namespaces.
    pub fn disconnect(&self) {
        self.handle.request_end(End::Session);
    }

    /// Ends this session, and the client's whole connection with it.
    pub fn close(&self) {
        self.handle.request_end(End::Connection);
    }

    /// Ends the client's connection below Socket.IO: clients take it for a lost connection, and
    /// come back by themselves.
    pub fn hang_up(&self) {
        self.handle.request_end(End::HangUp);
    }

    /// The transport that the client is on now.
    #[must_use]
    pub fn transport(&self) -> TransportKind {
        self.handle.outbox.transport()
    }
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket")
            .field("id", &self.id())
            .field("namespace", &self.namespace())
            .finish_non_exhaustive()
    }
}
