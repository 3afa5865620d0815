//! Engine.IO packets, payloads and handshakes: exact forms, round trips, hostile input.

use std::time::Duration;

use bytes::Bytes;
use bytestring::ByteString;
use proptest::prelude::*;
use salon_wire::engine_io::{
    Message, Open, Packet, PacketError, PayloadError, RequestError, payload,
};

fn text(packet: &Packet) -> String {
    let mut out = Vec::new();
    packet.encode(&mut out);
    assert_eq!(out.len(), packet.encoded_len());
    String::from_utf8(out).expect("packets are text")
}

fn any_text() -> impl Strategy<Value = ByteString> {
    // No separator: JSON escapes it, and no other text is sent over polling.
    "[^\u{1e}]{0,40}".prop_map(ByteString::from)
}

fn any_packet() -> impl Strategy<Value = Packet> {
    prop_oneof![
        any_text().prop_map(Packet::Open),
        Just(Packet::Close),
        any_text().prop_map(Packet::Ping),
        any_text().prop_map(Packet::Pong),
        any_text().prop_map(|text| Packet::Message(Message::Text(text))),
        prop::collection::vec(any::<u8>(), 0..40)
            .prop_map(|bytes| Packet::Message(Message::Binary(bytes.into()))),
        Just(Packet::Upgrade),
        Just(Packet::Noop),
    ]
}

#[test]
fn packets_have_the_reference_s_form() {
    for (packet, expected) in [
        (Packet::Open("{}".into()), "0{}"),
        (Packet::Close, "1"),
        (Packet::Ping("probe".into()), "2probe"),
        (Packet::Pong("probe".into()), "3probe"),
        (Packet::Message(Message::Text("hello€".into())), "4hello€"),
        (Packet::Message(Message::Binary(vec![1, 2, 3, 4].into())), "bAQIDBA=="),
        (Packet::Upgrade, "5"),
        (Packet::Noop, "6"),
    ] {
        assert_eq!(text(&packet), expected);
        assert_eq!(Packet::decode(expected.into()), Ok(packet));
    }
}

#[test]
fn a_message_is_a_window_into_what_came() {
    let whole = ByteString::from("4hello");
    let Ok(Packet::Message(Message::Text(data))) = Packet::decode(whole.clone()) else {
        panic!("a message was expected");
    };
    assert_eq!(data.as_ptr(), whole[1..].as_ptr());
}

#[test]
fn base64_needs_no_padding_and_is_accepted_over_websocket() {
    let expected = Packet::Message(Message::Binary(vec![1, 2, 3, 4].into()));
    assert_eq!(Packet::decode("bAQIDBA".into()), Ok(expected));
}

#[test]
fn what_is_no_packet_is_refused() {
    assert_eq!(Packet::decode("".into()), Err(PacketError::Empty));
    assert_eq!(Packet::decode("7".into()), Err(PacketError::UnknownType { found: '7' }));
    assert_eq!(Packet::decode("é1".into()), Err(PacketError::UnknownType { found: 'é' }));
    assert!(matches!(Packet::decode("b?".into()), Err(PacketError::Base64 { .. })));
}

#[test]
fn a_payload_gives_what_precedes_its_error() {
    let decoded = payload::decode(Bytes::from_static(b"4a\x1eabc\x1e4b"), 10);
    assert_eq!(decoded.packets, [Packet::Message(Message::Text("a".into()))]);
    assert!(matches!(decoded.error, Some(PayloadError::Packet { index: 1, .. })));

    let decoded = payload::decode(Bytes::from_static(b"2\x1e4\xff"), 10);
    assert_eq!(decoded.packets, [Packet::Ping("".into())]);
    assert_eq!(decoded.error, Some(PayloadError::Utf8 { index: 1 }));
}

#[test]
fn separators_alone_end_at_the_first() {
    let decoded = payload::decode(vec![payload::SEPARATOR; 1_000_000].into(), usize::MAX);
    assert!(decoded.packets.is_empty());
    let source = PacketError::Empty;
    assert_eq!(decoded.error, Some(PayloadError::Packet { index: 0, source }));
    assert!(payload::decode(Bytes::new(), 10).error.is_some());
}

#[test]
fn a_payload_has_no_more_packets_than_its_limit() {
    let body = Bytes::from(["6"; 5].join("\x1e"));
    assert_eq!(payload::decode(body.clone(), 5).error, None);
    let decoded = payload::decode(body, 4);
    assert_eq!(decoded.packets.len(), 4);
    assert_eq!(decoded.error, Some(PayloadError::TooManyPackets { max_packets: 4 }));
}

#[test]
fn the_handshake_has_five_keys_in_order() {
    let open = Open {
        sid: "a\"b",
        upgrades: &[],
        ping_interval: Duration::from_micros(300_900),
        ping_timeout: Duration::from_millis(200),
        max_payload: 7,
    };
    assert_eq!(
        open.to_json(),
        r#"{"sid":"a\"b","upgrades":[],"pingInterval":300,"pingTimeout":200,"maxPayload":7}"#
    );
}

#[test]
fn refused_requests_are_worded_as_the_reference_words_them() {
    use RequestError::{
        BadHandshakeMethod, BadRequest, Forbidden, UnknownSession, UnknownTransport,
        UnsupportedVersion,
    };
    for (code, error, message) in [
        (0, UnknownTransport, "Transport unknown"),
        (1, UnknownSession, "Session ID unknown"),
        (2, BadHandshakeMethod, "Bad handshake method"),
        (3, BadRequest, "Bad request"),
        (4, Forbidden, "Forbidden"),
        (5, UnsupportedVersion, "Unsupported protocol version"),
    ] {
        assert_eq!(error.to_json(), format!(r#"{{"code":{code},"message":"{message}"}}"#));
        assert_eq!(error.status(), if code == 4 { 403 } else { 400 });
    }
}

proptest! {
    #[test]
    fn a_payload_decodes_to_what_was_encoded(
        packets in prop::collection::vec(any_packet(), 1..20),
    ) {
        let mut out = Vec::new();
        payload::encode(&packets, &mut out);
        let decoded = payload::decode(out.into(), 20);
        prop_assert_eq!(decoded.error, None);
        prop_assert_eq!(decoded.packets, packets);
    }

    #[test]
    fn no_payload_panics_or_exceeds_its_limit(
        body in prop::collection::vec(prop_oneof![Just(0x1e), Just(b'b'), any::<u8>()], 0..200),
    ) {
        prop_assert!(payload::decode(body.into(), 8).packets.len() <= 8);
    }
}
