//! What an application has declared: namespaces, their sessions and events, and how a Salon is set up.
//!
//! It must never know a connection: what is declared is there before the first one comes.

mod affinity;
mod allowed_origins;
mod application;
mod build_error;
mod hooks;
pub(super) mod middleware;
mod namespace;
mod namespaces;
mod pattern;
pub(crate) mod session;
mod settings;
mod untyped;

pub use self::{
    application::{Application, RawConnection},
    build_error::BuildError,
    middleware::IncomingEvent,
    namespace::Namespace,
    session::{
        Candidate, Lapse, SentBySession, Session, SessionContext, SessionEvents, SessionListed,
    },
    untyped::{Acknowledge, UntypedEvent},
};

pub(crate) use self::{
    affinity::{KeyHash, affinity},
    allowed_origins::AllowedOrigins,
    hooks::Hooks,
    namespace::Described,
    namespaces::{BuiltNamespace, Namespaces, TypedRoute},
    session::{AnySession, AnyStep, Called, Conclude, Concluded, Resume, Unconnected},
    settings::Settings,
};
