//! How a client becomes a session of a namespace.
//!
//! It must never let anything of a session out before its CONNECT reply, but for what it missed.

use std::{sync::Arc, time::SystemTime};

use actix::{ActorFutureExt, AsyncContext, Context, WrapFuture};
use bytestring::ByteString;
use futures_util::FutureExt;

use super::{
    actor::{Connection, ConnectionHandle},
    all::Address,
    call_rates::Caller,
    coming_back::{Beginning, Claimant, replay},
    core::Core,
    open_session::{OpenSession, State},
    rights::unauthorized,
};
use crate::{
    app::{BuiltNamespace, Unconnected},
    auth::{AnyIdentity, Credential, Credentials},
    base::{
        bucket::rate_limited,
        bye::Bye,
        clock,
        contained::{Contained, Panicked, Running},
        disconnect::DisconnectReason,
        logged::{self, Logged},
        meter::Count,
        number::SessionNumber,
        refusal::{Code, Refusal},
        timers::Alarm,
    },
    hub::Socket,
    message::{Content, Posting, Welcome},
    outbox::{End, TransportKind},
    protocol::Violation,
    session::{
        auth_state::AuthState,
        claims::Claims,
        handle::{SessionHandle, SessionState},
    },
};

/// What a future yielded, unless it panicked.
type Caught<T> = Result<T, Panicked>;

/// What came of an attempt to connect.
type Admitted = Result<(Contained<Box<dyn Unconnected>>, AnyIdentity, Credential), Refusal>;

impl Connection {
    /// Lets a client connect to a namespace, or refuses it. Of a server that stops it hears no more
    /// than that.
    pub(super) fn connect(
        &mut self,
        namespace: ByteString,
        auth: Option<ByteString>,
        ctx: &mut Context<Self>,
    ) {
        if self.handle.is_stopping() {
            return;
        }
        if let Err(refusal) = self.count_connect() {
            self.core.counters().one(Count::SessionsRefused);
            return self.refuse_connect(&namespace, refusal, ctx);
        }
        let limit = self.core.limits().max_namespaces;
        let Some(table) = self.table() else { return };
        if table.connecting.namespaces().contains(&namespace) {
            let violation = Violation::SecondConnect(namespace);
            return self.respond_to(&violation, None, ctx);
        }
        if table.open.len() + table.connecting.namespaces().len() >= limit {
            return self.respond_to(&Violation::TooManyNamespaces(limit), Some(&namespace), ctx);
        }
        let longest = self.core.limits().max_auth_bytes;
        if auth.as_ref().is_some_and(|auth| auth.len() > longest) {
            return self.respond_to(&Violation::LongAuth(longest), Some(&namespace), ctx);
        }
        // Whether it is one of those whose names the application accepts, that may say.
        let found = || self.core.namespaces().find(&namespace).cloned();
        let Some(found) = self.guard("which namespaces there are", None, found) else {
            return self.refuse_connect(&namespace, Refusal::logged_already(), ctx);
        };
        let Some(built) = found else {
            let violation = Violation::UnknownNamespace(namespace.clone());
            return self.respond_to(&violation, Some(&namespace), ctx);
        };
        if let Some(table) = self.table() {
            table.connecting.begin(namespace.clone());
        }
        let handshake = self.handle.handshake().clone();
        let credentials =
            Credentials::new(handshake, namespace.clone(), auth.clone(), self.core.tally());
        let admission = admit(self.core.clone(), built.clone(), credentials);
        let (connection, core) = (self.handle.clone(), self.core.clone());
        let (wanted, presented) = (namespace.clone(), auth.clone());
        let admission = async move {
            let admitted = admission.await?;
            let (principal, subject) = (connection.principal(), admitted.2.subject.as_ref());
            let claimant = Claimant::new(&core, &wanted, presented.as_ref(), principal, subject);
            claimant.supersede(&core, connection.outbox()).await;
            Ok(admitted)
        };
        let limit = self.core.timeouts().connect;
        let admission = async move {
            let late = |_| {
                Err(Refusal::new(Code::Timeout, "whether you may connect was not known in time"))
            };
            tokio::time::timeout(limit, admission).await.unwrap_or_else(late)
        };
        let mut admission = Running::new(admission.boxed_local(), self.core.tally());
        let admitted =
            move |admitted: Caught<Admitted>, actor: &mut Self, ctx: &mut Context<Self>| {
                let panicked = |_| {
                    let what = format!("authentication for {namespace:?}");
                    Err(actor.panicked(&what, None))
                };
                let admitted = admitted.unwrap_or_else(panicked);
                actor.connected(&namespace, auth, &built, admitted, ctx);
            };
        // What needs no waiting is decided before the client's next packet is looked at.
        match (&mut admission).now_or_never() {
            Some(outcome) => admitted(outcome, self, ctx),
            None => {
                self.core.waits_to_connect(&self.handle);
                self.is_asked_about = self.has_one_session();
                ctx.spawn(admission.into_actor(self).map(|outcome, actor, ctx| {
                    admitted(outcome, actor, ctx);
                    actor.is_decided();
                    actor.is_asked_about = false;
                    actor.work(ctx);
                }));
            }
        }
    }

