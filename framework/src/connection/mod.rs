//! Connections: one actor per client, with its sessions in the namespaces.
//!
//! It must never know a transport: links hand it messages and drain its outbox.

mod actor;
mod allowed_origins;
mod application;
mod backlog;
mod beat;
mod begun;
mod build_error;
mod call;
mod client_address;
mod close;
mod connect;
mod connecting;
mod dispatch;
mod handle;
mod homes;
mod hooks;
mod listed;
mod middleware;
mod namespace;
mod namespaces;
mod parting;
mod pattern;
mod protocol;
mod reading;
mod realm;
mod registry;
mod resting;
mod rights;
mod session;
mod session_context;
mod sessions;
mod unstarted;
mod untyped;
mod watching;
mod worker;

pub use application::{Application, RawConnection};
pub use begun::Lapse;
pub use build_error::BuildError;
pub use listed::{SessionEvents, SessionListed, SessionRoute};
pub use middleware::IncomingEvent;
pub use namespace::Namespace;
pub use session::{Candidate, Session, ToSession};
pub use session_context::SessionContext;
pub use untyped::{Acknowledge, UntypedEvent};
pub use watching::Watching;

pub(crate) use actor::Connection;
pub(crate) use allowed_origins::AllowedOrigins;
pub(crate) use backlog::Backlog;
pub(crate) use beat::Look;
pub(crate) use handle::{Claim, ConnectionHandle};
pub(crate) use homes::affinity;
pub(crate) use hooks::Hooks;
pub(crate) use namespaces::Namespaces;
pub(crate) use reading::Incoming;
pub(crate) use realm::{CROWDED, FULL, Realm, SHUTTING_DOWN, Settings};
pub(crate) use resting::{Resting, RestingKey};
pub(crate) use rights::{announce, lapse, reauthenticate, reconsider};
pub(crate) use worker::Watch;

use crate::{disconnect::DisconnectReason, outbox::TransportKind, refusal::Refusal};
