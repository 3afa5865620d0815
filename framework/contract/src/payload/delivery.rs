//! What a client says of the delivery of an event, behind what the event carries: one value more, an
//! object whose only key is `$`, and its value an object.
//!
//! It must never cost more than a look at the text where there is none, nor take anything of the event's
//! own: a `$` within a value is the event's.

use bytestring::ByteString;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Payload, strict};

/// The last value of a payload that is about the delivery.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Last<'a> {
    #[serde(rename = "$", borrow)]
    delivery: &'a RawValue,
}

/// Whether `json` ends as an object in an object does.
#[inline]
pub(super) fn may_end(json: &[u8]) -> bool {
    let json = json.trim_ascii_end();
    json.strip_suffix(b"}").is_some_and(|json| json.trim_ascii_end().ends_with(b"}"))
}

/// Whether a `$` may be a key in a text that has one; one that is escaped is none.
pub(super) fn may_be_in(json: &str) -> bool {
    let bytes = json.as_bytes();
    memchr::memchr_iter(b'$', bytes)
        .any(|at| bytes[..at].last() == Some(&b'"') && bytes.get(at + 1) == Some(&b'"'))
}

/// What is said of the delivery, as JSON, and the payload without it, if anything is.
pub(super) fn split(payload: &Payload) -> Option<(Payload, ByteString)> {
    let (before, last) = payload.split_last()?;
    let last: Last<'_> = strict::from_json(last).ok()?;
    Some((before, payload.json_text().slice_ref(last.delivery.get())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payload::UncheckedPayload;

    /// What is left of a payload, and what is said of its delivery; whether its text was looked at
    /// before or not.
    #[track_caller]
    fn taken(json: &str) -> (String, Option<String>) {
        let text = format!("2[\"say\",{json}]");
        let checked = UncheckedPayload::from(Payload::from_parts(json.into(), Vec::new()));
        let unchecked = UncheckedPayload::new(text.into(), 1, 8);
        let [checked, unchecked] = [checked, unchecked].map(|mut payload| {
            let delivery = payload.take_delivery().expect("it is JSON");
            let left = payload.check().expect("it is JSON").json().to_owned();
            (left, delivery.map(|delivery| delivery.to_string()))
        });
        assert_eq!(checked, unchecked, "{json}");
        checked
    }

    #[test]
    fn the_last_value_is_about_the_delivery_if_its_only_key_is_a_dollar() {
        for (json, left, delivery) in [
            (r#"{"text":"hi"},{"$":{"key":"a"}}"#, r#"{"text":"hi"}"#, r#"{"key":"a"}"#),
            (r#"1 , [2],{ "$" : { } } "#, "1 , [2]", "{ }"),
            (r#"{"$":{"key":1}}"#, "", r#"{"key":1}"#),
            (r#"{"$":1},{"$":{}}"#, r#"{"$":1}"#, "{}"),
        ] {
            assert_eq!(taken(json), (left.to_owned(), Some(delivery.to_owned())), "{json}");
        }
    }

    #[test]
    fn a_dollar_elsewhere_is_the_events_own() {
        for json in [
            r#"{"text":"\"$\""}"#,
            r#"{"$":{"key":"a"},"text":"hi"}"#,
            r#"{"$":{},"$":{}}"#,
            r#"{"$":1},{"$":null}"#,
            r#"{"price":{"$":{"key":"a"}}}"#,
            r#"{"$":{"key":"a"}},1"#,
            r#"[{"$":{"key":"a"}}]"#,
            r#""$""#,
            r#"{"text":"$ \"$"}"#,
            r#"["$",{}]"#,
            "1",
        ] {
            assert_eq!(taken(json), (json.to_owned(), None), "{json}");
        }
    }

    #[test]
    fn what_is_no_json_is_an_error_only_where_a_dollar_may_be_a_key() {
        let read = |text: &str| {
            let mut payload = UncheckedPayload::new(text.into(), 1, 8);
            payload.take_delivery().map(|delivery| delivery.is_some())
        };
        assert_eq!(read(r#"2["say",{"text":}]"#).ok(), Some(false));
        assert!(read(r#"2["say",{"text":},{"$":{}}]"#).is_err());
    }
}
