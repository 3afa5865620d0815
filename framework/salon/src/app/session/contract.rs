//! What a session is to the application: what it says of itself, and what it is told.
//!
//! It must never say how a session is run.

use std::{any::Any, marker::PhantomData};

use serde::de::DeserializeOwned;

use super::{begun::Lapse, context::SessionContext, listed::SessionEvents, sends::SentBySession};
use crate::{
    auth::{AnyIdentity, Credentials, Handshake},
    base::{data::Data, disconnect::DisconnectReason, refusal::Refusal},
    event::{Event, Includes, Kind, Route, SentEvents, Surroundings, sealed},
    payload::PayloadError,
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

impl<S: Session> sealed::Sealed for SessionContext<S> {}

impl<S: Session> Surroundings for SessionContext<S> {
    type Kind = OfSession<S>;
}

/// The handlers of a session.
#[derive(Debug)]
pub struct OfSession<S>(PhantomData<fn() -> S>);

impl<S: Session> sealed::Sealed for OfSession<S> {}

impl<S: Session> Kind for OfSession<S> {
    type State = S;
    type Context<'a> = SessionContext<S>;

    fn run<T>(
        inside: &mut dyn Any,
        _: &dyn Any,
        code: impl FnOnce(&mut SessionContext<S>) -> T,
    ) -> Option<T> {
        inside.downcast_mut().map(code)
    }
}

impl<S: Session> SessionContext<S> {
    /// Who the client is.
    #[must_use]
    pub fn identity(&self) -> &S::Identity {
        // A namespace takes sessions of its own identity alone.
        self.socket.identity().expect("the identity is of the namespace's type")
    }
}

/// An event that goes to the session of its sender; implemented by the derive where no room is named.
// By a trait of this crate the compiler knows that a tuple is none, and so may be a list of them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event of a session",
    label = "not an event of a session",
    note = "add `#[derive(salon::Event)]` and `#[event(\"name\")]` to `{Self}`, and name no room there"
)]
pub trait SessionEvent: Event<Route = ToSession> {}

/// A client that wants to connect to a namespace.
#[derive(Debug)]
pub struct Candidate<'a, I> {
    credentials: &'a Credentials,
    identity: &'a AnyIdentity,
    data: &'a Data,
    of: PhantomData<fn() -> I>,
}

impl<'a, I: 'static> Candidate<'a, I> {
    pub(crate) fn new(
        credentials: &'a Credentials,
        identity: &'a AnyIdentity,
        data: &'a Data,
    ) -> Self {
        Self { credentials, identity, data, of: PhantomData }
    }

    /// Who it is.
    #[must_use]
    pub fn identity(&self) -> &I {
        // A namespace takes sessions of its own identity alone.
        self.identity.downcast_ref().expect("the identity is of the namespace's type")
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
    /// A [`PayloadError`] when it does not fit `T`.
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
