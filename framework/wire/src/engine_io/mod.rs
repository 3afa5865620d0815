//! Engine.IO v4: what travels in one WebSocket message or one piece of a polling payload.
//!
//! Source: <https://socket.io/docs/v4/engine-io-protocol/>, and npm engine.io-parser 5.2 where the
//! page is silent. It must never know what a message means; that is [`socket_io`](super::socket_io).

mod open;
mod packet;
pub mod payload;
mod request_error;

pub use self::{
    open::Open,
    packet::{Base64Error, Message, Packet, PacketError},
    payload::{Payload, PayloadError},
    request_error::RequestError,
};
