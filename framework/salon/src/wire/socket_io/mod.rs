//! Socket.IO v5: packets of namespaces, events and acknowledgements, and the values they carry.
//!
//! Source: <https://socket.io/docs/v4/socket-io-protocol/>, and npm socket.io-parser 4.2 where the
//! page is silent. It must never know which namespaces or events exist.

mod arguments;
mod attachments;
mod binary;
mod decode_error;
mod decoder;
mod encoder;
mod event_data;
mod into_arguments;
mod json_parser;
mod list;
mod object;
mod packet;
mod packet_ref;
mod parser;
mod path;
mod pieces;
mod placeholder;
mod reserved;
mod scratch;
mod strict;
mod surrogates;
mod unchecked;
mod value;

pub(crate) use self::scratch::with_json;
pub use self::{
    arguments::{ArgumentError, Arguments},
    binary::Binary,
    decode_error::DecodeError,
    into_arguments::IntoArguments,
    json_parser::JsonParser,
    packet::Packet,
    packet_ref::PacketRef,
    parser::{Decoder, Messages, Parser},
    reserved::ReservedName,
    unchecked::{Decoded, UncheckedArguments, UncheckedEvent},
    value::Value,
};
#[cfg(feature = "msgpack")]
pub(crate) use self::{
    event_data::EventData, packet::limited_namespace, placeholder::check_placeholders,
    surrogates::without_halves,
};
