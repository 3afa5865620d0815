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
    /// A stream of events over HTTP, as an `EventSource` reads it, and requests in the other direction.
    EventStream,
    /// The plain protocol by long polling.
    PlainPolling,
    /// One request, and its response: one event and its answer.
    Call,
}

impl TransportKind {
    /// As it is called: for the first two, in the `transport` query parameter of Engine.IO.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Polling => "polling",
            Self::WebSocket => "websocket",
            Self::EventStream => "eventstream",
            Self::PlainPolling => "plainpolling",
            Self::Call => "call",
        }
    }

    /// Whether its client posts to it by numbered batches.
    pub(crate) const fn numbers_posts(self) -> bool {
        matches!(self, Self::EventStream | Self::PlainPolling)
    }
}
