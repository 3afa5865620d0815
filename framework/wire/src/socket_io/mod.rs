//! Socket.IO v5: packets of namespaces, events and acknowledgements, and the values they carry.
//!
//! Source: <https://socket.io/docs/v4/socket-io-protocol/>, and npm socket.io-parser 4.2 where the
//! page is silent. It must never know which namespaces or events exist.

mod decode_error;
mod decoder;
mod encoder;
mod event_data;
mod json_parser;
mod messages;
#[cfg(feature = "msgpack")]
mod msgpack_error;
mod packet;
mod packet_limits;
mod packet_ref;
mod parser;
mod placeholder;
mod surrogates;
mod unchecked;

pub(crate) use self::encoder::escaped;
#[cfg(feature = "msgpack")]
#[doc(hidden)]
pub use self::msgpack_error::MsgpackError;
pub use self::{
    decode_error::DecodeError,
    json_parser::JsonParser,
    messages::{IntoMessages, Messages},
    packet::Packet,
    packet_limits::PacketLimits,
    packet_ref::PacketRef,
    parser::{Decoder, Parser},
    unchecked::{Decoded, UncheckedEvent},
};
#[cfg(feature = "msgpack")]
pub(crate) use self::{
    event_data::EventData, packet::limited_namespace, placeholder::check_placeholders,
    surrogates::without_halves,
};
