//! Frames of `salon.v1.msgpack`: what is read is written again, and read as the same.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use salon_contract::Payload;
use salon_wire::typed::{Frame, FrameRef, MSGPACK_HEARTBEAT};

/// A frame as it would be written, if what it carries can be.
fn written(message: &[u8]) -> Option<Vec<u8>> {
    let carried = |payload: &Payload| (payload.json().to_owned(), payload.attachments().to_vec());
    match Frame::decode_msgpack(&Bytes::copy_from_slice(message)).ok()? {
        Frame::Heartbeat => Some(MSGPACK_HEARTBEAT.to_vec()),
        Frame::Event { id, name, payload } => {
            let (values, attachments) = carried(&payload.check().expect("it was JSON"));
            let frame = FrameRef::Event { id, name: &name, values: &values, last: None };
            frame.write_msgpack(&attachments)
        }
        Frame::Answer { id, payload } => {
            let (values, attachments) = carried(&payload);
            FrameRef::Answer { id, values: &values }.write_msgpack(&attachments)
        }
        Frame::Refusal { id, error } => FrameRef::Refusal { id, error: &error }.write_msgpack(&[]),
    }
}

fuzz_target!(|input: &[u8]| {
    if let Some(frame) = written(input) {
        assert_eq!(written(&frame), Some(frame));
    }
});
