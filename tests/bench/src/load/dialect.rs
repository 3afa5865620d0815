//! The protocols that a load speaks: how the same thing is said in each.
//!
//! It must never have one of them say what another leaves out: what differs is the protocol.

use super::frames;

/// What is spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Dialect {
    #[default]
    SocketIo,
    /// Salon's own, which needs no library.
    Plain,
    /// The same as a stream of events, which only listens: to the room 0.
    Stream,
}

impl Dialect {
    /// The request that opens a connection.
    pub(crate) fn upgrade(self) -> Vec<u8> {
        self.upgrade_with("")
    }

    /// The same for a client that is to live with others of a room.
    pub(crate) fn upgrade_near(self, room: usize) -> Vec<u8> {
        self.upgrade_with(&format!("&room=room{room}"))
    }

    fn upgrade_with(self, parameters: &str) -> Vec<u8> {
        let target = match self {
            Self::SocketIo => "/socket.io/?EIO=4&transport=websocket",
            Self::Plain => "/salon?",
            Self::Stream => {
                // [1,"join","room0"]
                let target = "/salon/events?join=%5B1%2C%22join%22%2C%22room0%22%5D";
                return format!("GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").into_bytes();
            }
        };
        format!(
            "GET {target}{parameters} HTTP/1.1\r\n\
             Host: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        .into_bytes()
    }

    /// How the answer begins that a connection is opened by.
    pub(super) fn opened(self) -> &'static [u8] {
        match self {
            Self::SocketIo | Self::Plain => b"HTTP/1.1 101",
            Self::Stream => b"HTTP/1.1 200",
        }
    }

    /// What a client says first, if it is not welcomed without a word.
    pub(super) fn connect(self) -> Vec<u8> {
        match self {
            Self::SocketIo => frames::text("40"),
            Self::Plain | Self::Stream => Vec::new(),
        }
    }

    /// The answer to a ping.
    pub(super) fn pong(self) -> Vec<u8> {
        match self {
            Self::SocketIo => frames::text("3"),
            Self::Plain => frames::pong(),
            Self::Stream => Vec::new(),
        }
    }

    /// `echo`, with an acknowledgement.
    pub(crate) fn echo(self, payload: &str) -> Vec<u8> {
        self.answered(&format!(r#""echo","{payload}""#))
    }

    /// `join`, with an acknowledgement.
    pub(crate) fn join(self, room: usize) -> Vec<u8> {
        self.answered(&format!(r#""join","room{room}""#))
    }

    /// `leave`, with an acknowledgement.
    pub(crate) fn leave(self, room: usize) -> Vec<u8> {
        self.answered(&format!(r#""leave","room{room}""#))
    }

    /// `pub`, without an acknowledgement.
    pub(crate) fn publish(self, room: usize, payload: &str) -> Vec<u8> {
        let event = format!(r#"["pub",{{"room":"room{room}","data":"{payload}"}}]"#);
        match self {
            Self::SocketIo => frames::text(&format!("42{event}")),
            Self::Plain | Self::Stream => frames::text(&event),
        }
    }

    fn answered(self, event: &str) -> Vec<u8> {
        match self {
            Self::SocketIo => frames::text(&format!("421[{event}]")),
            Self::Plain | Self::Stream => frames::text(&format!("[1,{event}]")),
        }
    }
}
