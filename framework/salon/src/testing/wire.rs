//! The ways by which a client of the lab may reach the server.
//!
//! It must never say how: that is for `connection.rs`.

/// How a client reaches the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Wire {
    /// Socket.IO over WebSocket from the start.
    #[default]
    WebSocket,
    /// Socket.IO over long polling, for good.
    Polling,
    /// As a Socket.IO client does by default: polling first, then the move to WebSocket. A poll is
    /// held for a tenth of a second meanwhile, so that much of the lab's time may pass.
    Upgrade,
    /// The plain protocol over WebSocket, as a client speaks it that has no library: a session for each
    /// connection, and none that comes back.
    Plain,
    /// The plain protocol as a stream of events over HTTP, and requests in the other direction.
    EventStream,
}

impl Wire {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::WebSocket, Self::Polling, Self::Upgrade, Self::Plain, Self::EventStream];
    /// Those of Socket.IO.
    pub const SOCKET_IO: [Self; 3] = [Self::WebSocket, Self::Polling, Self::Upgrade];
}
