//! The application's state per connection and namespace.
//!
//! It must never be shared: one value, in one connection's actor, without a lock.

use std::{any::Any, marker::PhantomData, sync::Arc};

use futures_util::{FutureExt, future::LocalBoxFuture};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    DisconnectReason, Lapse, Refusal, SessionContext, SessionEvents, session_context::Step,
};
use crate::{
    auth::{AnyIdentity, Credentials, Handshake, Lost},
    base::{
        clock::Instant,
        contained::{Panicked, Running},
        data::Data,
        timers::Round,
    },
    event::{Event, Includes, Route, SentEvents, sealed},
    hub::Socket,
    payload::PayloadError,
    session::session_id::SessionId,
};

/// The state of one client in one namespace, made when it connects. The same can be written as one
/// impl block: see [`session`](macro@crate::session).
///
/// ```
/// use salon::prelude::*;
///
/// #[derive(Deserialize, Event)]
/// #[event("count", reply = u64)]
/// struct Count;
///
/// struct Counter { calls: u64 }
///
/// impl Session for Counter {
///     type Identity = ();
///     type Events = (Count,);
///     type Sends = ();
///
///     fn connect(_: &Candidate<'_, ()>) -> Result<Self, Refusal> {
///         Ok(Self { calls: 0 })
///     }
/// }
///
/// impl On<Count> for Counter {
///     fn on(&mut self, _: Count, _: &mut SessionContext<Self>) -> Result<u64, Refusal> {
///         self.calls += 1;
///         Ok(self.calls)
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a session",
    label = "not a session",
    note = "put `#[salon::session]` on its impl block with the handlers, or write `impl Session for {Self}`"
)]
pub trait Session: Sized + 'static {
    /// What the namespace's authenticator yields.
    type Identity: Send + Sync + 'static;

    /// The events that go to the session, as a tuple; [`Later<E>`](crate::event::Later) for those
    /// that are answered by a future. More than 16 go into lists of their own, `((A, B), (C, D))`.
    type Events: SessionEvents<Self>;

    /// The events that it sends its client, as a tuple: what is not in it cannot be
    /// [emitted](SessionContext::emit), nor [asked](SessionContext::ask). `()` if it sends none; more
    /// than 16 go into lists of their own, `((A, B), (C, D))`.
    type Sends: SentEvents;

    /// Makes the state of a client that wants to connect. It is not connected yet: what it is to
    /// be sent at once is sent in [`connected`](Self::connected).
    ///
    /// # Errors
    /// A [`Refusal`] is sent to the client as `connect_error`.
    fn connect(client: &Candidate<'_, Self::Identity>) -> Result<Self, Refusal>;

    /// The client is connected.
    fn connected(&mut self, cx: &mut SessionContext<Self>) {
        let _ = cx;
    }

    /// The client has lost a permission by which handlers have begun something that went on: a
    /// list that is [watched](SessionContext::watch), a [timer](SessionContext::every), a
    /// [future](SessionContext::spawn), an answer that takes time. By now all of it has ended, but
    /// for what was begun [regardless](SessionContext::regardless), and such an answer is refused.
    /// The client may be told here, and what handlers have noted is to be put in order, such as an
    /// untyped room that it is in by that permission.
    ///
    /// Not called when the session ends with it: then [`disconnected`](Self::disconnected) is.
    ///
    /// ```
    /// use salon::{Lapse, Watching, prelude::*};
    ///
    /// #[derive(Serialize, Event)]
    /// #[event("hall:closed")]
    /// struct Closed { why: String }
    ///
    /// struct Hall { watching: Option<Watching> }
    ///
    /// impl Session for Hall {
    ///     type Identity = ();
    ///     type Events = ();
    ///     type Sends = (Closed,);
    ///
    ///     fn connect(_: &Candidate<'_, ()>) -> Result<Self, Refusal> {
    ///         Ok(Self { watching: None })
    ///     }
    ///
    ///     fn lapsed(&mut self, lapse: &Lapse, cx: &mut SessionContext<Self>) {
    ///         if lapse.permission() == "look" {
    ///             self.watching = None;
    ///             cx.emit(&Closed { why: lapse.code().to_string() });
    ///         }
    ///     }
    /// }
    /// ```
    fn lapsed(&mut self, lapse: &Lapse, cx: &mut SessionContext<Self>) {
        let _ = (lapse, cx);
    }

    /// The client is gone; its rooms are left when this returns.
    fn disconnected(&mut self, reason: DisconnectReason, cx: &mut SessionContext<Self>) {
        let _ = (reason, cx);
    }
}

