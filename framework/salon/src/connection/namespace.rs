//! A namespace: who may connect to it, and what is handled there.
//!
//! It must never change once the Salon is built.

use std::{
    any::{TypeId, type_name},
    fmt,
    sync::Arc,
};

use bytestring::ByteString;
use futures_util::{FutureExt, future::LocalBoxFuture};

use super::{
    BuildError, DisconnectReason, IncomingEvent, Refusal, Session, SessionEvents, UntypedEvent,
    any_session::{MakeSession, NoSession},
    connected::make,
    listed::SessionRoute,
    middleware::GuardEvent,
    pattern::{Pattern, PatternError},
    untyped::Untyped,
};
use crate::{
    auth::{
        self, AnyAuthenticator, Anyone, Authenticator, Credentials, IntoAuthority, NamedAuthority,
    },
    base::{config::Origins, data::Data},
    event::{SentEvent, SentEvents},
    hub::{Broadcaster, Socket},
    room::{AnyDirectory, Directory, Room, RoomEvents, RoomRoute, Routes, kinds},
};

/// A namespace to be given to the builder.
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
pub struct Namespace {
    pub(super) name: Name,
    pub(super) authenticate: AnyAuthenticator,
    reads_cookies: bool,
    pub(super) identity: Kind,
    /// Whether somebody was named who says who a client is, and that is not [`Anyone`].
    pub(super) identified: Option<bool>,
    pub(super) authority: Option<NamedAuthority>,
    pub(super) admit: Vec<Admit>,
    pub(super) guard_events: Vec<GuardEvent>,
    pub(super) make_session: MakeSession,
    pub(super) session_identity: Option<(&'static str, Kind)>,
    pub(super) session_routes: Vec<SessionRoute>,
    /// What its session sends.
    pub(super) session_sends: Vec<SentEvent>,
    pub(super) rooms: Vec<AddRoom>,
    pub(super) untyped: Untyped,
}

pub(super) type Admit =
    Arc<dyn Fn(Credentials) -> LocalBoxFuture<'static, Result<(), Refusal>> + Send + Sync>;

/// Which names a namespace answers to.
pub(super) enum Name {
    Fixed(ByteString),
    /// As it was written, and as it is understood.
    Pattern(String, Result<Pattern, PatternError>),
    Predicate(Box<dyn Fn(&str) -> bool + Send + Sync>),
}

/// A type, with its name for messages.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kind {
    id: TypeId,
    name: &'static str,
}

impl Kind {
    fn of<T: 'static>() -> Self {
        Self { id: TypeId::of::<T>(), name: type_name::<T>() }
    }
}

