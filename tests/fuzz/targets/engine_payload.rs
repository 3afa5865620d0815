//! Polling bodies: bounded, and what decodes encodes to something that decodes alike.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use salon_wire::engine_io::payload;

const MAX_PACKETS: usize = 64;

fuzz_target!(|body: &[u8]| {
    let decoded = payload::decode(Bytes::copy_from_slice(body), MAX_PACKETS);
    assert!(decoded.packets.len() <= MAX_PACKETS);
    if decoded.packets.is_empty() {
        return;
    }
    let mut out = Vec::new();
    payload::encode(&decoded.packets, &mut out);
    let again = payload::decode(out.into(), MAX_PACKETS);
    assert_eq!(again.error, None);
    assert_eq!(again.packets, decoded.packets);
});
