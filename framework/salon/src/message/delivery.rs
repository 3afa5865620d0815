//! What a client says of the delivery of one event, and not of the event: `{"$":{…}}` behind the event's
//! own arguments.
//!
//! It must never let through what it does not understand of what it knows by name: a key that were
//! ignored would have an event handled twice.

use bytestring::ByteString;
use serde::{Deserialize, Deserializer};
use serde_json::{json, value::RawValue};

use super::Seen;
use crate::{
    base::{
        excerpt::excerpt,
        refusal::{Code, Refusal},
    },
    payload::{Payload, Value},
};

/// What belongs to the delivery of an event.
#[derive(Debug, PartialEq)]
pub(crate) struct Delivery {
    /// What the event is known by if it is sent again.
    pub(crate) key: Option<Box<str>>,
    /// The last that its sender has seen of the room that it is for.
    pub(crate) after: Option<Seen>,
}

/// The same as it came; what else it may have is ignored.
#[derive(Deserialize)]
struct Told<'a> {
    #[serde(borrow, default, deserialize_with = "told")]
    key: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "told")]
    after: Option<&'a RawValue>,
}

/// What is there, be it `null`.
fn told<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    Deserialize::deserialize(deserializer).map(Some)
}

impl Delivery {
    /// Reads what stood behind the `$`, which is JSON; a key has no more than so many bytes.
    pub(crate) fn read(json: ByteString, longest_key: usize) -> Result<Self, Refusal> {
        let payload = Payload::from_parts(json, Vec::new());
        let told: Told<'_> = payload.get(0).map_err(|_| {
            refuse(
                "$",
                payload.json(),
                "is an object such as {\"key\":\"01J9Z3\"}; else leave it out",
            )
        })?;
        Ok(Self {
            key: told.key.map(|key| read_key(key.get(), longest_key)).transpose()?,
            after: told.after.map(|after| read_after(after.get())).transpose()?,
        })
    }
}

/// A key as text: a number and its digits are the same key.
fn read_key(json: &str, longest: usize) -> Result<Box<str>, Refusal> {
    let value = serde_json::from_str(json).unwrap_or_default();
    let key = match value {
        Value::String(text) => Some(text),
        Value::Number(number) if number.is_u64() || number.is_i64() => Some(number.to_string()),
        _ => None,
    };
    let key = key.filter(|key| key.len() <= longest);
    key.map(Into::into).ok_or_else(|| {
        refuse("$.key", json, &format!("is a string or an integer, of {longest} bytes at most"))
    })
}

fn read_after(json: &str) -> Result<Seen, Refusal> {
    Payload::from_parts(json.into(), Vec::new()).get(0).map_err(|_| {
        let wanted = "is what a position has, such as {\"epoch\":\"b7a01f93c2\",\"seq\":12}";
        refuse("$.after", json, wanted)
    })
}

fn refuse(path: &str, found: &str, wanted: &str) -> Refusal {
    let message = format!("{path} of the last argument {wanted}; it is {}", excerpt(found));
    Refusal::new(Code::InvalidPayload, message).with_data(json!({ "path": path }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Epoch;

    /// The most that a key has here.
    const LONGEST: usize = 256;

    fn read(json: &str) -> Result<Delivery, Refusal> {
        Delivery::read(json.into(), LONGEST)
    }

    #[test]
    fn a_key_is_text_or_an_integer() {
        let longest = "é".repeat(LONGEST / 2);
        for (json, key) in [
            (r#"{"key":"a\"b"}"#.to_owned(), "a\"b"),
            (r#"{"key":7,"trace":{"deep":[]}}"#.to_owned(), "7"),
            (r#"{"key":-7}"#.to_owned(), "-7"),
            (format!(r#"{{"key":{}}}"#, u64::MAX), "18446744073709551615"),
            (format!(r#"{{"key":"{longest}"}}"#), &longest),
        ] {
            let expected = Delivery { key: Some(key.into()), after: None };
            assert_eq!(read(&json), Ok(expected), "{json}");
        }
        assert_eq!(read("{}"), Ok(Delivery { key: None, after: None }));
    }

    #[test]
    fn what_has_been_seen_is_an_epoch_and_a_number() {
        let epoch = Epoch::draw();
        let after = read(&format!(r#"{{"after":{{"epoch":"{epoch}","seq":3}}}}"#)).unwrap().after;
        assert_eq!(after, Some(Seen { epoch: Some(epoch), seq: 3 }));
    }

    #[test]
    fn what_has_another_shape_is_refused_with_where_it_is() {
        let too_long = format!(r#"{{"key":"{}"}}"#, "a".repeat(LONGEST + 1));
        for (json, path) in [
            ("7", "$"),
            ("null", "$"),
            ("[1,2]", "$"),
            (r#"{"key":1,"key":2}"#, "$"),
            (r#"{"key":null}"#, "$.key"),
            (r#"{"key":1.5}"#, "$.key"),
            (r#"{"key":18446744073709551616}"#, "$.key"),
            (r#"{"key":{"a":1}}"#, "$.key"),
            (r#"{"key":"\ud800"}"#, "$.key"),
            (&too_long, "$.key"),
            (r#"{"after":null}"#, "$.after"),
            (r#"{"after":["b7a01f93c2",1]}"#, "$.after"),
            (r#"{"after":{"epoch":"b7a01f93c2"}}"#, "$.after"),
            (r#"{"key":"a","after":{"epoch":"b7a01f93c2","seq":-1}}"#, "$.after"),
        ] {
            let refusal = read(json).expect_err(json);
            assert_eq!(refusal.code(), &Code::InvalidPayload, "{json}");
            assert_eq!(refusal.data(), Some(&json!({ "path": path })), "{json}");
            assert!(refusal.message().len() < 200, "{json}");
        }
    }
}