    /// Counts a CONNECT, whatever becomes of it, and refuses one that comes too soon after others.
    fn count_connect(&mut self) -> Result<(), Refusal> {
        let is_first = !std::mem::replace(&mut self.has_sent_connect, true);
        if is_first {
            return Ok(());
        }
        let rate = self.core.connect_rate();
        let Some(table) = self.table() else { return Ok(()) };
        let taken = table.allowance.take_connect(rate);
        taken.map_err(|wait| rate_limited("too many attempts to connect", wait))
    }

    /// Whether its client may connect is known. Once it waits for no namespace any more, and has not
    /// connected to one, a newcomer may take its place again.
    fn is_decided(&mut self) {
        let waits = self.table().is_some_and(|it| !it.connecting.namespaces().is_empty());
        if !waits {
            self.core.waits_no_longer(&self.handle);
        }
    }

    fn connected(
        &mut self,
        namespace: &ByteString,
        auth: Option<ByteString>,
        built: &Arc<BuiltNamespace>,
        admitted: Admitted,
        ctx: &mut Context<Self>,
    ) {
        if let Some(table) = self.table() {
            table.connecting.end(namespace);
        }
        let mut recovered = None;
        let made = admitted.and_then(|(made, identity, credential)| {
            let (presented, subject) = (auth.clone(), credential.subject.clone());
            let (principal, subject) = (self.handle.principal(), subject.as_ref());
            let claimant =
                Claimant::new(&self.core, namespace, presented.as_ref(), principal, subject);
            let comes_back = !self.has_one_session();
            let beginning = || claimant.beginning(&self.core, comes_back);
            let claims = Claims::presented(auth.as_deref());
            let make = |beginning: Beginning| {
                recovered = beginning.recovered;
                Arc::new(SessionHandle {
                    number: SessionNumber::next(),
                    id: beginning.id,
                    recoverable: beginning.recoverable,
                    namespace: own_name(namespace),
                    shard: self.shard,
                    handshake: self.handle.handshake().clone(),
                    identity,
                    auth_state: AuthState::new(credential, auth),
                    outbox: self.handle.outbox().clone(),
                    state: SessionState::claiming(claims),
                })
            };
            // Whoever revokes finds the session from here on, and what was revoked before is found here.
            Ok((made, self.core.sessions().add(beginning, make)?))
        });
        let (made, handle) = match made {
            Ok(made) => made,
            Err(refusal) => {
                self.core.counters().one(Count::SessionsRefused);
                return self.refuse_connect(namespace, refusal, ctx);
            }
        };
        if self.core.revocations().refuse(&handle.auth_state.credential()) {
            self.core.sessions().remove(&handle);
            self.core.counters().one(Count::SessionsRefused);
            return self.refuse_connect(&handle.namespace, unauthorized(), ctx);
        }
        let (mut missed, rooms) = match recovered {
            Some(recovered) => (recovered.missed, recovered.rooms),
            None => (Vec::new(), Vec::new()),
        };
        // Its shard is told at once, so that nothing which is published from here on passes it by, and
        // does it below: what comes before that is behind what was missed.
        match self.enter(&handle, rooms) {
            Some(since) => missed.extend(since),
            // It comes back, and begins anew.
            None => {
                handle.bar();
                handle.request_end(End::HangUp);
            }
        }
        // Clients keep what comes before the reply until that comes. Where there is much of it, the
        // reply is first: who is lost on the way has seen what it was sent, and gets on.
        let is_little = handle.outbox.has_room_for(&missed);
        if is_little {
            replay(&handle, &missed);
        }
        let welcome = Box::new(welcome(&handle, &self.handle, built));
        self.send(Content::Connected { namespace: handle.namespace.clone(), welcome });
        if !is_little {
            handle.outbox.catch_up();
            replay(&handle, &missed);
        }
        handle.set_there();
        if let Some(shard) = self.core.broadcaster().shard(self.shard) {
            shard.flush();
        }
        self.core.counters().one(Count::SessionsConnected);
        tracing::debug!(session = %handle.id, namespace = %logged::namespace(&handle.namespace), "connected");
        if built.identified || built.authority.is_some() {
            self.core.supervise(&handle);
        }
        let socket = Socket::new(handle.clone(), self.core.broadcaster().clone());
        let state = made.into_inner().connect(socket, self.core.data().clone());
        let mut session = OpenSession {
            handle,
            namespace: built.clone(),
            state: State::new(state),
            alarm: Alarm::default(),
        };
        let handle = session.handle.clone();
        self.guard("connected", Some(&handle), || session.state.connected());
        if let Some(connected) = &built.untyped.connected {
            self.guard("connected", Some(&handle), || connected(&session.socket(&self.core)));
        }
        self.follow_up(&mut session, ctx);
        self.core.connected(&self.handle);
        let caller = self.caller(&session.handle);
        let shared = caller.map(|caller| self.core.call_rates().of(caller));
        let Some(table) = self.table() else { return };
        if let Some(shared) = shared {
            table.allowance.share(shared);
        }
        table.open.push(session);
        table.connecting.meet_deadline();
    }