/// A kind of room, to be set up when the namespace is built.
pub(super) struct AddRoom {
    pub(super) name: &'static str,
    pub(super) kind: TypeId,
    identity: Kind,
    /// What rooms of the kind send.
    pub(super) sends: Vec<SentEvent>,
    pub(super) add: Box<dyn Fn(ByteString, Arc<Broadcaster>, Data) -> AddedRoom>,
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
        Self {
            name,
            authenticate: auth::any(Anyone),
            reads_cookies: false,
            identity: Kind::of::<()>(),
            identified: None,
            authority: None,
            admit: Vec::new(),
            guard_events: Vec::new(),
            make_session: Arc::new(|_, _, _| Ok(Box::new(NoSession))),
            session_identity: None,
            session_routes: Vec::new(),
            session_sends: Vec::new(),
            rooms: Vec::new(),
            untyped: Untyped::default(),
        }
    }

    /// Who decides who a client is; [`Anyone`] by default.
    ///
    /// With `Anyone`, said here, events that have `auth` or `permit` are refused as `unauthorized`;
    /// with nobody named, they are a [`BuildError`].
    #[must_use]
    pub fn authenticate<A: Authenticator>(mut self, authenticator: A) -> Self {
        self.reads_cookies = authenticator.reads_cookies();
        self.authenticate = auth::any(authenticator);
        self.identity = Kind::of::<A::Identity>();
        self.identified = Some(TypeId::of::<A>() != TypeId::of::<Anyone>());
        self
    }

    /// Who decides about the permissions that events name with `permit`.
    #[must_use]
    pub fn authority<M>(mut self, authority: impl IntoAuthority<M>) -> Self {
        self.authority = Some(authority.into_authority());
        self
    }

    /// A check before a client is connected; several are asked in the order given.
    #[must_use]
    pub fn admit<F, R>(mut self, check: F) -> Self
    where
        F: Fn(Credentials) -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), Refusal>> + 'static,
    {
        self.admit.push(Arc::new(move |credentials| check(credentials).boxed_local()));
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
        self.guard_events.push(Arc::new(move |event| check(event).boxed_local()));
        self
    }

    /// The type of the sessions.
    #[must_use]
    pub fn session<S: Session>(mut self) -> Self {
        self.make_session = make::<S>();
        self.session_identity = Some((type_name::<S>(), Kind::of::<S::Identity>()));
        self.session_routes.clear();
        S::Events::list(&mut self.session_routes);
        self.session_sends = sent::<S::Sends>();
        self
    }

    /// A kind of room.
    #[must_use]
    pub fn room<R: Room>(mut self) -> Self {
        let add = |namespace, broadcaster: Arc<Broadcaster>, data| -> AddedRoom {
            let directory = Directory::<R>::new(namespace, broadcaster.clone(), data);
            let directory = Arc::new(directory);
            kinds::add(&broadcaster, &directory);
            let mut routes = Vec::new();
            R::Events::list(&mut Routes { directory: &directory, routes: &mut routes });
            (directory, routes)
        };
        self.rooms.push(AddRoom {
            name: R::NAME,
            kind: TypeId::of::<Directory<R>>(),
            identity: Kind::of::<R::Identity>(),
            sends: sent::<R::Sends>(),
            add: Box::new(add),
        });
        self
    }

    /// An untyped handler of the events of one name.
    #[must_use]
    pub fn on(
        mut self,
        name: impl Into<String>,
        handler: impl Fn(&Socket, UntypedEvent) + Send + Sync + 'static,
    ) -> Self {
        self.untyped.events.insert(name.into(), Arc::new(handler));
        self
    }

    /// An untyped handler of every event that nothing else handles. Without one, such an event is
    /// refused as `unknown_event`.
    #[must_use]
    pub fn on_any(
        mut self,
        handler: impl Fn(&Socket, UntypedEvent) + Send + Sync + 'static,
    ) -> Self {
        self.untyped.any = Some(Arc::new(handler));
        self
    }

    /// Called when a client has connected.
    #[must_use]
    pub fn connected(mut self, handler: impl Fn(&Socket) + Send + Sync + 'static) -> Self {
        self.untyped.connected = Some(Arc::new(handler));
        self
    }

    /// Called when a session ends, while it is still in its rooms.
    #[must_use]
    pub fn disconnecting(
        mut self,
        handler: impl Fn(&Socket, DisconnectReason) + Send + Sync + 'static,
    ) -> Self {
        self.untyped.disconnecting = Some(Arc::new(handler));
        self
    }

    /// Called when a session has ended and has left its rooms.
    #[must_use]
    pub fn disconnected(
        mut self,
        handler: impl Fn(&Socket, DisconnectReason) + Send + Sync + 'static,
    ) -> Self {
        self.untyped.disconnected = Some(Arc::new(handler));
        self
    }
}

/// The events of a list of what is sent.
fn sent<L: SentEvents>() -> Vec<SentEvent> {
    let mut events = Vec::new();
    L::each(&mut |event| events.push(event));
    events
}

impl fmt::Debug for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Namespace").field("name", &self.name.to_string()).finish_non_exhaustive()
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

impl Namespace {
    /// A browser sends cookies with any page's request: who reads them has to check whose it is.
    pub(crate) fn check_cookies(&self, origins: &Origins) -> Result<(), BuildError> {
        if self.reads_cookies && *origins == Origins::Any {
            return Err(BuildError::CookieFromAnyOrigin { namespace: self.name.to_string() });
        }
        Ok(())
    }

    pub(super) fn check_identities(&self, namespace: &str) -> Result<(), BuildError> {
        let session = self.session_identity.iter().map(|(name, kind)| (*name, *kind));
        let rooms = self.rooms.iter().map(|room| (room.name, room.identity));
        let authority = self.authority.iter().filter_map(|authority| authority.identity);
        let authority = authority.map(|(id, name)| ("the authority", Kind { id, name }));
        let mut all = session.chain(rooms).chain(authority);
        match all.find(|(_, identity)| identity.id != self.identity.id) {
            None => Ok(()),
            Some((what, identity)) => Err(BuildError::IdentityMismatch {
                what: what.to_owned(),
                namespace: namespace.to_owned(),
                wanted: identity.name,
                yielded: self.identity.name,
            }),
        }
    }
}
