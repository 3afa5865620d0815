//! The ways by which a client of the lab may reach the server.
//!
//! It must never say how: that is for `connection.rs`.

use crate::protocol::Format;

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
    /// The same as MessagePack.
    #[cfg(feature = "msgpack")]
    PlainMsgpack,
    /// The plain protocol as a stream of events over HTTP, and requests in the other direction.
    EventStream,
    /// The plain protocol by long polling.
    PlainPolling,
}

impl Wire {
    /// All of them.
    #[cfg(not(feature = "msgpack"))]
    pub const ALL: [Self; 6] = [
        Self::WebSocket,
        Self::Polling,
        Self::Upgrade,
        Self::Plain,
        Self::EventStream,
        Self::PlainPolling,
    ];
    /// All of them.
    #[cfg(feature = "msgpack")]
    pub const ALL: [Self; 7] = [
        Self::WebSocket,
        Self::Polling,
        Self::Upgrade,
        Self::Plain,
        Self::PlainMsgpack,
        Self::EventStream,
        Self::PlainPolling,
    ];
    /// Those of Socket.IO.
    pub const SOCKET_IO: [Self; 3] = [Self::WebSocket, Self::Polling, Self::Upgrade];

    /// Whether Socket.IO is spoken over it.
    #[must_use]
    pub fn is_socket_io(self) -> bool {
        Self::SOCKET_IO.contains(&self)
    }

    /// How a WebSocket of the plain protocol writes its frames, if it is one.
    pub(super) fn plain_websocket(self) -> Option<Format> {
        match self {
            Self::Plain => Some(Format::Json),
            #[cfg(feature = "msgpack")]
            Self::PlainMsgpack => Some(Format::Msgpack),
            Self::WebSocket
            | Self::Polling
            | Self::Upgrade
            | Self::EventStream
            | Self::PlainPolling => None,
        }
    }
}
