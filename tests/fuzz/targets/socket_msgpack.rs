//! Socket.IO in MessagePack: one binary message.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use salon_wire::{engine_io::Message, msgpack::MsgpackParser};

fuzz_target!(|input: &[u8]| {
    let message = Message::Binary(Bytes::copy_from_slice(input));
    salon_fuzz::decode_and_encode(&MsgpackParser, std::iter::once(message));
});
