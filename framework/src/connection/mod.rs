//! Connections: one actor per client, with its sessions in the namespaces.
//!
//! It must never know a transport: links hand it messages and drain its outbox.

mod actor;
mod application;
mod bucket;
mod close;
mod dispatch;
mod handle;
mod hooks;
mod listed;
mod namespace;
mod protocol;
mod realm;
mod session;
mod untyped;
mod worker;

pub use application::{Application, RawConnection};
pub use listed::{SessionEvents, SessionListed, SessionRoute};
pub use namespace::{BuildError, Namespace};
pub use session::{Candidate, Session, SessionContext, ToSession};
pub use untyped::{Acknowledge, UntypedEvent};

pub(crate) use actor::Connection;
pub(crate) use handle::{Claim, ConnectionHandle, Ended};
pub(crate) use hooks::Hooks;
pub(crate) use namespace::Namespaces;
pub(crate) use realm::{Realm, Settings};
pub(crate) use worker::Watch;

use crate::{disconnect::DisconnectReason, outbox::TransportKind, refusal::Refusal};
