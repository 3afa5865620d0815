//! The untyped layer: names and payloads, as an existing Socket.IO app has them.
//!
//! It must never be needed by a typed app.

use std::{collections::HashMap, fmt, sync::Arc};

use bytestring::ByteString;

use crate::{
    base::{disconnect::DisconnectReason, in_flight::InFlightGuard},
    hub::{self, Socket},
    outbox::NotQueued,
    payload::{IntoPayload, Payload},
};

/// An event as it came.
#[derive(Debug)]
#[non_exhaustive]
pub struct UntypedEvent {
    /// Its name.
    pub name: ByteString,
    /// What it carries, without the acknowledgement: for a Socket.IO client, its arguments.
    pub payload: Payload,
    /// How to acknowledge it, if the client asked for that.
    pub acknowledge: Option<Acknowledge>,
}

impl UntypedEvent {
    /// Acknowledges the event if the client asked for it.
    ///
    /// # Errors
    /// [`NotQueued`] says why the acknowledgement was not queued.
    pub fn acknowledge(self, payload: impl IntoPayload) -> Result<(), NotQueued> {
        match self.acknowledge {
            Some(acknowledge) => acknowledge.with(payload),
            None => Ok(()),
        }
    }
}

/// The right to acknowledge one event, once.
#[derive(Debug)]
pub struct Acknowledge {
    socket: Socket,
    id: u64,
    /// The event is in flight until it is acknowledged, or never will be.
    _in_flight: InFlightGuard,
}

impl Acknowledge {
    pub(crate) fn new(socket: Socket, id: u64, in_flight: InFlightGuard) -> Self {
        Self { socket, id, _in_flight: in_flight }
    }

    /// Acknowledges with this. While sessions [are recovered](crate::Builder::recovery) it is on its way
    /// then.
    ///
    /// # Errors
    /// [`NotQueued`] says why the acknowledgement was not queued.
    pub fn with(self, payload: impl IntoPayload) -> Result<(), NotQueued> {
        const NAME: &str = "acknowledgement";
        let broadcaster = self.socket.broadcaster();
        let payload = broadcaster.encoded(NAME, payload.into_payload())?;
        let handle = self.socket.handle();
        let answer = hub::acknowledgement(handle, None, self.id, payload)?;
        if broadcaster.recovery.is_none() {
            return handle.push(&answer);
        }
        // Behind what was emitted before, which goes by the session's shard then.
        if handle.has_ended() {
            return Err(NotQueued::Closed);
        }
        broadcaster.send_to(handle, answer);
        Ok(())
    }
}

type OnEvent = Arc<dyn Fn(&Socket, UntypedEvent) + Send + Sync>;
type OnSocket = Arc<dyn Fn(&Socket) + Send + Sync>;
type OnEnd = Arc<dyn Fn(&Socket, DisconnectReason) + Send + Sync>;

/// The untyped handlers of a namespace.
#[derive(Clone, Default)]
pub(crate) struct Untyped {
    pub(super) events: HashMap<String, OnEvent>,
    pub(super) any: Option<OnEvent>,
    pub(crate) connected: Option<OnSocket>,
    pub(crate) disconnecting: Option<OnEnd>,
    pub(crate) disconnected: Option<OnEnd>,
}

impl Untyped {
    /// The handler of events of that name, or else of any.
    pub(crate) fn handler(&self, name: &str) -> Option<&OnEvent> {
        self.events.get(name).or(self.any.as_ref())
    }
}

impl fmt::Debug for Untyped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.events.keys()).finish()
    }
}
