//! Frames of `salon.v1`: whatever is written is read as the same, and whatever comes does no harm.

use proptest::prelude::*;
use salon_contract::payload::Payload;
use salon_wire::typed::{Frame, FrameRef, Lines};

/// What a frame is, so far as it can be compared.
#[derive(Debug, PartialEq)]
enum Read {
    Heartbeat,
    Event(Option<u64>, String, String),
    Answer(u64, String),
    Refusal(u64, String),
}

/// A line as what it is, once its payload has turned out to be JSON.
fn read(line: &str) -> Option<Read> {
    Some(match Frame::decode(line.to_owned().into()).ok()? {
        Frame::Heartbeat => Read::Heartbeat,
        Frame::Event { id, name, payload } => {
            Read::Event(id, name.to_string(), payload.check().ok()?.json().to_owned())
        }
        Frame::Answer { id, payload } => Read::Answer(id, payload.json().to_owned()),
        Frame::Refusal { id, error } => Read::Refusal(id, error.to_string()),
    })
}

/// Values of JSON, with commas between them, or nothing.
fn values() -> impl Strategy<Value = String> {
    let text =
        any::<String>().prop_map(|text| Payload::encode_single(&text).expect("a text has a form"));
    let value = prop_oneof![
        text.prop_map(|payload| payload.json().to_owned()),
        any::<i64>().prop_map(|number| number.to_string()),
        Just("{\"a\":[1,{\"$\":{}}]}".to_owned()),
        Just("[[],{}]".to_owned()),
        Just("null".to_owned()),
    ];
    proptest::collection::vec(value, 0..4).prop_map(|values| values.join(","))
}

/// Something like a frame.
const ALIKE: &str = r#"[ \t\n]?\[?[ ]?-?[0-9]{0,3}(,|"a"|"salon:|,null|,\{"code":1\}|[\[\]{}": ,\\0-9]){0,8}\]?[ ]?"#;

proptest! {
    #[test]
    fn an_event_is_read_as_it_was_written(
        id in proptest::option::of(1_u64..), name in any::<String>(), values in values(),
    ) {
        let line = FrameRef::Event { id, name: &name, values: &values, last: None }.write_behind("");
        prop_assert!(!line.contains('\n'), "{}", line);
        prop_assert_eq!(read(&line), Some(Read::Event(id, name, values)));
    }

    #[test]
    fn an_answer_is_read_as_it_was_written(id in 1_u64.., values in values()) {
        let line = FrameRef::Answer { id, values: &values }.write_behind("");
        let read = read(&line);
        let is_refusal = values.starts_with("null,{") && values.ends_with('}');
        prop_assert!(is_refusal || read == Some(Read::Answer(id, values)), "{} is {:?}", line, read);
    }

    #[test]
    fn a_refusal_is_read_as_it_was_written(id in 1_u64.., code in "[a-z_]{1,9}") {
        let error = format!(r#"{{"code":"{code}","message":"no"}}"#);
        let line = FrameRef::Refusal { id, error: &error }.write_behind("");
        prop_assert_eq!(read(&line), Some(Read::Refusal(id, error)));
    }

    /// The form that nearly all events have is read by a look, and a blank in front of it takes the
    /// long way.
    #[test]
    fn what_is_read_by_a_look_is_what_it_would_be_otherwise(line in ALIKE) {
        prop_assert_eq!(read(&line), read(&format!(" {line}")), "{}", line);
    }

    #[test]
    fn no_text_panics(line in any::<String>()) {
        prop_assert_eq!(read(&line), read(&format!(" {line}")));
    }

    #[test]
    fn lines_are_all_of_a_message_but_for_blanks(message in "[ \\ta\\r\\n\u{85}é]{0,40}") {
        let lines: Vec<_> = Lines::new(message.clone().into()).collect();
        let expected: Vec<_> =
            message.split('\n').map(str::trim).filter(|line| !line.is_empty()).collect();
        prop_assert_eq!(lines, expected);
    }
}

#[test]
fn what_is_no_list_to_its_end_is_no_frame_however_it_begins() {
    for wrong in [
        r#"["a",]"#,
        r#"["a",1]]"#,
        r#"["a",1],[2]"#,
        r#"["a",1] ["#,
        r#"["a","]"#,
        r#"["a",1]x]"#,
        r#"["a",,1]"#,
        r#"[1,"a",]"#,
        r#"[1,"a",1,]"#,
    ] {
        assert_eq!(read(wrong), None, "{wrong}");
        assert_eq!(read(&format!(" {wrong}")), None, "{wrong}");
    }
}
