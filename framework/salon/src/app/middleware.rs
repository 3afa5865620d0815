//! Checks of every event of a namespace, typed or not.
//!
//! It must never see what only an event's type can tell: its room, its permission.

use std::{fmt, sync::Arc};

use bytestring::ByteString;
use futures_util::future::LocalBoxFuture;

use crate::{
    auth::Handshake,
    base::{data::Data, refusal::Refusal},
    hub::Socket,
    payload::Payload,
};

/// An event that a client has sent, before it is decoded: what the checks of
/// [`Namespace::guard_events`](crate::app::namespace::Namespace::guard_events) see. Cloning it counts references.
#[derive(Clone)]
pub struct IncomingEvent {
    pub(crate) socket: Socket,
    pub(crate) name: ByteString,
    pub(crate) payload: Payload,
    pub(crate) data: Data,
}

impl IncomingEvent {
    /// The session that sent it. Its identity is there as [`Socket::identity`].
    #[must_use]
    pub fn socket(&self) -> &Socket {
        &self.socket
    }

    /// The request that opened the connection.
    #[must_use]
    pub fn handshake(&self) -> &Handshake {
        self.socket.handshake()
    }

    /// The event's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it carries, as it came: it may well not fit the event.
    #[must_use]
    pub fn payload(&self) -> &Payload {
        &self.payload
    }

    /// What the application gave to the builder with `data`.
    ///
    /// # Errors
    /// `internal` when nothing of that type was given; the log names the type.
    pub fn data<T: 'static>(&self) -> Result<&T, Refusal> {
        self.data.get()
    }
}

impl fmt::Debug for IncomingEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IncomingEvent")
            .field("name", &self.name)
            .field("socket", &self.socket)
            .finish_non_exhaustive()
    }
}

/// Checks one event of a namespace.
pub(super) type GuardEvent =
    Arc<dyn Fn(IncomingEvent) -> LocalBoxFuture<'static, Result<(), Refusal>> + Send + Sync>;

/// Asks all checks of a namespace about an event, in their order, until one refuses.
pub(crate) async fn ask_all(guards: &[GuardEvent], event: IncomingEvent) -> Result<(), Refusal> {
    for guard in guards {
        guard(event.clone()).await?;
    }
    Ok(())
}
