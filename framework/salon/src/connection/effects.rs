//! What comes of what a client sends: its protocol says what is to be done, and here that is done; events
//! are for `dispatch.rs`.
//!
//! It must never decide what an error does: the protocol's `violation.rs` does.

use std::sync::Arc;

use actix::{ActorFutureExt, AsyncContext, Context, WrapFuture};
use bytestring::ByteString;
use tokio::sync::oneshot;

use super::{actor::Connection, mailbox::EndSession, open_session::OpenSession};
use crate::{
    app::{Application, RawConnection},
    auth::Handshake,
    base::{
        bye::Bye,
        contained::{Panicked, contain},
        disconnect::DisconnectReason,
        logged::Logged,
        meter::Count,
        refusal::{Code, Refusal},
    },
    event::CONNECT,
    hub::{self, Command},
    message::{Answered, Content, Publication},
    outbox::End,
    protocol::{Consequence, Effect, Violation},
    session::handle::SessionHandle,
    wire::engine_io::Message,
};

impl Connection {
    /// Gives the client its time to connect to a namespace.
    pub(super) fn await_connect(&mut self, ctx: &mut Context<Self>) {
        let timeout = self.core.timeouts().connect;
        let (deadline, met) = oneshot::channel();
        // Not a timer that is cancelled: actix would remember that one for as long as the actor.
        let deadline_passed = tokio::time::timeout(timeout, met).into_actor(self);
        ctx.spawn(deadline_passed.map(|met, actor, ctx| {
            if met.is_err() {
                actor.timeout(ctx);
            }
        }));
        if let Some(table) = self.table() {
            table.connecting.set_deadline(deadline);
        }
    }

    /// Does what is to be done about a message.
    pub(super) fn carry_out(
        &mut self,
        effect: Effect,
        request: Option<Arc<Handshake>>,
        ctx: &mut Context<Self>,
    ) {
        match effect {
            Effect::Nothing => {}
            Effect::Connect { namespace, auth } => self.connect(namespace, auth, ctx),
            Effect::Claim { session, auth } => self.claim(session, &auth),
            Effect::BeatBy { messages } => self.handle.beat_by(messages),
            Effect::Refuse { name, id, refusal } => self.refuse(&name, id, &refusal),
            Effect::Both(both) => {
                for effect in *both {
                    self.carry_out(effect, None, ctx);
                }
            }
            // Whoever took it has called it, with the right to begin one more.
            Effect::Call { .. } => {}
            Effect::Answer { session, id, answer } => self.answered(session, id, answer, ctx),
            Effect::Leave { session } => self.leave(session, ctx),
            Effect::Deliver(message) => self.deliver(message, request, ctx),
        }
    }

    /// A client says what it has seen of its rooms once it has its session: as much as it might have said with
    /// the token.
    fn claim(&self, session: usize, auth: &ByteString) {
        let longest = self.core.limits().max_auth_bytes;
        if auth.len() > longest {
            let message = Violation::LongAuth(longest).to_string();
            let refusal = Refusal::new(Code::LimitExceeded, message);
            return self.refuse(&ByteString::from_static(CONNECT), None, &refusal);
        }
        if let Some(handle) = self.open_session(session) {
            handle.state.claims.present(auth);
        }
    }

    fn answered(&mut self, session: usize, id: u64, answer: Answered, ctx: &mut Context<Self>) {
        let Some(handle) = self.open_session(session) else { return };
        let awaited = &self.core.broadcaster().awaited;
        if !handle.state.acknowledgements.resolve(id, answer) && !handle.acknowledge(awaited, id) {
            self.respond_to(&Violation::UnknownAcknowledgement(id), None, ctx);
        }
    }

    /// Refuses an event of a client that has no session to be asked about it.
    fn refuse(&self, name: &ByteString, id: Option<u64>, refusal: &Refusal) {
        self.core.counters().one(Count::EventsRefused);
        let refused = hub::refusal_of(ByteString::new(), name, id, refusal);
        if let Some(content) = refused {
            self.send(content);
        }
    }

    fn leave(&mut self, session: usize, ctx: &mut Context<Self>) {
        let Some(table) = self.table() else { return };
        let mut session = table.open.swap_remove(session);
        session.alarm.turn_off(ctx);
        let reason = DisconnectReason::ClientNamespaceDisconnect;
        self.end_open_session(session, reason);
        if self.has_one_session() {
            self.close(reason, ctx);
        }
    }

