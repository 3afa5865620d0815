//! A namespace: who may connect to it, and what is handled there.
//!
//! It must never change once the Salon is built.

use std::{
    any::{TypeId, type_name},
    fmt,
    marker::PhantomData,
    sync::Arc,
};

use bytestring::ByteString;
use futures_util::{FutureExt, future::LocalBoxFuture};

use super::{
    build_error::BuildError,
    middleware::{GuardEvent, IncomingEvent},
    pattern::{Pattern, PatternError},
    session::{MakeSession, NoSession, Session, SessionEvents, SessionRoute, make},
    untyped::{Untyped, UntypedEvent},
};
use crate::{
    auth::{
        self, AnyAuthenticator, AnyAuthority, Anyone, Authenticator, Credentials, Identified,
        IntoAuthority, SameAs, Undecided, Unidentified, WhoIs,
    },
    base::{config::Origins, data::Data, disconnect::DisconnectReason, refusal::Refusal},
    event::{SentEvent, SentEvents},
    hub::{Broadcaster, Socket},
    room::{AnyDirectory, Room, RoomDirectory, RoomEvents, RoomRoute, Routes, kinds},
};

/// A namespace to be given to the builder; and the [builder](crate::Builder) itself, which is the main one.
///
/// `W` is what its clients are known as: [`Unidentified`] until [`authenticate`](Self::authenticate) says
/// it, or something is put in that sees them as `()`. So a room, a session or an authority of another
/// identity does not compile. `T` is what is described beside it, and nothing but for a builder.
///
/// ```
/// use salon::{Namespace, Salon};
///
/// let chat = Namespace::new("/chat").on("hello", |socket, event| {
///     let _ = event.acknowledge(("hello to you", socket.id()));
/// });
/// let salon = Salon::builder().namespace(chat).build()?;
/// # Ok::<(), salon::BuildError>(())
/// ```
pub struct Namespace<W = Unidentified, T = ()> {
    pub(crate) described: Described,
    /// What else is described with it: for a builder, all of the Salon but its main namespace.
    pub(crate) beside: T,
    who: PhantomData<fn() -> W>,
}

/// What is said of a namespace.
pub(crate) struct Described {
    pub(crate) name: Name,
    pub(crate) authenticator: AnyAuthenticator,
    reads_cookies: bool,
    /// Whether somebody was named who says who a client is, and that is not [`Anyone`].
    pub(crate) identified: Option<bool>,
    pub(crate) authority: Option<AnyAuthority>,
    pub(crate) admit: Vec<Admit>,
    pub(crate) guard_events: Vec<GuardEvent>,
    /// The types of sessions that it was given: one at most, or it is not built.
    pub(super) sessions: Vec<&'static str>,
    pub(crate) make_session: MakeSession,
    pub(super) session_routes: Vec<SessionRoute>,
    /// What its session sends.
    pub(super) session_sends: Vec<SentEvent>,
    pub(super) rooms: Vec<AddRoom>,
    pub(crate) untyped: Untyped,
}

pub(super) type Admit =
    Arc<dyn Fn(Credentials) -> LocalBoxFuture<'static, Result<(), Refusal>> + Send + Sync>;

/// Which names a namespace answers to.
pub(crate) enum Name {
    Fixed(ByteString),
    /// As it was written, and as it is understood.
    Pattern(String, Result<Pattern, PatternError>),
    Predicate(Box<dyn Fn(&str) -> bool + Send + Sync>),
}

/// A kind of room, to be set up when the namespace is built.
pub(super) struct AddRoom {
    pub(crate) name: &'static str,
    pub(super) kind: TypeId,
    /// What rooms of the kind send.
    pub(super) sends: Vec<SentEvent>,
    /// Whether it keeps what it does not number.
    pub(super) keeps_without_numbers: bool,
    /// Whether it keeps a history.
    pub(super) keeps: bool,
    /// Whether it is kept in the store.
    pub(super) is_durable: bool,
    /// What is said of it in the contract, but for its events.
    #[cfg(feature = "contract")]
    pub(super) facts: salon_contract::document::RoomFacts,
    pub(crate) add: Box<dyn Fn(ByteString, Arc<Broadcaster>, Data) -> AddedRoom>,
}

pub(super) type AddedRoom = (Arc<dyn AnyDirectory>, Vec<RoomRoute>);

impl Namespace {
    /// A namespace with a fixed name, which begins with a slash.
    pub fn new(name: impl Into<ByteString>) -> Self {
        Self::named(Name::Fixed(name.into()))
    }