    /// Whose rates count, if its client has a connection for each event.
    fn caller(&self, session: &SessionHandle) -> Option<Caller> {
        if self.handle.transport() != TransportKind::Call {
            return None;
        }
        let subject = session.auth_state.look(|credential| credential.subject.clone());
        let by_address = || {
            let rule = &self.core.http().client_address;
            Address::of(self.handle.handshake(), rule).map(Caller::From)
        };
        let namespace = session.namespace.clone();
        subject.map(|subject| Caller::User { namespace, subject }).or_else(by_address)
    }

    /// Tells the client that it has no session in a namespace. One that may not try again is parted with.
    pub(super) fn refuse_connect(
        &mut self,
        namespace: &ByteString,
        refusal: Refusal,
        ctx: &mut Context<Self>,
    ) {
        // Not the message: it may tell the client what it has presented.
        tracing::debug!(
            namespace = %self.core.namespaces().shown(namespace),
            code = %Logged(refusal.code()),
            "a session is refused"
        );
        let bye = Bye::of_code(refusal.code());
        let refusal = Box::new(refusal);
        self.send(Content::NotConnected { namespace: namespace.clone(), refusal });
        if self.was_refused_too_often() {
            self.handle.outbox().say_bye(bye);
            self.close(DisconnectReason::ForcedServerClose, ctx);
        }
    }
}

/// What a client is told of its session.
fn welcome(
    handle: &SessionHandle,
    connection: &ConnectionHandle,
    namespace: &BuiltNamespace,
) -> Welcome {
    let private_id = handle.recoverable.as_ref().map(|it| it.private_id.to_byte_string());
    let (user, expires) =
        handle.auth_state.look(|credential| (credential.subject.clone(), credential.expires()));
    let left = |expires: SystemTime| expires.duration_since(clock::wall()).unwrap_or_default();
    let (session, expires_in) = (handle.id.to_byte_string(), expires.map(left));
    let posts = connection.transport().numbers_posts();
    let posting = posts.then(|| posting(connection));
    let contract = namespace.contract();
    Welcome { session, private_id, user, posting, contract, expires_in }
}

/// Beside where its client reads.
fn posting(connection: &ConnectionHandle) -> Posting {
    let path = connection.handshake().url().split(['?', '#']).next().unwrap_or_default();
    let path = path.trim_end_matches('/').rsplit_once('/').map_or("", |(before, _)| before);
    Posting { path: format!("{path}/send"), secret: connection.sid().to_byte_string() }
}

/// A namespace's name for as long as a session lives: it came with whatever else the client sent, and
/// would hold all of that.
fn own_name(namespace: &ByteString) -> ByteString {
    match &**namespace {
        "/" => ByteString::from_static("/"),
        other => other.into(),
    }
}

/// Everything that is asked before a client is connected to a namespace.
async fn admit(
    core: Arc<Core>,
    namespace: Arc<BuiltNamespace>,
    credentials: Credentials,
) -> Admitted {
    for check in &namespace.admit {
        check(credentials.clone()).await?;
    }
    let began = clock::wall();
    let authenticated = (namespace.authenticator.authenticate)(credentials.clone()).await?;
    let (identity, mut credential) = authenticated.into_parts();
    // What was revoked while it was asked about counts, also where nothing says how old it is.
    credential.issued.get_or_insert(began);
    core.revocations().note_presented(&credential, clock::wall());
    let is_over = credential.expires().is_some_and(|expires| expires <= clock::wall());
    if is_over || core.revocations().refuse(&credential) {
        return Err(unauthorized());
    }
    let made = (namespace.make_session)(&credentials, &identity, core.data())?;
    let made = Contained::new(made, credentials.tally());
    Ok((made, identity, credential))
}
