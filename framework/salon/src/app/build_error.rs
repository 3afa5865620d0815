//! Why a Salon cannot be built.
//!
//! It must name both things that do not go together, and the way out.

/// Why a Salon cannot be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A namespace's name has no slash in front.
    #[error("namespace {0:?} must begin with a slash")]
    NamespaceName(String),
    /// The pattern of a namespace is none.
    #[error("the pattern {pattern:?} of a namespace is none: {reason}")]
    Pattern {
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Two namespaces have one name.
    #[error(
        "there are two namespaces {0:?}; put their handlers into one (the builder's own are of \"/\")"
    )]
    DuplicateNamespace(String),
    /// Two events of one namespace have one name.
    #[error("two events of namespace {namespace} are called {event:?}; rename one of them")]
    DuplicateEvent {
        /// The namespace.
        namespace: String,
        /// The event's name.
        event: String,
    },
    /// Two types of events that are sent in one namespace have one name, by which alone its clients
    /// know what they get.
    #[error(
        "{} and {} are both sent in namespace {namespace} as {event:?}; rename one of them, or send \
         one type from both", types[0], types[1]
    )]
    DuplicateSent {
        /// The namespace.
        namespace: String,
        /// The event's name.
        event: &'static str,
        /// The types.
        types: [&'static str; 2],
    },
    /// An event wants an identity in a namespace whose clients have none.
    #[error(
        "event {event:?} of namespace {namespace} has `{option}`, but nobody says who a client is; \
         give the namespace an authenticator with `.authenticate(..)`"
    )]
    NoAuthenticator {
        /// The namespace.
        namespace: String,
        /// The event's name.
        event: &'static str,
        /// The option of its derive: `auth` or `permit`.
        option: &'static str,
    },
    /// An event has a permission in a namespace where nobody decides about it.
    #[error(
        "event {event:?} of namespace {namespace} has the permission {permission:?}, but nobody \
         decides about it; give the namespace an authority with `.authority(..)`"
    )]
    NoAuthority {
        /// The namespace.
        namespace: String,
        /// The event's name.
        event: &'static str,
        /// The permission of its derive.
        permission: &'static str,
    },
    /// A namespace has two types of sessions.
    #[error(
        "namespace {namespace} has two sessions, {} and {}; a client has one: put their handlers into it, or give \
         one of them a namespace of its own", types[0], types[1]
    )]
    TwoSessions {
        /// The namespace.
        namespace: String,
        /// The types, in the order given.
        types: [&'static str; 2],
    },
    /// One kind of room is in two namespaces.
    #[error("room {0:?} is added twice; a kind of room belongs to one namespace")]
    DuplicateRoom(&'static str),
    /// Two kinds of room of one namespace have the same name, by which they are told apart there.
    #[error("two kinds of room of namespace {namespace} are called {room:?}; rename one of them")]
    DuplicateRoomName {
        /// The namespace.
        namespace: String,
        /// The name of both.
        room: &'static str,
    },
    /// The name of a kind of room is no name: rooms are called `NAME:key`.
    #[error("a kind of room is called {0:?}; `Room::NAME` must not be empty, nor contain ':'")]
    RoomName(&'static str),
    /// A kind of room keeps a history of what has no numbers.
    #[error(
        "room {0:?} has a HISTORY and is not SEQUENCED; what it keeps is found by its numbers: leave \
         one of the two as it is by default"
    )]
    UnsequencedHistory(&'static str),
    /// An event is to be acknowledged, and nothing keeps it to be sent once more.
    #[error(
        "event {event:?} is `acked`, and {sender} keeps no history from which it could be sent once more: \
         give a room that sends it a HISTORY, or leave `acked` out"
    )]
    AckedWithoutHistory {
        /// The event's name.
        event: &'static str,
        /// The room that sends it, or the session.
        sender: String,
    },
    /// A kind of room is durable, and the Salon has no store.
    #[error(
        "room {0:?} has a durable HISTORY and the Salon has no store: give it one with `.store(..)`; \
         `MemoryStore` is for what may go with the process"
    )]
    NoStore(&'static str),
    /// The Salon was given two stores.
    #[error(
        "the Salon has two stores, and keeps all durable rooms in one: leave one `.store(..)` out"
    )]
    TwoStores,
    /// A room is in a namespace without a name of its own.
    #[error("room {room:?} is in namespace {namespace}; rooms need a namespace with a fixed name")]
    RoomInPattern {
        /// The room.
        room: &'static str,
        /// The namespace.
        namespace: String,
    },
    /// An authenticator reads cookies, which a browser sends with any page's request, and any page
    /// may connect.
    #[error(
        "the authenticator of namespace {namespace} reads cookies, but any origin may connect: list the origins with Origins::Listed, or take the token from `auth.token`"
    )]
    CookieFromAnyOrigin {
        /// The namespace.
        namespace: String,
    },
    /// No transport is switched on.
    #[error("no transport is switched on; allow polling, websocket or both")]
    NoTransport,
    /// A setting is out of its range.
    #[error("{name} is {found}; it must be {wanted}")]
    Setting {
        /// The setting.
        name: &'static str,
        /// Its value.
        found: String,
        /// Its range.
        wanted: &'static str,
    },
    /// The path is not one.
    #[error("path {0:?} must begin with a slash")]
    Path(String),
    /// A listed origin is none that a page could have.
    #[error(
        "origin {origin:?}: {problem}; write it as a browser sends it, \"https://example.com\", or \
         \"https://*.example.com\" for all below it, with the port if it is not the scheme's own"
    )]
    Origin {
        /// The entry.
        origin: String,
        /// What is wrong with it.
        problem: &'static str,
    },
}

/// So that `?` will do in a `main` that returns what `HttpServer` does. It has the words alone, since a
/// `main` shows how an error is debugged.
impl From<BuildError> for std::io::Error {
    fn from(error: BuildError) -> Self {
        Self::other(error.to_string())
    }
}
