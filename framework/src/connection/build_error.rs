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
    /// Two namespaces have one name.
    #[error("there are two namespaces {0:?}; put their handlers into one")]
    DuplicateNamespace(String),
    /// Two events of one namespace have one name.
    #[error("two events of namespace {namespace} are called {event:?}; rename one of them")]
    DuplicateEvent {
        /// The namespace.
        namespace: String,
        /// The event's name.
        event: String,
    },
    /// A room or session wants another identity than the authenticator yields.
    #[error(
        "{what} of namespace {namespace} has the identity {wanted}, but its authenticator yields {yielded}"
    )]
    IdentityMismatch {
        /// The room or session.
        what: String,
        /// The namespace.
        namespace: String,
        /// The identity it wants.
        wanted: &'static str,
        /// The identity there is.
        yielded: &'static str,
    },
    /// One kind of room is in two namespaces.
    #[error("room {0:?} is added twice; a kind of room belongs to one namespace")]
    DuplicateRoom(&'static str),
    /// A room is in a namespace without a name of its own.
    #[error("room {room:?} is in namespace {namespace}; rooms need a namespace with a fixed name")]
    RoomInPattern {
        /// The room.
        room: &'static str,
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