    /// Gives a message to the application that takes them as they come.
    fn deliver(
        &mut self,
        message: Message,
        request: Option<Arc<Handshake>>,
        ctx: &mut Context<Self>,
    ) {
        if self.handle.is_stopping() {
            return;
        }
        let received = |application: &dyn Application, raw: &RawConnection| {
            application.received(raw, message);
        };
        if self.with_application("received", request, received).is_none() {
            self.close(DisconnectReason::ForcedServerClose, ctx);
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
        let about = violation.namespace().map(|namespace| self.core.namespaces().shown(namespace));
        tracing::debug!(
            violation = %shown,
            namespace = about,
            connection = self.handle.number(),
            "a client broke its protocol"
        );
        if matches!(violation, Violation::BadPacket(_) | Violation::BadFrame(_)) {
            self.core.counters().one(Count::BadPackets);
        }
        match violation.consequence() {
            Consequence::Keep => {}
            Consequence::Close(reason, bye) => {
                self.handle.outbox().say_bye(bye);
                self.close(reason, ctx);
            }
            Consequence::Refuse(refusal) => {
                if let Some(namespace) = namespace {
                    self.refuse_connect(namespace, refusal, ctx);
                }
            }
        }
    }

    /// Ends what the server wants ended.
    pub(super) fn end_session(&mut self, end: &EndSession, ctx: &mut Context<Self>) {
        let is_all_there_is = self.has_one_session();
        let Some(table) = self.table() else { return };
        match end.end {
            End::Session if !is_all_there_is => {
                if let Some(index) = table.index(end.session) {
                    let mut session = table.open.swap_remove(index);
                    session.alarm.turn_off(ctx);
                    self.disconnect(session);
                    self.stop_waiting_for(end.session, ctx);
                }
            }
            // It has ended meanwhile, and the connection serves others.
            End::Session | End::Connection if table.index(end.session).is_none() => {}
            End::Session | End::Connection => {
                for session in table.take_all() {
                    self.disconnect(session);
                }
                self.close(DisconnectReason::ForcedServerClose, ctx);
            }
            End::HangUp => self.close(DisconnectReason::ForcedClose, ctx),
            // It has ended meanwhile, and the client has others on this connection.
            End::Superseded if table.index(end.session).is_none() => {}
            // Its sessions are claimed one after the other, and away from now on.
            End::Superseded => {
                let sessions = table.take_all();
                self.handle.outbox().say_bye(Bye::Replaced);
                for session in sessions {
                    let namespace = session.handle.namespace.clone();
                    self.end_open_session(session, DisconnectReason::TransportClose);
                    // If somebody is there after all, such as another tab, they are to stay away: two
                    // would take the session from each other for ever.
                    self.send(Content::Disconnected { namespace });
                }
                self.close(DisconnectReason::TransportClose, ctx);
            }
        }
    }

    /// Tells a client that its session ends, and ends it.
    fn disconnect(&self, session: OpenSession) {
        let namespace = session.handle.namespace.clone();
        self.end_open_session(session, DisconnectReason::ServerNamespaceDisconnect);
        // The last packet: whatever the session's own code still sent is before it. Where there is one
        // session it is the connection's end that says so.
        if !self.has_one_session() {
            self.send(Content::Disconnected { namespace });
        }
    }

    /// Who has a session.
    pub(super) fn open_session(&self, index: usize) -> Option<&SessionHandle> {
        self.open_sessions().get(index).map(|session| &*session.handle)
    }

    /// Its sessions, for a log.
    pub(super) fn named_sessions(&self) -> String {
        let sessions = self.open_sessions().iter().map(|session| &*session.handle.id);
        sessions.collect::<Vec<&str>>().join(" ")
    }

    /// Ends all sessions; the connection has ended.
    pub(super) fn end_sessions(&mut self, reason: DisconnectReason) {
        let Some(table) = self.table() else { return };
        for session in table.take_all() {
            self.end_open_session(session, reason);
        }
    }

    /// Leaves nothing of the sessions behind when the actor is dropped without having ended: after
    /// a panic outside of any handler, or with its worker. No code of the application runs.
    pub(super) fn abandon_sessions(&mut self) {
        let Some(table) = self.table() else { return };
        for session in table.take_all() {
            self.tell_shard(Command::Unregister(session.handle.clone()));
            session.handle.end(DisconnectReason::ForcedServerClose);
            self.let_go(&session.handle, None);
        }
    }

    fn end_open_session(&self, mut session: OpenSession, reason: DisconnectReason) {
        let namespace = session.namespace.clone();
        let untyped = &namespace.untyped;
        let handle = session.handle.clone();
        if let Some(disconnecting) = &untyped.disconnecting {
            self.guard("disconnecting", Some(&handle), || {
                disconnecting(&session.socket(&self.core), reason);
            });
        }
        self.guard("disconnected", Some(&handle), || session.state.disconnected(reason));
        let handle = &handle;
        let may_return = reason.is_recoverable() && !handle.auth_state.has_ended();
        if let Some(shard) = self.core.broadcaster().shard(self.shard) {
            // What it was to join by others is done before it is looked at where it is.
            shard.flush();
        }
        let may_return = may_return.then(|| handle.named_rooms());
        self.tell_shard(Command::Unregister(handle.clone()));
        handle.end(reason);
        if let Some(disconnected) = &untyped.disconnected {
            self.guard("disconnected", Some(handle), || {
                disconnected(&session.socket(&self.core), reason);
            });
        }
        // Last, so that whoever has it next begins when this one is over.
        self.let_go(handle, may_return);
    }

    /// Tells the client something about its sessions.
    pub(super) fn send(&self, content: Content) {
        // A connection that is closing needs to hear nothing.
        let _ = self.handle.outbox().push(&Publication::new(content));
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
        session: Option<&SessionHandle>,
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

    pub(super) fn panicked(&self, what: &str, session: Option<&SessionHandle>) -> Refusal {
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