    /// A namespace for every name that matches a pattern, written as actix-web's routes are:
    /// `/room-{number:\d+}`. One that is not is a [`BuildError::Pattern`].
    ///
    /// `{number}` is anything without a slash, `{tail}*` at the end is anything. The expression of
    /// `{number:\d+}` must match a part of the name as JavaScript's would: `\d`, `\w` and `\b` are of
    /// ASCII, and `.` is not the end of a line. Other than there, `\s` and the ignoring of case,
    /// `(?i:…)`, are of ASCII too. There are no look-arounds, no back-references, and no `\p{…}`.
    ///
    /// ```
    /// use salon::{BuildError, Namespace, Salon};
    ///
    /// let halls = Namespace::pattern(r"/hall-{number:\d+}").on("hello", |_, _| {});
    /// let salon = Salon::builder().namespace(halls).build()?;
    ///
    /// let salon = Salon::builder().namespace(Namespace::pattern("/hall-{number")).build();
    /// assert!(matches!(salon, Err(BuildError::Pattern { .. })));
    /// # Ok::<(), BuildError>(())
    /// ```
    #[must_use]
    pub fn pattern(pattern: &str) -> Self {
        Self::named(Name::Pattern(pattern.to_owned(), Pattern::new(pattern)))
    }

    /// A namespace for every name that `accepts` accepts.
    pub fn matching(accepts: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        Self::named(Name::Predicate(Box::new(accepts)))
    }

    fn named(name: Name) -> Self {
        let described = Described {
            name,
            authenticator: auth::any(Anyone),
            reads_cookies: false,
            identified: None,
            authority: None,
            admit: Vec::new(),
            guard_events: Vec::new(),
            sessions: Vec::new(),
            make_session: Arc::new(|_, _, _| Ok(Box::new(NoSession))),
            session_routes: Vec::new(),
            session_sends: Vec::new(),
            rooms: Vec::new(),
            untyped: Untyped::default(),
        };
        Self { described, beside: (), who: PhantomData }
    }
}

impl<W: WhoIs, T> Namespace<W, T> {
    /// Who decides who a client is; [`Anyone`] by default. It comes before what sees who a client is:
    /// [`session`](Self::session), [`room`](Self::room) and [`authority`](Self::authority) take what has
    /// the identity that this one yields, and nothing else.
    ///
    /// With `Anyone`, said here, events that have `auth` or `permit` are refused as `unauthorized`;
    /// with nobody named, they are a [`BuildError`].
    #[must_use]
    pub fn authenticate<A: Authenticator>(
        mut self,
        authenticator: A,
    ) -> Namespace<Identified<A::Identity>, T>
    where
        W: Undecided,
    {
        self.described.reads_cookies = authenticator.reads_cookies();
        self.described.authenticator = auth::any(authenticator);
        self.described.identified = Some(TypeId::of::<A>() != TypeId::of::<Anyone>());
        self.known_as()
    }

    /// Who decides about the permissions that events name with `permit`.
    #[must_use]
    pub fn authority<M>(
        mut self,
        authority: impl IntoAuthority<W::Identity, M>,
    ) -> Namespace<Identified<W::Identity>, T> {
        self.described.authority = Some(authority.into_authority().0);
        self.known_as()
    }

