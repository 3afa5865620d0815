//! Socket.IO in JSON: lines of text; one that starts with a zero byte is an attachment.
#![no_main]

use bytes::Bytes;
use bytestring::ByteString;
use libfuzzer_sys::fuzz_target;
use salon_wire::{engine_io::Message, socket_io::JsonParser};

fuzz_target!(|input: &[u8]| {
    let messages = input.split(|&byte| byte == b'\n').map(|line| {
        let bytes = Bytes::copy_from_slice(line);
        match line.first() {
            Some(0) => Message::Binary(bytes),
            _ => ByteString::try_from(bytes.clone()).map_or(Message::Binary(bytes), Message::Text),
        }
    });
    salon_fuzz::decode_and_encode(&JsonParser, messages);
});
