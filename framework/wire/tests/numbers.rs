//! Numbers as values, whichever features an app's tree gives serde_json: `.ci/run` runs this once
//! more with `arbitrary_precision` and `preserve_order`.

use salon_contract::payload::{Binary, IntoPayload, Payload, Value};
use salon_wire::{
    engine_io::Message,
    socket_io::{JsonParser, Packet, PacketLimits, Parser},
};
use serde::{Deserialize, Serialize};

const NUMBERS: [&str; 9] = [
    "0",
    "1.5",
    "-7",
    "-0.0",
    "18446744073709551615",
    "-9223372036854775808",
    "1e+300",
    "0.1",
    "123456789.125",
];

fn arguments(json: String) -> Payload {
    Payload::from_parts(json.into(), vec![])
}

#[test]
fn a_number_is_a_number_and_comes_back_as_it_was() {
    for number in NUMBERS {
        let json = format!(r#"{number},[{number}],{{"a":{{"b":{number}}}}}"#);
        let values = arguments(json.clone()).values().unwrap();
        let [Value::Number(first), Value::Array(list), object] = &values[..] else {
            panic!("{number}: {values:?}")
        };
        assert_eq!(list[..], [Value::Number(first.clone())]);
        let inner = object.get("a").and_then(|inner| inner.get("b"));
        assert_eq!(inner, Some(&Value::Number(first.clone())));
        assert_eq!(first.as_f64(), number.parse().ok());
        assert_eq!(values.into_payload().unwrap().json(), json);
    }
}

#[test]
fn a_value_within_a_type_that_buffers_is_a_number_too() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Around {
        #[serde(flatten)]
        content: Content,
    }
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(untagged)]
    enum Content {
        One { value: Value, bytes: Binary },
    }
    let content = Content::One { value: 1.5.into(), bytes: vec![1].into() };
    let around = Around { content };
    let arguments = Payload::encode_single(&around).unwrap();
    assert_eq!(arguments.single::<Around>().unwrap(), around);
}

#[test]
fn a_number_is_no_map_in_a_format_that_is_not_json() {
    for number in NUMBERS {
        let value: Value = arguments(number.to_owned()).single().unwrap();
        let mut bytes = Vec::new();
        match (number.parse::<u64>(), number.parse::<i64>(), number.parse::<f64>()) {
            (Ok(number), ..) => bytes.extend(rmp_serde::to_vec(&number).unwrap()),
            (_, Ok(number), _) => bytes.extend(rmp_serde::to_vec(&number).unwrap()),
            (.., number) => bytes.extend(rmp_serde::to_vec(&number.unwrap()).unwrap()),
        }
        assert_eq!(rmp_serde::to_vec_named(&value).unwrap(), bytes, "{number}");
    }
}

#[test]
fn an_attachment_is_found_by_its_number() {
    let json = r#"["a",{"n":1.5,"x":{"_placeholder":true,"num":0}}]"#;
    let mut decoder = JsonParser.decoder(&PacketLimits::default());
    assert!(decoder.decode(Message::Text(format!("51-{json}").into())).unwrap().is_none());
    let packet = decoder.decode(Message::Binary(vec![7].into())).unwrap();
    let Some(Packet::Event { arguments, .. }) = packet else { panic!("{packet:?}") };
    let value: Value = arguments.single().unwrap();
    assert_eq!(value.get("x"), Some(&Binary::from(vec![7]).into()));
    assert_eq!(value.get("n"), Some(&1.5.into()));
}

#[test]
fn an_object_that_looks_like_a_number_s_form_keeps_what_is_in_it() {
    let json = r#"{"$serde_json::private::Number":"no number"}"#;
    let value: Value = arguments(json.to_owned()).single().unwrap();
    assert_eq!(value.get("$serde_json::private::Number"), Some(&"no number".into()));
}
