//! Connections: one actor per client, with its sessions in the namespaces.
//!
//! It must never know a transport: links hand it messages and drain its outbox.

mod actor;
mod affinity;
mod allowed_origins;
mod any_session;
mod application;
mod beat;
mod begun;
mod build_error;
mod call;
mod client_address;
mod connect;
mod connected;
mod connecting;
mod connections;
mod core;
mod dispatch;
mod draining;
mod effects;
mod handle;
mod handler;
mod hooks;
mod listed;
mod mailbox;
mod middleware;
mod namespace;
mod namespaces;
mod open_session;
mod pattern;
mod pending_start;
mod placement;
mod reading;
mod receive_window;
mod registry;
mod resting;
mod rights;
mod sends;
pub(crate) mod session;
mod session_context;
mod session_table;
mod settings;
mod untyped;
mod watching;
mod worker;

pub use application::{Application, RawConnection};
pub use begun::Lapse;
pub use build_error::BuildError;
pub use listed::{SessionEvents, SessionListed};
pub use middleware::IncomingEvent;
pub use namespace::Namespace;
pub use sends::SentBySession;
pub use session::{Candidate, Session};
pub use session_context::SessionContext;
pub use untyped::{Acknowledge, UntypedEvent};

pub(crate) use actor::{Connection, ConnectionHandle};
pub(crate) use affinity::affinity;
pub(crate) use allowed_origins::AllowedOrigins;
pub(crate) use beat::Look;
pub(crate) use connections::{CROWDED, Connections, FULL, SHUTTING_DOWN};
pub(crate) use core::{Core, Declared};
pub(crate) use namespace::Described;
pub(crate) use namespaces::Namespaces;
pub(crate) use reading::Incoming;
pub(crate) use receive_window::ReceiveWindow;
pub(crate) use resting::{Resting, RestingKey};
pub(crate) use rights::{announce, lapse, reauthenticate, reconsider};
pub(crate) use settings::Settings;
pub(crate) use worker::Watch;

/// A claim on one kind of request on a connection.
pub(crate) type Claim = handle::Claim<Connection>;

use crate::base::{disconnect::DisconnectReason, refusal::Refusal};
