//! Socket.IO packets in MessagePack: the reference's bytes, what it refuses, round trips.

mod packets;

use bytes::Bytes;
use proptest::prelude::*;
use salon_contract::payload::{Binary, Payload, Value};
use salon_wire::{
    engine_io::Message,
    msgpack::MsgpackParser,
    socket_io::{DecodeError, Packet, PacketLimits, Parser},
};
use serde_json::json;

fn decode(bytes: &[u8]) -> Result<Option<Packet>, DecodeError> {
    let message = Message::Binary(Bytes::copy_from_slice(bytes));
    MsgpackParser.decoder(&PacketLimits::default()).decode(message)
}

/// A map `{type: 2, nsp: "/", data: ["a", <value>]}`.
fn event_with(value: &[u8]) -> Vec<u8> {
    let mut bytes = b"\x83\xa4type\x02\xa3nsp\xa1/\xa4data\x92\xa1a".to_vec();
    bytes.extend(value);
    bytes
}

fn arguments(bytes: &[u8]) -> Payload {
    match decode(bytes) {
        Ok(Some(Packet::Event { arguments, .. })) => arguments,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_client_s_packet_is_understood() {
    // What socket.io-client 4 sends for `emit("hello", 1, bytes, callback)`.
    let bytes = b"\x85\xa4type\x02\xa4data\x93\xa5hello\x01\xc4\x03\x01\x02\x03\
        \xa7options\x81\xa8compress\xc3\xa2id\x00\xa3nsp\xa1/";
    let expected = Packet::Event {
        namespace: "/".into(),
        id: Some(0),
        name: "hello".into(),
        arguments: Payload::from_parts(
            r#"1,{"_placeholder":true,"num":0}"#.into(),
            vec![Bytes::from_static(&[1, 2, 3])],
        ),
    };
    assert_eq!(decode(bytes).unwrap(), Some(expected));
    let connect = Packet::Connect { namespace: "/".into(), auth: None };
    assert_eq!(decode(b"\x82\xa4type\x00\xa3nsp\xa1/").unwrap(), Some(connect));
}

#[test]
fn the_server_s_packets_have_the_reference_s_keys() {
    let packet = Packet::ConnectError { namespace: "/a".into(), data: r#"{"message":"x"}"#.into() };
    let expected = b"\x83\xa4type\x04\xa4data\x81\xa7message\xa1x\xa3nsp\xa2/a";
    assert_eq!(MsgpackParser.encode(&packet)[0], Message::Binary(Bytes::from_static(expected)));
    let packet = Packet::Disconnect { namespace: "/".into() };
    let expected = b"\x82\xa4type\x01\xa3nsp\xa1/";
    assert_eq!(MsgpackParser.encode(&packet)[0], Message::Binary(Bytes::from_static(expected)));
}

#[test]
fn the_reference_s_own_extensions_are_understood() {
    // `undefined` where the client has no credentials.
    let connect = Packet::Connect { namespace: "/".into(), auth: None };
    let bytes = b"\x83\xa4type\x00\xa4data\xd4\x00\x00\xa3nsp\xa1/";
    assert_eq!(decode(bytes).unwrap(), Some(connect));
    // [undefined, {a: undefined, b: 1}]
    let undefined = b"\x92\xd4\0\0\x82\xa1a\xd4\0\0\xa1b\x01";
    assert_eq!(arguments(&event_with(undefined)).json(), r#"[null,{"b":1}]"#);
    // new Date(1709210096789)
    let date = b"\xd7\x00\x00\x00\x01\x8d\xf4\xdc\x54\x95";
    assert_eq!(arguments(&event_with(date)).json(), r#""2024-02-29T12:34:56.789Z""#);
    // ArrayBuffers, also of the lengths that the two above have.
    for length in [0, 1, 7, 8, 9, 212, 215] {
        let mut buffer = vec![0xc7, length, 0];
        buffer.resize(3 + usize::from(length), 0xd4);
        let arguments = arguments(&event_with(&buffer));
        assert_eq!(arguments.attachments(), [&buffer[3..]]);
    }
}

#[test]
fn dates_become_text_and_no_number_becomes_null() {
    let date = b"\xd6\xff\0\0\0\x01";
    assert_eq!(arguments(&event_with(date)).json(), r#""1970-01-01T00:00:01.000Z""#);
    assert_eq!(arguments(&event_with(b"\xcb\x7f\xf8\0\0\0\0\0\0")).json(), "null");
    assert_eq!(arguments(&event_with(b"\xcb\x7f\xf0\0\0\0\0\0\0")).json(), "null");
    assert!(decode(&event_with(b"\xd4\x05\x00")).is_err());
}

#[test]
fn what_the_reference_refuses_is_refused() {
    // As a value of Salon's: what serde_json makes of a number depends on an app's tree.
    let packet = |value: serde_json::Value| {
        rmp_serde::to_vec_named(&Value::from(value)).expect("plain values")
    };
    for value in [
        json!(1),
        json!([]),
        json!({}),
        json!({ "nsp": "/" }),
        json!({ "type": 5, "nsp": "/" }),
        json!({ "type": -1, "nsp": "/" }),
        json!({ "type": "0", "nsp": "/" }),
        json!({ "type": 0 }),
        json!({ "type": 0, "nsp": 1 }),
        json!({ "type": 0, "nsp": "a" }),
        json!({ "type": 0, "nsp": "/", "data": null }),
        json!({ "type": 0, "nsp": "/", "data": [] }),
        json!({ "type": 1, "nsp": "/", "data": {} }),
        json!({ "type": 2, "nsp": "/" }),
        json!({ "type": 2, "nsp": "/", "data": {} }),
        json!({ "type": 2, "nsp": "/", "data": ["disconnect"] }),
        json!({ "type": 2, "nsp": "/", "data": ["a"], "id": "1" }),
    ] {
        assert!(decode(&packet(value.clone())).is_err(), "{value}");
    }
    let answer_to_nothing = packet(json!({ "type": 3, "nsp": "/", "data": [] }));
    assert_eq!(decode(&answer_to_nothing).unwrap(), None);
    let mut trailing = packet(json!({ "type": 1, "nsp": "/" }));
    assert!(decode(&trailing).is_ok());
    trailing.push(0);
    assert!(decode(&trailing).is_err());
    assert!(
        MsgpackParser.decoder(&PacketLimits::default()).decode(Message::Text("2".into())).is_err()
    );
}

#[test]
fn a_string_that_was_cut_within_a_pair_of_surrogates_is_text() {
    let value = b"\xa4a\xed\xa0\xbd";
    assert_eq!(arguments(&event_with(value)).json(), "\"a\u{fffd}\"");
    let key = b"\x81\xa3\xed\xb0\x80\x01";
    assert_eq!(arguments(&event_with(key)).json(), "{\"\u{fffd}\":1}");
    let same_bytes = b"\xc4\x04a\xed\xa0\xbd";
    let arguments = arguments(&event_with(same_bytes));
    assert_eq!(arguments.attachments(), [&b"a\xed\xa0\xbd"[..]]);
    let name = b"\x83\xa4type\x02\xa3nsp\xa1/\xa4data\x91\xa3\xed\xa0\xbd";
    let Ok(Some(Packet::Event { name, .. })) = decode(name) else { panic!("an event") };
    assert_eq!(name, "\u{fffd}");
}

#[test]
fn declared_lengths_are_not_believed() {
    for value in [
        &b"\xdd\xff\xff\xff\xff"[..],
        b"\xdf\xff\xff\xff\xff",
        b"\xc6\xff\xff\xff\xff",
        b"\xdb\xff\xff\xff\xff",
    ] {
        assert!(decode(&event_with(value)).is_err());
    }
}

#[test]
fn deep_values_are_refused_without_recursion() {
    assert!(decode(&event_with(&[0x91; 100_000])).is_err());
    assert!(decode(&[0x81; 100_000]).is_err());
}

#[test]
fn binary_values_are_limited_by_their_bytes_alone_since_none_was_announced() {
    let mut many = vec![0xdc, 0x01, 0x00];
    many.extend([0xc4, 1, 7].repeat(256));
    let arguments = arguments(&event_with(&many));
    assert_eq!(arguments.attachments().len(), 256);
    assert_eq!(arguments.get::<Vec<Binary>>(0).unwrap().len(), 256);

    let limits = PacketLimits { max_attachment_bytes: 1, ..PacketLimits::default() };
    let message = Message::Binary(event_with(b"\xc4\x02ab").into());
    let error = MsgpackParser.decoder(&limits).decode(message);
    assert!(matches!(error, Err(DecodeError::AttachmentsTooLarge { length: 2, .. })));
}

#[test]
fn an_object_cannot_pose_as_what_stands_for_bytes() {
    for number in [0, 5] {
        let object = [b"\x92\xc4\x01x\x82\xac_placeholder\xc3\xa3num", &[number][..]].concat();
        assert!(matches!(decode(&event_with(&object)), Err(DecodeError::Msgpack { .. })));
    }
    // Beside no bytes it is an object as any other.
    let object = b"\x82\xac_placeholder\xc3\xa3num\x00";
    assert_eq!(arguments(&event_with(object)).json(), r#"{"_placeholder":true,"num":0}"#);
}

#[test]
fn short_values_come_to_no_more_than_a_few_times_their_bytes() {
    let list =
        |count: u32| [&[0xdd][..], &count.to_be_bytes(), &vec![0xc2; count as usize]].concat();
    assert!(decode(&event_with(&list(100_000))).is_ok());
    assert!(decode(&event_with(&list(1_000_000))).is_err());
}

proptest! {
    #[test]
    fn a_packet_decodes_to_what_was_encoded(packet in packets::any_packet()) {
        let limits = PacketLimits { max_attachments: 1_000, ..PacketLimits::default() };
        let messages = MsgpackParser.encode(&packet);
        prop_assert_eq!(messages.len(), 1);
        let decoded = MsgpackParser.decoder(&limits).decode(messages[0].clone()).unwrap();
        prop_assert_eq!(decoded, Some(packet));
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..60), event in any::<bool>()) {
        let bytes = if event { event_with(&bytes) } else { bytes };
        let _ = decode(&bytes);
    }
}