/// An event that the session `S` says that it sends: that is in its [`Sends`](Session::Sends). `At` is where,
/// and for the compiler to find; a function that sends for any session has it as a parameter.
// The event is what implements it: while the compiler does not know the event it decides nothing.
#[diagnostic::on_unimplemented(
    message = "the session `{S}` does not say that it sends `{Self}`",
    label = "`{Self}` is not in the list of what `{S}` sends",
    note = "add it to the list: `sends = (…, {Self})` in `#[salon::session]`, or `type Sends = (…, {Self});` \
            in `impl Session for {S}`"
)]
pub trait SentBySession<S, At> {}

#[diagnostic::do_not_recommend]
impl<S: Session, E: Event, At> SentBySession<S, At> for E where
    <S::Sends as SentEvents>::Pairs: Includes<E::Static, At>
{
}

/// The route of an event that goes to the session of its sender.
#[derive(Debug)]
pub struct ToSession;

impl sealed::Sealed for ToSession {}

impl Route for ToSession {
    type Context<'a, T: 'static> = SessionContext<T>;
}

/// A client that wants to connect to a namespace.
#[derive(Debug)]
pub struct Candidate<'a, I> {
    credentials: &'a Credentials,
    identity: &'a AnyIdentity,
    data: &'a Data,
    of: PhantomData<fn() -> I>,
}

impl<'a, I: 'static> Candidate<'a, I> {
    pub(super) fn new(
        credentials: &'a Credentials,
        identity: &'a AnyIdentity,
        data: &'a Data,
    ) -> Self {
        Self { credentials, identity, data, of: PhantomData }
    }

    /// Who it is.
    #[must_use]
    pub fn identity(&self) -> &I {
        // The builder compares the session's identity with the authenticator's.
        self.identity.downcast_ref().expect("the identity's type was checked at build")
    }

    /// The request that opened the connection.
    #[must_use]
    pub fn handshake(&self) -> &Handshake {
        self.credentials.handshake()
    }

    /// The namespace.
    #[must_use]
    pub fn namespace(&self) -> &str {
        self.credentials.namespace()
    }

    /// The `auth` object that the client gave; an empty object if none.
    ///
    /// # Errors
    /// An [`PayloadError`] when it does not fit `T`.
    pub fn auth<T: DeserializeOwned>(&self) -> Result<T, PayloadError> {
        self.credentials.auth()
    }

    /// What the application gave to the builder with `data`.
    ///
    /// # Errors
    /// `internal` when nothing of that type was given; the log names the type.
    pub fn data<T: 'static>(&self) -> Result<&T, Refusal> {
        self.data.get()
    }
}

/// A session of a type that is not known here, with its context.
pub(crate) trait AnySession: Any {
    fn connected(&mut self);
    fn disconnected(&mut self, reason: DisconnectReason);
    /// The futures that handlers have asked to be run.
    fn take_futures(&mut self) -> Vec<Starting>;
    /// When the next of the timers is due that handlers have asked for.
    fn next_timer(&self) -> Option<Instant>;
    /// Does what the next timer of the round is for; false if there is none left.
    fn ring(&mut self, round: Round) -> bool;
}

/// A future that a handler has asked to be run.
pub(crate) type Starting = LocalBoxFuture<'static, Result<AnyStep, Panicked>>;

/// Something to do on the session that it came from.
pub(crate) type AnyStep = Box<dyn FnOnce(&mut dyn AnySession)>;

/// How a namespace makes its sessions.
pub(crate) type MakeSession = Arc<
    dyn Fn(&Credentials, &AnyIdentity, &Data) -> Result<Box<dyn Unconnected>, Refusal>
        + Send
        + Sync,
>;

