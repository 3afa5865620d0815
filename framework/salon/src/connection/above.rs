//! What is above a connection's transport: what its client speaks, and the sessions that it has.
//!
//! It must never take room for what most clients do not speak.

use std::sync::Arc;

use super::{open_session::OpenSession, session_table::SessionTable};
use crate::{
    app::Application,
    protocol::{Effect, NoSessions, Protocol, Raw, SocketIo, Typed, Violation},
    wire::engine_io::Message,
};

/// What is above the transport.
pub(crate) struct Above {
    speech: Speech,
    /// Of a client that speaks to an application there are none.
    table: SessionTable,
}

/// What a client speaks.
pub(super) enum Speech {
    SocketIo(SocketIo),
    /// Boxed: it has no room of its own in what every connection has.
    Other(Box<Other>),
}

/// What fewer clients speak.
pub(super) enum Other {
    Typed(Typed),
    /// Whatever the application understands, which takes messages as they come.
    Application(Arc<dyn Application>),
}

impl Above {
    /// Of a client that has sent nothing yet.
    pub(super) fn new(speech: Speech) -> Self {
        Self { speech, table: SessionTable::default() }
    }

    /// The application that takes messages in place of sessions, if one does.
    #[inline]
    pub(super) fn application(&self) -> Option<&Arc<dyn Application>> {
        // Nearly all speak Socket.IO, and it is asked with every event.
        let Speech::Other(other) = &self.speech else { return None };
        match &**other {
            Other::Application(application) => Some(application),
            Other::Typed(_) => None,
        }
    }

    /// The sessions of its client; nothing if it has an application above it.
    #[inline]
    pub(super) fn table(&mut self) -> Option<&mut SessionTable> {
        if self.application().is_some() { None } else { Some(&mut self.table) }
    }

    /// The sessions that are open.
    #[inline]
    pub(super) fn open_sessions(&self) -> &[OpenSession] {
        &self.table.open
    }

    #[inline]
    pub(super) fn receive(&mut self, message: Message) -> Result<Effect, Violation> {
        match &mut self.speech {
            Speech::SocketIo(protocol) => protocol.receive(message, &self.table),
            Speech::Other(other) => match &mut **other {
                Other::Typed(protocol) => protocol.receive(message, &self.table),
                Other::Application(_) => Raw.receive(message, &NoSessions),
            },
        }
    }

    pub(super) fn timeout(&self) -> Option<Violation> {
        match &self.speech {
            Speech::SocketIo(protocol) => protocol.timeout(),
            Speech::Other(other) => match &**other {
                Other::Typed(protocol) => protocol.timeout(),
                Other::Application(_) => Raw.timeout(),
            },
        }
    }

    /// What is to be done before its client has sent anything.
    pub(super) fn begin(&self) -> Effect {
        self.typed().map_or(Effect::Nothing, Typed::begin)
    }

    /// Whether its client has one session here: one ends with the other, and what comes while it is asked
    /// who the client is waits for that.
    pub(super) fn has_one_session(&self) -> bool {
        self.typed().is_some()
    }

    /// A session was refused; whether its client may not try again.
    pub(super) fn is_refused(&mut self) -> bool {
        let Speech::Other(other) = &mut self.speech else { return false };
        match &mut **other {
            Other::Typed(protocol) => protocol.is_refused(),
            Other::Application(_) => false,
        }
    }

    fn typed(&self) -> Option<&Typed> {
        let Speech::Other(other) = &self.speech else { return None };
        match &**other {
            Other::Typed(protocol) => Some(protocol),
            Other::Application(_) => None,
        }
    }
}

impl From<Other> for Speech {
    fn from(other: Other) -> Self {
        Self::Other(Box::new(other))
    }
}
