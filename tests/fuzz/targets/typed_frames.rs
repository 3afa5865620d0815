//! Frames of `salon.v1`, one on each line: read by a look or the long way, they are the same, and what is
//! written of them again is read as the same.
#![no_main]

use bytestring::ByteString;
use libfuzzer_sys::fuzz_target;
use salon_wire::typed::{Frame, FrameRef, Lines};

/// A frame as it would be written, once its payload has turned out to be JSON.
fn written(line: ByteString) -> Option<String> {
    Some(match Frame::decode(line).ok()? {
        Frame::Heartbeat => "[]".to_owned(),
        Frame::Event { id, name, payload } => {
            let payload = payload.check().ok()?;
            let values = payload.json();
            FrameRef::Event { id, name: &name, values, last: None }.write_behind("")
        }
        Frame::Answer { id, payload } => {
            FrameRef::Answer { id, values: payload.json() }.write_behind("")
        }
        Frame::Refusal { id, error } => FrameRef::Refusal { id, error: &error }.write_behind(""),
    })
}

fuzz_target!(|input: &[u8]| {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let mut bytes = 0;
    for line in Lines::new(text.to_owned().into()) {
        bytes += line.len();
        let frame = written(line.clone());
        assert_eq!(frame, written(format!(" {line}").into()), "{line}");
        if let Some(frame) = frame {
            assert_eq!(written(frame.clone().into()), Some(frame));
        }
    }
    assert!(bytes <= text.len());
});
