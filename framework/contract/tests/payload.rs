//! Payload: what serde types become on the wire and back, with bytes in every place.

use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;
use salon_contract::payload::{Binary, IntoPayload, Payload, PayloadError, Value};
use serde::{Deserialize, Serialize, Serializer, de::IgnoredAny};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Upload {
    name: String,
    #[serde(flatten)]
    content: Content,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Content {
    Bytes { bytes: Binary },
    Parts { parts: Vec<Binary> },
}

fn binary(bytes: &[u8]) -> Binary {
    Binary::from(bytes.to_vec())
}

#[test]
fn bytes_survive_untagged_and_flattened_types() {
    for content in [
        Content::Bytes { bytes: binary(&[1, 2]) },
        Content::Parts { parts: vec![binary(&[3]), binary(&[]), binary(&[4])] },
    ] {
        let upload = Upload { name: "a".to_owned(), content };
        let arguments = Payload::encode_single(&upload).unwrap();
        assert!(!arguments.attachments().is_empty());
        assert_eq!(arguments.single::<Upload>().unwrap(), upload);
    }
}

#[test]
fn attachments_are_numbered_over_all_arguments() {
    let arguments = (binary(&[1]), "x", vec![binary(&[2])]).into_payload().unwrap();
    assert_eq!(
        arguments.json(),
        r#"{"_placeholder":true,"num":0},"x",[{"_placeholder":true,"num":1}]"#
    );
    assert_eq!(arguments.attachments(), [&[1][..], &[2][..]]);
    let (first, _, rest) = arguments.positional::<(Binary, IgnoredAny, Vec<Binary>)>().unwrap();
    assert_eq!((first, rest), (binary(&[1]), vec![binary(&[2])]));
}

#[test]
fn bytes_are_read_from_base64_text_with_padding_or_without() {
    for (text, bytes) in [("", &[][..]), ("AQ==", &[1]), ("AQ", &[1]), ("+/8=", &[0xfb, 0xff])] {
        let json = format!(r#"{{"name":"a","bytes":"{text}"}}"#);
        let upload = Payload::from_parts(json.into(), Vec::new()).single::<Upload>().unwrap();
        assert_eq!(upload.content, Content::Bytes { bytes: binary(bytes) }, "{text}");
    }
    for text in ["A", "-_8=", "AQ= =", "no!", "AR"] {
        let payload = Payload::from_parts(format!("\"{text}\"").into(), Vec::new());
        let error = payload.single::<Binary>().unwrap_err().to_string();
        assert!(error.contains("base64"), "{text}: {error}");
    }
}

#[test]
fn outside_of_arguments_bytes_are_plain_serde_bytes() {
    let json = serde_json::to_string(&binary(&[1, 2])).unwrap();
    assert_eq!(json, "[1,2]");
    assert_eq!(serde_json::from_str::<Binary>(&json).unwrap(), binary(&[1, 2]));
    assert!(serde_json::from_str::<Binary>(r#"{"_placeholder":true,"num":0}"#).is_err());
}

#[test]
fn arguments_within_arguments_keep_their_attachments_apart() {
    struct Inner;
    impl Serialize for Inner {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let inner = Payload::encode_single(&binary(&[9])).map_err(serde::ser::Error::custom)?;
            serializer.serialize_str(inner.json())
        }
    }
    let arguments = (binary(&[1]), Inner, binary(&[2])).into_payload().unwrap();
    assert_eq!(arguments.attachments(), [&[1][..], &[2][..]]);
}

#[test]
fn a_panic_while_serializing_leaves_nothing_behind() {
    struct Panics;
    impl Serialize for Panics {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            panic!("as a user's code may");
        }
    }
    let panicked = catch_unwind(AssertUnwindSafe(|| (binary(&[1]), Panics).into_payload()));
    assert!(panicked.is_err());
    assert_eq!(serde_json::to_string(&binary(&[7])).unwrap(), "[7]");
    assert_eq!(Payload::encode_single(&binary(&[2])).unwrap().attachments().len(), 1);
}

#[test]
fn malformed_placeholders_are_errors_of_their_argument() {
    let attachments = || vec![Bytes::from_static(&[1])];
    for json in [
        r#"{"_placeholder":true,"num":1}"#,
        r#"{"_placeholder":true,"num":-1}"#,
        r#"{"_placeholder":true,"num":"0"}"#,
        r#"{"_placeholder":true}"#,
        r#"{"_placeholder":false,"num":0}"#,
        r#"{"num":0}"#,
        "true",
    ] {
        let arguments = Payload::from_parts(json.into(), attachments());
        let error = arguments.single::<Binary>().unwrap_err();
        assert!(matches!(error, PayloadError::Invalid { index: 0, .. }), "{json}: {error}");
    }
}

#[test]
fn without_attachments_a_placeholder_is_an_ordinary_object() {
    let arguments = Payload::from_parts(r#"{"_placeholder":true,"num":0}"#.into(), vec![]);
    let value: Value = arguments.single().unwrap();
    assert_eq!(value.get("num"), Some(&0.into()));
}

#[test]
fn an_object_keeps_its_order_and_its_odd_keys() {
    let json = r#"{"b":1,"__proto__":{"a":null},"a":[true,1.5,"x"]}"#;
    let arguments = Payload::from_parts(json.into(), vec![]);
    let values = arguments.values().unwrap();
    assert_eq!(values.into_payload().unwrap().json(), json);
}

#[test]
fn missing_and_wrong_arguments_are_told_apart() {
    let arguments = Payload::from_parts(r#"1,"two""#.into(), vec![]);
    assert_eq!(arguments.len(), 2);
    assert!(matches!(arguments.get::<u8>(2), Err(PayloadError::Missing { index: 2 })));
    assert!(matches!(arguments.get::<u8>(1), Err(PayloadError::Invalid { index: 1, .. })));
    assert!(matches!(
        arguments.positional::<(u8, String, u8)>(),
        Err(PayloadError::Missing { index: 2 })
    ));
    assert!(matches!(
        arguments.positional::<(u8, u8)>(),
        Err(PayloadError::Invalid { index: 1, .. })
    ));
    assert_eq!(arguments.get::<&str>(1).unwrap(), "two");
    assert_eq!(arguments.positional::<(u8,)>().unwrap(), (1,));
}

#[test]
fn structs_without_fields_need_no_arguments() {
    #[derive(Debug, Deserialize)]
    struct Unit;
    #[derive(Debug, Deserialize)]
    struct Braces {}
    #[derive(Debug, Deserialize)]
    struct Tuple();
    #[derive(Debug, Deserialize)]
    struct Field {
        #[expect(dead_code, reason = "only its absence counts")]
        field: u8,
    }
    for arguments in [Payload::none(), Payload::from_parts("1,2".into(), vec![])] {
        arguments.empty::<Unit>().unwrap();
        arguments.empty::<Braces>().unwrap();
        arguments.empty::<Tuple>().unwrap();
        assert!(arguments.empty::<Field>().is_err());
    }
}

#[test]
fn one_value_is_no_sequence_of_arguments() {
    let error = Payload::encode_positional("text").unwrap_err();
    assert_eq!(
        error.to_string(),
        r#""text" is one value, not a sequence of arguments; use a tuple or a list"#
    );
}

#[test]
fn deep_arguments_are_refused_when_built_and_not_when_passed_on() {
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let arguments = Payload::from_parts(deep.into(), vec![]);
    assert_eq!(arguments.len(), 1);
    assert!(matches!(arguments.values(), Err(PayloadError::Invalid { .. })));
}

#[test]
fn text_that_is_no_json_fails_without_a_panic() {
    for json in ["]", ",", "\"", "[", "{\"", "1,", "\\", "[}", "é,é"] {
        let arguments = Payload::from_parts(json.into(), vec![]);
        assert!(arguments.values().is_err(), "{json}");
        let _ = arguments.len();
    }
}

#[derive(Debug, PartialEq, Deserialize)]
struct New(Option<u8>);

#[derive(Debug, PartialEq, Deserialize)]
struct Two(u8, Option<String>);

#[derive(Debug, PartialEq, Deserialize)]
struct Three(Option<u8>, Option<New>, Option<Vec<u8>>);

#[derive(Debug, PartialEq, Deserialize)]
struct Wrapped(u8, New);

#[derive(Debug, PartialEq, Deserialize)]
struct Defaults(u8, #[serde(default)] u8, #[serde(default = "seven")] Option<u8>);

fn seven() -> Option<u8> {
    Some(7)
}

fn from(json: &str) -> Payload {
    Payload::from_parts(json.to_owned().into(), vec![])
}

#[test]
fn an_option_may_be_left_out_wherever_nothing_comes_after_it() {
    assert_eq!(from("").single::<New>().unwrap(), New(None));
    assert_eq!(from("null").single::<New>().unwrap(), New(None));
    assert_eq!(from("1").single::<New>().unwrap(), New(Some(1)));
    assert_eq!(from("").single::<Option<String>>().unwrap(), None);
    assert_eq!(from("1").get::<Option<u8>>(1).unwrap(), None);

    let two = |text: Option<&str>| Two(1, text.map(ToOwned::to_owned));
    assert_eq!(from("1").positional::<Two>().unwrap(), two(None));
    assert_eq!(from("1,null").positional::<Two>().unwrap(), two(None));
    assert_eq!(from(r#"1,"a""#).positional::<Two>().unwrap(), two(Some("a")));
    assert_eq!(from("").positional::<(Option<u8>,)>().unwrap(), (None,));

    for json in ["", "null", "null,null", "null,null,null"] {
        assert_eq!(from(json).positional::<Three>().unwrap(), Three(None, None, None), "{json}");
    }
    assert_eq!(from("1").positional::<Three>().unwrap(), Three(Some(1), None, None));
    assert_eq!(from("1").positional::<Wrapped>().unwrap(), Wrapped(1, New(None)));
}

#[test]
fn what_is_no_option_is_missing_or_what_its_type_says() {
    let missing = |error: PayloadError, at| {
        assert!(matches!(error, PayloadError::Missing { index } if index == at), "{error}");
    };
    missing(from("").positional::<Two>().unwrap_err(), 0);
    missing(from("").single::<u8>().unwrap_err(), 0);
    missing(from("").single::<Value>().unwrap_err(), 0);
    missing(from("1").positional::<(u8, Value)>().unwrap_err(), 1);
    missing(from("1").positional::<(u8, Option<u8>, u8)>().unwrap_err(), 2);
    assert_eq!(from("1").positional::<Defaults>().unwrap(), Defaults(1, 0, Some(7)));
    // A list has as many as came, whatever it is of.
    assert_eq!(from("").positional::<Vec<Option<u8>>>().unwrap(), []);
    assert_eq!(from("1").positional::<Vec<Option<u8>>>().unwrap(), [Some(1)]);
}
