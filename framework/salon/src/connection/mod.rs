//! Connections: one actor per client, with its sessions in the namespaces.
//!
//! It must never know a transport: links hand it messages and drain its outbox.

mod actor;
mod allowed_origins;
mod application;
mod beat;
mod begun;
mod build_error;
mod call;
mod client_address;
mod connect;
mod connecting;
mod core;
mod dispatch;
mod draining;
mod handle;
mod hooks;
mod listed;
mod middleware;
mod namespace;
mod namespaces;
mod pattern;
mod pending_start;
mod placement;
mod protocol;
mod reading;
mod receive_window;
mod registry;
mod resting;
mod rights;
pub(crate) mod session;
mod session_context;
mod untyped;
mod violation;
mod watching;
mod worker;

pub use application::{Application, RawConnection};
pub use begun::Lapse;
pub use build_error::BuildError;
pub use listed::{SessionEvents, SessionListed};
pub use middleware::IncomingEvent;
pub use namespace::Namespace;
pub use session::{Candidate, Session};
pub use session_context::SessionContext;
pub use untyped::{Acknowledge, UntypedEvent};
pub use watching::Watching;

pub(crate) use actor::Connection;
pub(crate) use allowed_origins::AllowedOrigins;
pub(crate) use beat::Look;
pub(crate) use core::{CROWDED, Core, Declared, FULL, SHUTTING_DOWN, Settings};
pub(crate) use handle::{Claim, ConnectionHandle};
pub(crate) use hooks::Hooks;
pub(crate) use namespaces::Namespaces;
pub(crate) use placement::affinity;
pub(crate) use reading::Incoming;
pub(crate) use receive_window::ReceiveWindow;
pub(crate) use resting::{Resting, RestingKey};
pub(crate) use rights::{announce, lapse, reauthenticate, reconsider};
pub(crate) use worker::Watch;

use crate::{
    base::{disconnect::DisconnectReason, refusal::Refusal},
    outbox::TransportKind,
};
