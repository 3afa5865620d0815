//! The JSON of a packet, checked in one pass and cut into windows.
//!
//! It must never recurse with the input: values are skipped, not built, however deep they nest.

use std::fmt;

use bytestring::ByteString;
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

use super::{DecodeError, surrogates};
use salon_contract::{event::of_socket_io, excerpt::shape, payload::JsonError};

/// The data of an event: its name, and its arguments without brackets.
#[derive(Debug)]
pub(crate) struct EventData {
    /// The name; a number's text if it is a number.
    pub(crate) name: ByteString,
    /// The JSON values after the name, separated by commas.
    pub(crate) arguments: ByteString,
}

impl EventData {
    /// Reads a list whose first element is the event's name: a string that is not reserved, or a
    /// number, as the reference has it.
    pub(crate) fn decode(json: &ByteString) -> Result<Self, DecodeError> {
        let wrong = || DecodeError::Data {
            found: shape(json),
            expected: "a list that starts with the event's name",
        };
        let first = check_list(json, wrong)?.ok_or_else(wrong)?;
        let name = match first.as_bytes().first() {
            Some(b'"') => unescape(json, first)?,
            Some(b'-' | b'0'..=b'9') => json.slice_ref(first),
            _ => return Err(wrong()),
        };
        if of_socket_io(&name).is_some() {
            return Err(DecodeError::ReservedName { name: name.to_string() });
        }
        let after_name = inside(json).get(first.len()..).unwrap_or_default().trim_start();
        let arguments = after_name.strip_prefix(',').unwrap_or_default().trim_start();
        Ok(Self { name, arguments: json.slice_ref(arguments) })
    }

    /// The name of an event and where its arguments begin, which nobody has looked at. Nothing where
    /// that takes more than a look: then [`EventData::decode`] says what it is.
    ///
    /// No character that JSON escapes comes later either: a type may take those unescaped, and JSON
    /// does not.
    pub(crate) fn name_of(list: &str) -> Option<(&str, usize)> {
        let rest = list.strip_prefix("[\"")?;
        let end = rest.bytes().position(|byte| byte == b'"' || byte == b'\\')?;
        let (name, rest) = rest.split_at_checked(end)?;
        let plain = rest.starts_with("\",")
            && rest.ends_with(']')
            && !has_control_character(list)
            && of_socket_io(name).is_none();
        plain.then_some((name, 2 + end + 2))
    }

    /// Reads a list of arguments without a name, as acknowledgements have.
    pub(crate) fn decode_arguments(json: &ByteString) -> Result<ByteString, DecodeError> {
        let wrong = || DecodeError::Data { found: shape(json), expected: "a list of arguments" };
        check_list(json, wrong)?;
        Ok(json.slice_ref(inside(json)))
    }

    /// Reads an object, as CONNECT has.
    pub(crate) fn decode_object(json: &ByteString) -> Result<ByteString, DecodeError> {
        serde_json::from_str::<IgnoredAny>(json).map_err(|source| not_json(json, source))?;
        let object = json.trim();
        if object.starts_with('{') {
            Ok(json.slice_ref(object))
        } else {
            Err(DecodeError::Data { found: shape(json), expected: "an object" })
        }
    }
}

/// Checks all of `json`, and returns its first element's text if it has one.
fn check_list(
    json: &str,
    wrong: impl FnOnce() -> DecodeError,
) -> Result<Option<&str>, DecodeError> {
    if !json.trim_start().starts_with('[') {
        return Err(wrong());
    }
    let list: List<'_> = serde_json::from_str(json).map_err(|source| not_json(json, source))?;
    Ok(list.first.map(RawValue::get))
}

/// Whether there is a character below the space; no branch, so that many are looked at at once.
fn has_control_character(text: &str) -> bool {
    text.bytes().fold(false, |found, byte| found | (byte < b' '))
}

/// What is between the brackets of a checked list.
fn inside(list: &str) -> &str {
    let list = list.trim();
    list.get(1..list.len().saturating_sub(1)).unwrap_or_default().trim()
}

/// The string behind a checked literal, with U+FFFD for half a pair of surrogates; a window into
/// `json` if nothing in it is escaped.
fn unescape(json: &ByteString, literal: &str) -> Result<ByteString, DecodeError> {
    if literal.contains('\\') {
        let text = surrogates::unescaped(literal).map_err(|source| not_json(literal, source))?;
        return Ok(text.into());
    }
    Ok(json.slice_ref(literal.trim_matches('"')))
}

fn not_json(json: &str, source: serde_json::Error) -> DecodeError {
    DecodeError::Json { found: shape(json), source: JsonError::new(source) }
}

/// A list of which only the first element is kept.
struct List<'a> {
    first: Option<&'a RawValue>,
}

impl<'de> Deserialize<'de> for List<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(ListVisitor)
    }
}

struct ListVisitor;

impl<'de> Visitor<'de> for ListVisitor {
    type Value = List<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<List<'de>, A::Error> {
        let first = list.next_element()?;
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(List { first })
    }
}
