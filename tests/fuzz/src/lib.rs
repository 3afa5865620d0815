//! Fuzz targets of the codecs: whatever a client sends, nothing panics and no limit is passed.
//!
//! Run one from the root of the repository, for instance for a minute:
//!
//! ```text
//! cargo install cargo-fuzz
//! RUSTC_BOOTSTRAP=1 cargo fuzz run --fuzz-dir tests/fuzz websocket_frames -- -max_total_time=60
//! ```
//!
//! `RUSTC_BOOTSTRAP=1` lets the stable compiler build with a sanitizer; a nightly one needs nothing.
//! The targets are `engine_payload`, `socket_json`, `socket_msgpack`, `typed_frames`, `typed_msgpack` and
//! `websocket_frames`. What they find lies in `tests/fuzz/artifacts`; give such a file as a further
//! argument to run it again, and make a test of it in `framework/wire/tests`.

use salon_contract::payload::Value;
use salon_wire::{
    engine_io::Message,
    socket_io::{Packet, PacketLimits, Parser},
};

/// Feeds `messages` to a decoder; what it makes of them must be readable, and survive `parser`.
pub fn decode_and_encode(parser: &dyn Parser, messages: impl Iterator<Item = Message>) {
    let limits = PacketLimits::default();
    let mut decoder = parser.decoder(&limits);
    for message in messages {
        let Ok(Some(packet)) = decoder.decode(message) else { continue };
        assert!(!decoder.is_reconstructing());
        if let Packet::Event { arguments, .. } | Packet::Ack { arguments, .. } = &packet {
            assert!(arguments.attachments().len() <= limits.max_attachments);
            let values: Result<Vec<Value>, _> = arguments.values();
            if let Ok(values) = values {
                assert_eq!(values.len(), arguments.len());
            }
        }
        let mut again = None;
        let mut decoder = parser.decoder(&limits);
        for message in parser.encode(&packet) {
            again = decoder.decode(message).expect("what was encoded can be decoded");
        }
        if let Some(again) = again {
            assert_eq!(again.namespace(), packet.namespace());
        }
    }
}
