//! Socket.IO packets in JSON: the reference's exact texts, what it refuses, round trips.

mod packets;

use bytes::Bytes;
use proptest::prelude::*;
use salon_contract::payload::{Binary, IntoPayload, Payload};
use salon_wire::{
    engine_io::Message,
    socket_io::{DecodeError, Decoder, JsonParser, Packet, PacketLimits, PacketRef, Parser},
};

fn decode(text: &str) -> Result<Option<Packet>, DecodeError> {
    JsonParser.decoder(&PacketLimits::default()).decode(Message::Text(text.into()))
}

fn decoded(text: &str) -> Packet {
    decode(text).expect(text).expect("no attachment is missing")
}

fn encoded(packet: &Packet) -> String {
    match &JsonParser.encode(packet)[0] {
        Message::Text(text) => text.to_string(),
        Message::Binary(_) => panic!("the first message is text"),
    }
}

fn event(namespace: &str, id: Option<u64>, name: &str, json: &str) -> Packet {
    Packet::Event {
        namespace: namespace.into(),
        id,
        name: name.into(),
        arguments: Payload::from_parts(json.into(), vec![]),
    }
}

#[test]
fn packets_have_the_reference_s_form() {
    let ack = |namespace: &str, id, json: &str| Packet::Ack {
        namespace: namespace.into(),
        id,
        arguments: Payload::from_parts(json.into(), vec![]),
    };
    let connect = |namespace: &str, auth: Option<&str>| Packet::Connect {
        namespace: namespace.into(),
        auth: auth.map(Into::into),
    };
    for (packet, text) in [
        (connect("/", None), "0"),
        (connect("/", Some(r#"{"sid":"a"}"#)), r#"0{"sid":"a"}"#),
        (connect("/custom", None), "0/custom,"),
        (connect("/custom", Some(r#"{"sid":"a"}"#)), r#"0/custom,{"sid":"a"}"#),
        (Packet::Disconnect { namespace: "/".into() }, "1"),
        (Packet::Disconnect { namespace: "/custom".into() }, "1/custom,"),
        (event("/", None, "a", ""), r#"2["a"]"#),
        (
            event("/", None, "message-back", r#"1,"2",{"3":[true]}"#),
            r#"2["message-back",1,"2",{"3":[true]}]"#,
        ),
        (event("/custom", Some(7), "a", ""), r#"2/custom,7["a"]"#),
        (event("/", Some(u64::MAX), "a\"\\\n", ""), r#"218446744073709551615["a\"\\\n"]"#),
        (ack("/", 456, ""), "3456[]"),
        (ack("/custom", 0, r#"1,"2""#), r#"3/custom,0[1,"2"]"#),
    ] {
        assert_eq!(encoded(&packet), text);
        assert_eq!(decoded(text), packet);
    }
    let refusal = Packet::ConnectError {
        namespace: "/random".into(),
        data: r#"{"message":"Invalid namespace"}"#.into(),
    };
    assert_eq!(encoded(&refusal), r#"4/random,{"message":"Invalid namespace"}"#);
}

#[test]
fn a_packet_takes_one_allocation_of_its_exact_size() {
    let arguments = (Binary::from(vec![1]), Binary::from(vec![2])).into_payload().unwrap();
    let packet = Packet::Ack { namespace: "/custom".into(), id: 1_000, arguments };
    let Some(Message::Text(text)) = JsonParser.encode(&packet).into_iter().next() else {
        panic!("text first")
    };
    let (length, bytes) = (text.len(), text.into_bytes());
    assert_eq!(Vec::from(bytes).capacity(), length);
}

#[test]
fn binary_packets_are_followed_by_their_attachments() {
    let arguments = (Binary::from(vec![1, 2, 3]),).into_payload().unwrap();
    let packet = Packet::Event { namespace: "/".into(), id: None, name: "x".into(), arguments };
    let messages = JsonParser.encode(&packet);
    assert_eq!(
        &*messages,
        [
            Message::Text(r#"51-["x",{"_placeholder":true,"num":0}]"#.into()),
            Message::Binary(Bytes::from_static(&[1, 2, 3])),
        ]
    );
    let arguments = (Binary::from(vec![]), Binary::from(vec![1])).into_payload().unwrap();
    let packet = Packet::Ack { namespace: "/a".into(), id: 789, arguments };
    assert!(encoded(&packet).starts_with("62-/a,789[{"));
}

#[test]
fn a_namespace_needs_no_comma_and_keeps_its_query() {
    let connect = |name: &str| Packet::Connect { namespace: name.into(), auth: None };
    assert_eq!(decoded("0/custom"), connect("/custom"));
    assert_eq!(decoded("0/admin?token=1&a=/b,"), connect("/admin?token=1&a=/b"));
    assert_eq!(decoded("1/custom"), Packet::Disconnect { namespace: "/custom".into() });
}

#[test]
fn what_means_nothing_is_let_through_as_by_the_reference() {
    for text in ["2", "2/a,", "27", "3", "31", "3[]", "3/a,[1]"] {
        let mut decoder = JsonParser.decoder(&PacketLimits::default());
        assert_eq!(decoder.decode(Message::Text(text.into())).unwrap(), None, "{text}");
        assert!(!decoder.is_reconstructing(), "{text}");
    }
}

#[test]
fn names_and_arguments_are_windows_into_what_came() {
    let text = bytestring::ByteString::from(r#"2/a,7[ "name" , 1 , [2] ]"#);
    let mut decoder = JsonParser.decoder(&PacketLimits::default());
    let packet = decoder.decode(Message::Text(text.clone())).unwrap();
    let Some(Packet::Event { namespace, name, arguments, .. }) = packet else { panic!("an event") };
    assert_eq!((&*namespace, &*name, arguments.json()), ("/a", "name", "1 , [2]"));
    for part in [&*namespace, &*name, arguments.json()] {
        assert!(text.as_bytes().as_ptr_range().contains(&part.as_ptr()));
    }
}

#[test]
fn event_names_may_be_escaped_or_numbers() {
    assert_eq!(decoded(r#"2["\u0061\"",1]"#), event("/", None, "a\"", "1"));
    assert_eq!(decoded("2[-12.5,1]"), event("/", None, "-12.5", "1"));
}

#[test]
fn what_the_reference_refuses_is_refused() {
    for text in [
        "",
        "abc",
        "7",
        "é",
        "2abc[\"a\"]",
        "2{}",
        "2[]",
        "2[null]",
        "2[{}]",
        "2[true]",
        "2[[1]]",
        "2[\"a\"",
        "2[\"a\"]x",
        "2[\"a\",]",
        "2[,\"a\"]",
        "2\"a\"",
        "2[\"a\" 1]",
        "2[\"\\x\"]",
        "2[\"connect\"]",
        "2[\"connect_error\"]",
        "2[\"disconnect\"]",
        "2[\"disconnecting\"]",
        "2[\"newListener\"]",
        "2[\"removeListener\",1]",
        "2[\"\\u0063onnect\"]",
        "0[]",
        "0null",
        "01.5",
        "0\"x\"",
        "0{",
        "1{}",
        "1null",
        "31{}",
        "31[",
        "31null",
        "5[\"a\"]",
        "5-[\"a\"]",
        "50-[\"a\"]",
        "5x-[\"a\"]",
        "51[\"a\"]",
        "51",
        "511-[\"a\"]",
        "5999999999999999999999-[\"a\"]",
        "6-1[]",
        "5-1-[\"a\"]",
        "218446744073709551616[\"a\"]",
        "2-1[\"a\"]",
        "2/custom[\"a\"]",
    ] {
        assert!(decode(text).is_err(), "{text}");
    }
}

#[test]
fn a_connect_error_is_decoded_and_it_is_the_server_that_refuses_it() {
    let data = r#"{"message":"x"}"#;
    let packet = Packet::ConnectError { namespace: "/".into(), data: data.into() };
    assert_eq!(decoded(&format!("4{data}")), packet);
}

#[test]
fn errors_say_what_was_wrong_in_a_few_characters() {
    let error = decode(&format!("2{{\"{}", "x".repeat(1_000))).unwrap_err().to_string();
    assert!(error.len() < 200, "{error}");
    assert!(error.contains("a list that starts with the event's name"), "{error}");
    let error = decode("2[\"disconnect\"]").unwrap_err().to_string();
    assert_eq!(error, r#"event name "disconnect" is reserved; choose another"#);
}

#[test]
fn a_namespace_has_no_more_bytes_than_its_limit() {
    assert!(decode(&format!("0/{},", "a".repeat(255))).is_ok());
    let error = decode(&format!("0/{},", "a".repeat(256))).unwrap_err();
    assert!(matches!(error, DecodeError::NamespaceTooLong { length: 257, max_name: 256 }));
}

#[test]
fn deep_json_is_checked_without_recursion() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(decoded(&format!("2[\"a\",{deep}]")), event("/", None, "a", &deep));
    assert!(decode(&format!("2[\"a\",{}", "[".repeat(100_000))).is_err());
    assert!(decode(&format!("2{deep}")).is_err());
    assert!(decode(&format!("0{}", "{\"a\":".repeat(100_000))).is_err());
}

fn feed(
    decoder: &mut dyn Decoder,
    text: &str,
    attachments: &[&[u8]],
) -> Result<Packet, DecodeError> {
    assert!(decoder.decode(Message::Text(text.into()))?.is_none());
    for attachment in attachments {
        assert!(decoder.is_reconstructing());
        if let Some(packet) = decoder.decode(Message::Binary(attachment.to_vec().into()))? {
            return Ok(packet);
        }
    }
    panic!("attachments are missing");
}

#[test]
fn placeholders_are_checked_wherever_they_are() {
    let mut decoder = JsonParser.decoder(&PacketLimits::default());
    let ok =
        r#"52-["a",{"b":[{"num":1,"x":[],"_placeholder":true}]},{"_placeholder":false,"num":9}]"#;
    let packet = feed(&mut *decoder, ok, &[&[1], &[2]]).unwrap();
    let Packet::Event { arguments, .. } = packet else { panic!("an event") };
    assert_eq!(arguments.attachments(), [&[1][..], &[2][..]]);
    assert!(!decoder.is_reconstructing());
    for num in ["1", "-1", "0.5", "\"0\"", "null", "{}", "1e99", "18446744073709551616"] {
        for json in [
            format!(r#"51-["a",{{"_placeholder":true,"num":{num}}}]"#),
            format!(r#"61-1[[{{"x":{{"_placeholder":true,"num":{num}}}}}]]"#),
        ] {
            assert!(matches!(
                feed(&mut *decoder, &json, &[&[1]]),
                Err(DecodeError::Placeholder { .. })
            ));
        }
    }
    let deep = format!("51-[\"a\",{}{}]", "[".repeat(10_000), "]".repeat(10_000));
    assert!(matches!(feed(&mut *decoder, &deep, &[&[1]]), Err(DecodeError::Placeholder { .. })));
}

#[test]
fn messages_out_of_place_are_refused_and_forgotten() {
    let mut decoder = JsonParser.decoder(&PacketLimits::default());
    let unexpected = decoder.decode(Message::Binary(Bytes::from_static(&[1])));
    assert!(matches!(unexpected, Err(DecodeError::UnexpectedBinary { length: 1 })));
    decoder.decode(Message::Text(r#"52-["a"]"#.into())).unwrap();
    let unexpected = decoder.decode(Message::Text(r#"2["a"]"#.into()));
    assert!(matches!(unexpected, Err(DecodeError::UnexpectedText { missing: 2 })));
    assert!(!decoder.is_reconstructing());
}

/// What JavaScript has and Rust does not: half a pair of surrogates, and numbers beyond all.
const ODD: [&str; 6] = [
    r#""\ud83d""#,
    r#"{"\udc00":{"a":["\ud800"]}}"#,
    "1e400",
    "[-1e999,{\"a\":1e400}]",
    "123456789012345678901234567890",
    r#"{"_placehol\u0064er":false,"num":"\ud83d"}"#,
];

#[test]
fn what_only_javascript_has_comes_with_attachments_as_without() {
    for odd in ODD {
        let expected = format!(r#"{odd},{{"_placeholder":true,"num":0}}"#);
        let plain = decoded(&format!(r#"2["a",{expected}]"#));
        assert_eq!(plain, event("/", None, "a", &expected));
        let mut decoder = JsonParser.decoder(&PacketLimits::default());
        let binary = feed(&mut *decoder, &format!(r#"51-["a",{expected}]"#), &[&[1]]);
        let Ok(Packet::Event { arguments, .. }) = binary else { panic!("{odd}: {binary:?}") };
        assert_eq!((arguments.json(), arguments.attachments().len()), (&*expected, 1));
        let answer = feed(&mut *decoder, &format!("61-7[{expected}]"), &[&[1]]);
        let Ok(Packet::Ack { arguments, .. }) = answer else { panic!("{odd}: {answer:?}") };
        assert_eq!(arguments.json(), expected);
    }
}

#[test]
fn half_a_pair_in_an_event_s_name_is_a_replacement() {
    assert_eq!(decoded(r#"2["a\ud83d",1]"#), event("/", None, "a\u{fffd}", "1"));
    let mut decoder = JsonParser.decoder(&PacketLimits::default());
    let binary = feed(&mut *decoder, r#"51-["\udc00b",{"_placeholder":true,"num":0}]"#, &[&[1]]);
    let Ok(Packet::Event { name, .. }) = binary else { panic!("{binary:?}") };
    assert_eq!(name, "\u{fffd}b");
}

#[test]
fn a_placeholder_is_found_however_it_is_written() {
    for (written, is_wrong) in [
        (r#"{"_placehol\u0064er":true,"num":9}"#, true),
        (r#"{"_placeholder":true,"\u006eum":9}"#, true),
        (r#"{"_placeholder":false,"_placeholder":true,"num":9}"#, true),
        (r#"{"_placeholder":true,"num":0,"num":9}"#, true),
        ("{\n\"_placeholder\" :\ttrue , \"num\": 9 }", true),
        (r#"{"_placeholder":true,"num":9,"num":0}"#, false),
        (r#"{"_placeholder":true,"_placeholder":"true","num":9}"#, false),
        (r#"{"a":"{\"_placeholder\":true,\"num\":9}"}"#, false),
        (r#"{"_placeholder":[true],"num":9}"#, false),
        (r#"["_placeholder",true,"num",9]"#, false),
    ] {
        let mut decoder = JsonParser.decoder(&PacketLimits::default());
        let decoded = feed(&mut *decoder, &format!("51-[\"a\",{written}]"), &[&[1]]);
        assert_eq!(matches!(decoded, Err(DecodeError::Placeholder { .. })), is_wrong, "{written}");
        assert_eq!(decoded.is_ok(), !is_wrong, "{written}");
    }
}

#[test]
fn attachments_are_limited_in_number_and_in_bytes() {
    let limits =
        PacketLimits { max_attachments: 2, max_attachment_bytes: 5, ..PacketLimits::default() };
    let mut decoder = JsonParser.decoder(&limits);
    assert!(matches!(
        decoder.decode(Message::Text(r#"53-["a"]"#.into())),
        Err(DecodeError::TooManyAttachments { count: 3, max_attachments: 2 })
    ));
    assert!(feed(&mut *decoder, r#"52-["a"]"#, &[&[0; 3], &[0; 2]]).is_ok());
    assert!(matches!(
        feed(&mut *decoder, r#"52-["a"]"#, &[&[0; 3], &[0; 3]]),
        Err(DecodeError::AttachmentsTooLarge { length: 6, max_attachment_bytes: 5 })
    ));
}

/// Messages that are packets, nearly are, or are anything.
fn any_message() -> impl Strategy<Value = Message> {
    prop_oneof![
        r#"[0-6]([0-9]-)?(/a,)?[0-9]?\[("a"|1|\{"_placeholder":true,"num":[0-3]\}|,){0,5}\]"#
            .prop_map(|text| Message::Text(text.into())),
        ".{0,20}".prop_map(|text| Message::Text(text.into())),
        prop::collection::vec(any::<u8>(), 0..40).prop_map(|bytes| Message::Binary(bytes.into())),
    ]
}

#[test]
fn blanks_are_no_arguments() {
    let (namespace, name) = ("/".into(), "x".into());
    let arguments = Payload::from_parts(" \n".into(), Vec::new());
    for (last, text) in [(None, r#"2["x"]"#), (Some("7"), r#"2["x",7]"#)] {
        let event = PacketRef::Event {
            namespace: &namespace,
            id: None,
            name: &name,
            arguments: &arguments,
            last,
        };
        assert_eq!(JsonParser.encode_behind("", event).as_deref(), Some(text));
    }
}

proptest! {
    #[test]
    fn a_packet_decodes_to_what_was_encoded(packet in packets::any_packet()) {
        let limits = PacketLimits { max_attachments: 1_000, ..PacketLimits::default() };
        let mut decoder = JsonParser.decoder(&limits);
        let mut last = None;
        for message in JsonParser.encode(&packet) {
            prop_assert!(last.is_none());
            last = decoder.decode(message).unwrap();
        }
        prop_assert_eq!(last, Some(packet));
    }

    #[test]
    fn a_text_is_the_same_behind_something_in_its_buffer(packet in packets::any_packet()) {
        let mut messages = JsonParser.encode(&packet).into_iter();
        let behind = JsonParser.encode_behind("4", (&packet).into());
        match (messages.next(), messages.next(), behind) {
            (Some(Message::Text(text)), None, Some(behind)) => {
                prop_assert_eq!(behind, format!("4{text}"));
            }
            (Some(_), Some(_), None) => {}
            other => prop_assert!(false, "{:?}", other),
        }
    }

    #[test]
    fn one_more_argument_is_behind_those_of_an_event(packet in packets::any_packet()) {
        let Packet::Event { namespace, id, name, arguments } = &packet else { return Ok(()) };
        let last = Some(r#"{"seq":7}"#);
        let more = PacketRef::Event { namespace, id: *id, name, arguments, last };
        let expected = match &JsonParser.encode(&packet)[..] {
            [Message::Text(text)] => {
                Some(format!("4{},{}]", text.strip_suffix(']').expect("a list"), r#"{"seq":7}"#))
            }
            _ => None,
        };
        prop_assert_eq!(JsonParser.encode_behind("4", more), expected);
        let Packet::Event { arguments: both, .. } = more.to_packet() else { return Ok(()) };
        prop_assert_eq!(both.len(), arguments.len() + 1);
    }

    #[test]
    fn no_messages_panic(
        messages in prop::collection::vec(any_message(), 0..8),
    ) {
        let mut decoder = JsonParser.decoder(&PacketLimits::default());
        for message in messages {
            if let Ok(Some(Packet::Event { arguments, .. })) = decoder.decode(message) {
                let _ = arguments.values();
            }
        }
    }
}
