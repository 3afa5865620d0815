//! Frames of `salon.v1.msgpack`: they are those of `salon.v1`, whatever is in them.

use bytes::Bytes;
use proptest::prelude::*;
use salon_contract::payload::{Payload, Value};
use salon_wire::typed::{Frame, FrameRef, MSGPACK_HEARTBEAT};

/// What a frame is: its id, if it has one, its name, if it is an event, and what it carries.
type Read = (Option<u64>, Option<String>, Vec<Value>);

fn read(message: &[u8]) -> Option<Read> {
    Some(match Frame::decode_msgpack(&Bytes::copy_from_slice(message)).ok()? {
        Frame::Heartbeat => (None, None, Vec::new()),
        Frame::Event { id, name, payload } => {
            (id, Some(name.to_string()), payload.check().ok()?.values().ok()?)
        }
        Frame::Answer { id, payload } => (Some(id), None, payload.values().ok()?),
        Frame::Refusal { id, error } => {
            (Some(id), None, Payload::from_parts(error, Vec::new()).values().ok()?)
        }
    })
}

/// A value, and perhaps bytes deep in it.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<String>().prop_map(Value::String),
        proptest::collection::vec(any::<u8>(), 0..9).prop_map(|bytes| Value::Binary(bytes.into())),
    ];
    leaf.prop_recursive(4, 16, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            proptest::collection::vec(("[a-z]{0,3}", inner), 0..4)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn an_event_is_read_as_it_was_written(
        id in proptest::option::of(1..i64::MAX as u64),
        name in any::<String>(),
        values in proptest::collection::vec(value(), 0..4),
    ) {
        let payload = Payload::encode_positional(&values).unwrap();
        let frame = FrameRef::Event { id, name: &name, values: payload.json(), last: None };
        let message = frame.write_msgpack(payload.attachments()).unwrap();
        prop_assert_eq!(read(&message), Some((id, Some(name), payload.values().unwrap())));
    }

    #[test]
    fn an_answer_is_read_as_it_was_written(id in 1..i64::MAX as u64, value in value()) {
        let payload = Payload::encode_single(&value).unwrap();
        let frame = FrameRef::Answer { id, values: payload.json() };
        let message = frame.write_msgpack(payload.attachments()).unwrap();
        prop_assert_eq!(read(&message), Some((Some(id), None, payload.values().unwrap())));
    }

    #[test]
    fn no_bytes_panic(message in proptest::collection::vec(any::<u8>(), 0..64)) {
        let _ = read(&message);
    }
}

#[test]
fn what_is_no_frame_in_json_is_none_here_and_neither_is_more_than_one() {
    assert_eq!(read(MSGPACK_HEARTBEAT), Some((None, None, Vec::new())));
    let event = [0x91, 0xa1, b'a'];
    assert_eq!(read(&event), Some((None, Some("a".to_owned()), Vec::new())));
    for wrong in [
        &[][..],
        &[0xc0],
        &[0x91],
        &[0x91, 0xc0],
        &[0x91, 0x00],
        &[0x91, 0x07],
        &[0x92, 0x00, 0xa1, b'a'],
        &[0x91, 0xc4, 1, b'a'],
        &[0x81, 0xa1, b'a', 1],
        &[0x91, 0xa1, b'a', 0x91, 0xa1, b'b'],
        &[0x91, 0xa1, b'a', b'\n'],
        &[0xdd, 0xff, 0xff, 0xff, 0xff, 0xa1, b'a'],
        // Its answer would have no number.
        &[0x92, 0xcf, 0x80, 0, 0, 0, 0, 0, 0, 0, 0xa1, b'a'],
    ] {
        assert_eq!(read(wrong), None, "{wrong:x?}");
    }
    let deepest = [&[0x92, 0xa1, b'a'][..], &[0x91; 120], &[0x90]].concat();
    assert!(read(&deepest).is_some());
    let deeper = [&[0x92, 0xa1, b'a'][..], &[0x91; 130], &[0x90]].concat();
    assert_eq!(read(&deeper), None);
}

#[test]
fn what_the_application_wrote_as_no_json_has_no_message() {
    for values in ["nul", "[", r#"{"_placeholder":true,"num":1}"#] {
        let frame = FrameRef::Event { id: None, name: "a", values, last: None };
        assert_eq!(frame.write_msgpack(&[Bytes::from_static(b"x")]), None, "{values}");
    }
}
