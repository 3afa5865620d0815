//! The transports that a connection may be on.
//!
//! It must never say how a transport works: that is for `transport/`.

/// The transport that a connection is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransportKind {
    /// Engine.IO long polling.
    Polling,
    /// A WebSocket.
    WebSocket,
}

impl TransportKind {
    /// The name in the `transport` query parameter.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Polling => "polling",
            Self::WebSocket => "websocket",
        }
    }
}
