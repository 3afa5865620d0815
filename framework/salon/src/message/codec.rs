//! How a protocol writes what is published.

use super::{Content, Form};
use crate::{
    base::bye::Bye,
    wire::{engine_io::Message, websocket::CloseFrame},
};

/// The writing side of one protocol, which all connections that speak it share.
pub(crate) trait Codec: Send + Sync {
    /// Whose forms these are: of two codecs of one Salon that write the same alike, and of no others.
    fn id(&self) -> CodecId;
    /// The form of that content for its clients, or [nothing](Form::is_nothing) if it has none on
    /// this wire.
    fn form(&self, content: &Content) -> Form;
    /// The last that a client is told, if this protocol has words for why a connection ends.
    fn farewell(&self, _bye: Bye) -> Option<Farewell> {
        None
    }
}

/// The last that a client is told.
#[derive(Debug)]
pub(crate) struct Farewell {
    /// All of it: a message, or what stands at the end of a stream.
    pub(crate) message: Message,
    /// With what its WebSocket is closed then.
    pub(crate) close: CloseFrame,
}

/// Which of the codecs of one Salon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CodecId {
    /// Socket.IO, by the parser that the Salon has.
    SocketIo,
    /// `salon.v1`.
    Typed,
    /// The same as a stream of events.
    TypedStream,
    /// The same as MessagePack.
    #[cfg(feature = "msgpack")]
    TypedMsgpack,
    /// Messages as they are, over Engine.IO.
    RawOverEngineIo,
    /// Messages as they are, over a WebSocket of their own.
    RawPlain,
}