/// A session that is made but not connected.
pub(crate) trait Unconnected {
    fn connect(self: Box<Self>, socket: Socket, data: Data) -> Box<dyn AnySession>;
}

/// A session with its context.
pub(super) struct Connected<S> {
    pub(super) session: S,
    pub(super) cx: SessionContext<S>,
}

struct Made<S>(S);

/// Makes sessions of the type `S`.
pub(crate) fn make<S: Session>() -> MakeSession {
    Arc::new(|credentials, identity, data| {
        let session = S::connect(&Candidate::new(credentials, identity, data))?;
        Ok(Box::new(Made(session)))
    })
}

impl<S: Session> Unconnected for Made<S> {
    fn connect(self: Box<Self>, socket: Socket, data: Data) -> Box<dyn AnySession> {
        let cx = SessionContext::new(socket, data);
        Box::new(Connected { session: self.0, cx })
    }
}

impl<S: Session> AnySession for Connected<S> {
    fn connected(&mut self) {
        self.session.connected(&mut self.cx);
    }

    fn disconnected(&mut self, reason: DisconnectReason) {
        self.cx.forget_right();
        self.session.disconnected(reason, &mut self.cx);
    }

    fn take_futures(&mut self) -> Vec<Starting> {
        fn erase<S: Session>(step: Step<S>) -> AnyStep {
            Box::new(move |session| {
                if let Some(Connected { session, cx }) = downcast(session) {
                    cx.forget_right();
                    step(session, cx);
                }
            })
        }
        let Some(begun) = self.cx.begun.as_deref_mut() else { return Vec::new() };
        let (futures, told) = (std::mem::take(&mut begun.futures), std::mem::take(&mut begun.told));
        let erased =
            |future: Running<Step<S>>| future.map(|step| step.map(erase::<S>)).boxed_local();
        let told = told.into_iter().map(|(permission, telling)| {
            telling.map(move |lost| Ok(tell::<S>(permission, lost.ok()))).boxed_local()
        });
        futures.into_iter().map(erased).chain(told).collect()
    }

    fn next_timer(&self) -> Option<Instant> {
        self.cx.timers.next()
    }

    fn ring(&mut self, round: Round) -> bool {
        let Some(due) = self.cx.timers.take(round) else { return false };
        self.cx.forget_right();
        due(&mut self.session, &mut self.cx);
        true
    }
}

/// Tells a session that it has lost a permission, if it has: else nothing rests on that any more.
fn tell<S: Session>(permission: &'static str, lost: Option<Lost>) -> AnyStep {
    Box::new(move |session| {
        let Some(Lost { code, done }) = lost else { return };
        if let Some(Connected { session, cx }) = downcast::<S>(session) {
            cx.forget_right();
            session.lapsed(&Lapse::new(permission, code), cx);
        }
        // Whoever took it away may have stopped waiting.
        let _ = done.send(());
    })
}

/// The session as what it is.
pub(super) fn downcast<S: 'static>(session: &mut dyn AnySession) -> Option<&mut Connected<S>> {
    let session: &mut dyn Any = session;
    session.downcast_mut()
}

/// The session of a namespace that has none of its own: everything there is rooms and untyped
/// handlers.
#[derive(Debug)]
pub(crate) struct NoSession;

impl Unconnected for NoSession {
    fn connect(self: Box<Self>, _: Socket, _: Data) -> Box<dyn AnySession> {
        self
    }
}

impl AnySession for NoSession {
    fn connected(&mut self) {}

    fn disconnected(&mut self, _: DisconnectReason) {}

    fn take_futures(&mut self) -> Vec<Starting> {
        Vec::new()
    }

    fn next_timer(&self) -> Option<Instant> {
        None
    }

    fn ring(&mut self, _: Round) -> bool {
        false
    }
}

/// What a client gets in answer to a CONNECT that is refused.
#[derive(Serialize)]
pub(super) struct ConnectRefusal<'a> {
    pub(super) message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) data: Option<serde_json::Value>,
}

/// What a client gets in answer to its CONNECT.
#[derive(Serialize)]
pub(super) struct ConnectReply<'a> {
    pub(super) sid: &'a SessionId,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) pid: Option<&'a SessionId>,
}
