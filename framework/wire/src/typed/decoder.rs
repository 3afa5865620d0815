//! One line into the frame that it is.
//!
//! It must never build values: what an event carries stays text until somebody wants a type.

use std::fmt;

use bytestring::ByteString;
use salon_contract::{
    excerpt::shape,
    payload::{JsonError, Payload, UncheckedPayload},
};
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

use super::FrameError;

/// A frame.
///
/// ```
/// use salon_wire::typed::Frame;
///
/// let Frame::Event { id: Some(7), name, payload } = Frame::decode(r#"[7,"say",{"text":"hi"}]"#.into())?
/// else { panic!("an event") };
/// assert_eq!((&*name, payload.check()?.json()), ("say", r#"{"text":"hi"}"#));
/// # Ok::<(), salon_wire::typed::FrameError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "the protocol has no others")]
pub enum Frame {
    /// A sign of life.
    Heartbeat,
    /// An event.
    Event {
        /// By which its answer is told, if one is wanted.
        id: Option<u64>,
        /// Its name.
        name: ByteString,
        /// What follows the name.
        payload: UncheckedPayload,
    },
    /// An answer.
    Answer {
        /// To what.
        id: u64,
        /// What it is.
        payload: Payload,
    },
    /// A refusal.
    Refusal {
        /// Of what.
        id: u64,
        /// Why: a JSON object.
        error: ByteString,
    },
}

/// What stands in front of what a frame carries.
enum Head<'a> {
    Name(Option<u64>, &'a str),
    Answer(u64),
}

impl Frame {
    /// Reads one line.
    ///
    /// # Errors
    ///
    /// [`FrameError`] if it is no frame. What an event carries is looked at by whoever reads it.
    pub fn decode(line: ByteString) -> Result<Self, FrameError> {
        if let Some((id, name, begin)) = plain_event(&line) {
            let name = line.slice_ref(name);
            let payload = UncheckedPayload::new(line, 0, begin);
            return Ok(Self::Event { id, name, payload });
        }
        let list = Beginning::read(&line)?;
        let Some(first) = list.elements[0] else { return Ok(Self::Heartbeat) };
        let (head, length) = match (first.as_bytes().first(), list.elements[1]) {
            (Some(b'"'), _) => (Head::Name(None, first), 1),
            (Some(b'-'), _) => (Head::Answer(number(&first[1..])?), 1),
            (Some(b'0'..=b'9'), Some(name)) if name.starts_with('"') => {
                (Head::Name(Some(number(first)?), name), 2)
            }
            (Some(b'0'..=b'9'), _) => {
                number(first)?;
                return Err(no_frame(&line));
            }
            _ => return Err(no_frame(&line)),
        };
        let values = line.slice_ref(behind(&line, &list.elements[..length]));
        Ok(match head {
            Head::Name(id, literal) => {
                let name = unquoted(&line, literal)?;
                let payload = Payload::from_parts(values, Vec::new()).into();
                Self::Event { id, name, payload }
            }
            Head::Answer(id) => match list.refusal() {
                Some(error) => Self::Refusal { id, error: line.slice_ref(error) },
                None => Self::Answer { id, payload: Payload::from_parts(values, Vec::new()) },
            },
        })
    }
}

/// The id, the name and where behind them the payload of an event begins, in the form that nearly all
/// have: nobody has looked then whether that is JSON. Nothing where it takes more than a look.
fn plain_event(line: &str) -> Option<(Option<u64>, &str, usize)> {
    let rest = line.strip_prefix('[')?;
    let digits = rest.bytes().position(|byte| !byte.is_ascii_digit())?;
    let (id, rest) = match digits {
        0 => (None, rest),
        // In JSON no number begins so.
        _ if rest.starts_with('0') => return None,
        _ => (Some(number(&rest[..digits]).ok()?), rest[digits..].strip_prefix(',')?),
    };
    let rest = rest.strip_prefix('"')?;
    let end = rest.bytes().position(|byte| byte == b'"' || byte == b'\\')?;
    let (name, rest) = rest.split_at_checked(end)?;
    let values = rest.strip_prefix("\",")?;
    // No character that JSON escapes comes later either: a type may take those unescaped.
    let is_plain =
        rest.ends_with(']') && !line.bytes().fold(false, |found, byte| found | (byte < b' '));
    is_plain.then(|| (id, name, line.len() - values.len()))
}

/// What is in front of an answer or an event.
fn number(digits: &str) -> Result<u64, FrameError> {
    let is_whole = digits.bytes().all(|byte| byte.is_ascii_digit());
    let number = digits.parse().ok().filter(|number| *number > 0 && is_whole);
    number.ok_or_else(|| FrameError::Id { found: shape(digits) })
}

/// The values of a list behind its first elements.
fn behind<'a>(list: &'a str, elements: &[Option<&str>]) -> &'a str {
    let inside = list.trim();
    let mut rest = inside.get(1..inside.len().saturating_sub(1)).unwrap_or_default().trim();
    for element in elements.iter().flatten() {
        rest = rest.get(element.len()..).unwrap_or_default().trim_start();
        rest = rest.strip_prefix(',').unwrap_or_default().trim_start();
    }
    rest
}

/// The text of a checked literal; a window into the line if nothing in it is escaped.
fn unquoted(line: &ByteString, literal: &str) -> Result<ByteString, FrameError> {
    if literal.contains('\\') {
        let text: String = serde_json::from_str(literal).map_err(|error| no_json(line, error))?;
        return Ok(text.into());
    }
    Ok(line.slice_ref(literal.trim_matches('"')))
}

fn no_frame(line: &str) -> FrameError {
    FrameError::NoFrame { found: shape(line) }
}

fn no_json(line: &str, error: serde_json::Error) -> FrameError {
    FrameError::Json { found: shape(line), source: JsonError::new(error) }
}

/// The first elements of a list that was checked throughout.
struct Beginning<'a> {
    elements: [Option<&'a str>; 3],
    count: usize,
}

impl<'a> Beginning<'a> {
    fn read(line: &'a str) -> Result<Self, FrameError> {
        if !line.trim_start().starts_with('[') {
            return Err(no_frame(line));
        }
        serde_json::from_str(line).map_err(|error| no_json(line, error))
    }

    /// Why it is a refusal, if it is one.
    fn refusal(&self) -> Option<&'a str> {
        let [_, Some("null"), Some(error)] = self.elements else { return None };
        (self.count == 3 && error.starts_with('{')).then_some(error)
    }
}

impl<'de> Deserialize<'de> for Beginning<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(BeginningVisitor)
    }
}

struct BeginningVisitor;

impl<'de> Visitor<'de> for BeginningVisitor {
    type Value = Beginning<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Beginning<'de>, A::Error> {
        let (mut elements, mut count) = ([None; 3], 0);
        for element in &mut elements {
            let Some(raw) = list.next_element::<&RawValue>()? else { break };
            *element = Some(raw.get());
            count += 1;
        }
        if count == elements.len() {
            while list.next_element::<IgnoredAny>()?.is_some() {
                count += 1;
            }
        }
        Ok(Beginning { elements, count })
    }
}
