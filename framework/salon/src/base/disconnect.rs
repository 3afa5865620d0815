//! Why a session or a connection ended.
//!
//! It must stay a closed list: what each reason does to the wire is decided in
//! `protocol/violation.rs`, without a catch-all.

use std::fmt;

/// Why a session or a connection ended; the texts are those of the Socket.IO reference server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DisconnectReason {
    /// The client left this namespace; its connection goes on.
    ClientNamespaceDisconnect,
    /// The server ended this session.
    ServerNamespaceDisconnect,
    /// The transport was closed by the client, or it went away.
    TransportClose,
    /// The transport failed: a protocol error, or a message over the limit.
    TransportError,
    /// No pong came in time.
    PingTimeout,
    /// An unknown or malformed Engine.IO packet came.
    ParseError,
    /// The connection was closed below Socket.IO: a malformed packet came, or the server hung up.
    ForcedClose,
    /// The server closed the connection: its own decision, a second CONNECT, no CONNECT in time.
    ForcedServerClose,
    /// The server is shutting down.
    ServerShuttingDown,
    /// The client did not read: its outbox was over the limit.
    OutboxOverflow,
}

impl DisconnectReason {
    /// Whether the client may have meant to stay: then its session can be recovered.
    pub(crate) const fn is_recoverable(self) -> bool {
        match self {
            Self::TransportClose
            | Self::TransportError
            | Self::PingTimeout
            | Self::ForcedClose
            | Self::ForcedServerClose
            | Self::ServerShuttingDown
            | Self::OutboxOverflow => true,
            Self::ClientNamespaceDisconnect
            | Self::ServerNamespaceDisconnect
            | Self::ParseError => false,
        }
    }

    /// The reason's text, stable, as handlers and logs see it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ClientNamespaceDisconnect => "client namespace disconnect",
            Self::ServerNamespaceDisconnect => "server namespace disconnect",
            Self::TransportClose => "transport close",
            Self::TransportError => "transport error",
            Self::PingTimeout => "ping timeout",
            Self::ParseError => "parse error",
            Self::ForcedClose => "forced close",
            Self::ForcedServerClose => "forced server close",
            Self::ServerShuttingDown => "server shutting down",
            Self::OutboxOverflow => "outbox overflow",
        }
    }
}

impl fmt::Display for DisconnectReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