    /// A check before a client is connected; several are asked in the order given.
    #[must_use]
    pub fn admit<F, R>(mut self, check: F) -> Self
    where
        F: Fn(Credentials) -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), Refusal>> + 'static,
    {
        self.described.admit.push(Arc::new(move |credentials| check(credentials).boxed_local()));
        self
    }

    /// A check of every event of the namespace, typed or not; several are asked in the order given,
    /// until one refuses.
    ///
    /// It comes after the event's rate and identity, and before its payload is decoded. The client's
    /// later events wait for it, for `timeouts.middleware` at most; so it must not await the client.
    ///
    /// ```
    /// use salon::{IncomingEvent, Namespace, Refusal};
    ///
    /// let chat = Namespace::new("/chat")
    ///     .on("say", |socket, event| {
    ///         socket.to("all").emit_named("said", event.payload);
    ///     })
    ///     .guard_events(async |event: IncomingEvent| match event.socket().rooms().is_empty() {
    ///         true if event.name() != "join" => Err(Refusal::forbidden("join a room first")),
    ///         _ => Ok(()),
    ///     });
    /// ```
    #[must_use]
    pub fn guard_events<F, R>(mut self, check: F) -> Self
    where
        F: Fn(IncomingEvent) -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), Refusal>> + 'static,
    {
        self.described.guard_events.push(Arc::new(move |event| check(event).boxed_local()));
        self
    }

    /// The type of the sessions.
    #[must_use]
    pub fn session<S: Session<Identity: SameAs<W::Identity>>>(
        mut self,
    ) -> Namespace<Identified<W::Identity>, T> {
        self.described.sessions.push(type_name::<S>());
        self.described.make_session = make::<S>();
        self.described.session_routes.clear();
        S::Events::list(&mut self.described.session_routes);
        self.described.session_sends = sent::<S::Sends>();
        self.known_as()
    }

    /// A kind of room.
    #[must_use]
    pub fn room<R: Room<Identity: SameAs<W::Identity>>>(
        mut self,
    ) -> Namespace<Identified<W::Identity>, T> {
        let add = |namespace, broadcaster: Arc<Broadcaster>, data| -> AddedRoom {
            let directory = RoomDirectory::<R>::new(namespace, broadcaster.clone(), data);
            let directory = Arc::new(directory);
            kinds::add(&broadcaster, &directory);
            let mut routes = Vec::new();
            R::Events::list(&mut Routes { directory: &directory, routes: &mut routes });
            (directory, routes)
        };
        self.described.rooms.push(AddRoom {
            name: R::NAME,
            kind: TypeId::of::<RoomDirectory<R>>(),
            sends: sent::<R::Sends>(),
            keeps_without_numbers: !R::SEQUENCED && !R::HISTORY.is_none(),
            keeps: !R::HISTORY.is_none(),
            is_durable: R::HISTORY.is_durable,
            #[cfg(feature = "contract")]
            facts: facts_of::<R>(),
            add: Box::new(add),
        });
        self.known_as()
    }

    /// With that beside it, in place of what was.
    pub(crate) fn beside<U>(self, beside: U) -> Namespace<W, U> {
        Namespace { described: self.described, beside, who: PhantomData }
    }

    /// From here on clients are known as what they are.
    fn known_as<I>(self) -> Namespace<Identified<I>, T> {
        let Self { described, beside, .. } = self;
        Namespace { described, beside, who: PhantomData }
    }

    /// An untyped handler of the events of one name.
    #[must_use]
    pub fn on(
        mut self,
        name: impl Into<String>,
        handler: impl Fn(&Socket, UntypedEvent) + Send + Sync + 'static,
    ) -> Self {
        self.described.untyped.events.insert(name.into(), Arc::new(handler));
        self
    }

    /// An untyped handler of every event that nothing else handles. Without one, such an event is
    /// refused as `unknown_event`.
    #[must_use]
    pub fn on_any(
        mut self,
        handler: impl Fn(&Socket, UntypedEvent) + Send + Sync + 'static,
    ) -> Self {
        self.described.untyped.any = Some(Arc::new(handler));
        self
    }

    /// Called when a client has connected.
    #[must_use]
    pub fn connected(mut self, handler: impl Fn(&Socket) + Send + Sync + 'static) -> Self {
        self.described.untyped.connected = Some(Arc::new(handler));
        self
    }

    /// Called when a session ends, while it is still in its rooms.
    #[must_use]
    pub fn disconnecting(
        mut self,
        handler: impl Fn(&Socket, DisconnectReason) + Send + Sync + 'static,
    ) -> Self {
        self.described.untyped.disconnecting = Some(Arc::new(handler));
        self
    }

    /// Called when a session has ended and has left its rooms.
    #[must_use]
    pub fn disconnected(
        mut self,
        handler: impl Fn(&Socket, DisconnectReason) + Send + Sync + 'static,
    ) -> Self {
        self.described.untyped.disconnected = Some(Arc::new(handler));
        self
    }
}

/// What is said of a kind of room in the contract, but for its events.
#[cfg(feature = "contract")]
fn facts_of<R: Room>() -> salon_contract::document::RoomFacts {
    let history = R::HISTORY;
    salon_contract::document::RoomFacts {
        name: R::NAME,
        presence: R::PRESENCE.is_on().then_some(R::PRESENCE.schema),
        history: (!history.is_none()).then_some((history.events, history.bytes, history.age)),
        is_durable: history.is_durable,
        received: Vec::new(),
        sent: Vec::new(),
    }
}

/// The events of a list of what is sent.
fn sent<L: SentEvents>() -> Vec<SentEvent> {
    let mut events = Vec::new();
    L::each(&mut |event| events.push(event));
    events
}

impl<W, T: fmt::Debug> fmt::Debug for Namespace<W, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Namespace").field(&self.described).field(&self.beside).finish()
    }
}

impl fmt::Debug for Described {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(name) => f.write_str(name),
            Self::Pattern(pattern, _) => f.write_str(pattern),
            Self::Predicate(_) => f.write_str("a predicate"),
        }
    }
}

impl Described {
    /// A browser sends cookies with any page's request: who reads them has to check whose it is.
    pub(crate) fn check_cookies(&self, origins: &Origins) -> Result<(), BuildError> {
        if self.reads_cookies && *origins == Origins::Any {
            return Err(BuildError::CookieFromAnyOrigin { namespace: self.name.to_string() });
        }
        Ok(())
    }
}
