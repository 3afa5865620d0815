//! WebSocket frames: the first byte says how the rest is split, which must not matter.
#![no_main]

use bytes::BytesMut;
use libfuzzer_sys::fuzz_target;
use salon_wire::websocket::{FrameLimits, FrameReader, Incoming, ProtocolError};

const LIMITS: FrameLimits = FrameLimits { max_message: 1_000, max_fragments: 8 };

fn read(stream: &[u8], part: usize) -> (Vec<Incoming>, Option<ProtocolError>) {
    let mut reader = FrameReader::new(LIMITS);
    let mut buffer = BytesMut::new();
    let mut messages = Vec::new();
    for part in stream.chunks(part) {
        buffer.extend_from_slice(part);
        loop {
            match reader.read(&mut buffer) {
                Ok(Some(message)) => messages.push(message),
                Ok(None) => break,
                Err(error) => return (messages, Some(error)),
            }
        }
        assert!(buffer.len() <= LIMITS.max_message + 14);
    }
    (messages, None)
}

fuzz_target!(|input: &[u8]| {
    let Some((&part, stream)) = input.split_first() else { return };
    let whole = read(stream, stream.len().max(1));
    assert_eq!(read(stream, usize::from(part).max(1)), whole);
});
