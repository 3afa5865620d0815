//! Whether every placeholder in a packet's JSON stands for an attachment that came.
//!
//! It must never resolve anything, nor read what it does not have to: strings that no UTF-8 has and
//! numbers that nothing holds are for whoever reads the arguments, as they are without attachments.

use salon_contract::payload::JsonError;
use serde::de::Error as _;

use super::{DecodeError, surrogates};

/// How deep JSON may nest here: as deep as serde_json later reads it.
const DEEPEST: usize = 127;

/// A placeholder's key with each of its characters escaped, and its quotes.
const LONGEST_KEY: usize = 6 * "_placeholder".len() + 2;

/// Refuses JSON (checked values, separated by commas) with an object whose `_placeholder` is true and
/// whose `num` is not the number of one of `attachments`, and JSON that nests deeper than serde_json's
/// limit of 127.
pub(crate) fn check_placeholders(json: &str, attachments: usize) -> Result<(), DecodeError> {
    let mut open: Vec<Level> = Vec::new();
    let mut rest = json;
    while let Some(first) = rest.bytes().next() {
        let length = match first {
            b'"' => string_len(rest),
            b'{' | b'[' | b'}' | b']' | b',' | b':' | b' ' | b'\t' | b'\n' | b'\r' => 1,
            _ => literal_len(rest),
        };
        let (token, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        rest = after;
        match first {
            b'{' | b'[' if open.len() == DEEPEST => {
                return Err(wrong(format_args!("it nests deeper than {DEEPEST} levels")));
            }
            b'{' => open.push(Level { awaits_key: true, ..Level::default() }),
            b'[' => open.push(Level { is_list: true, ..Level::default() }),
            b'}' | b']' => {
                if open.pop().is_some_and(|level| level.is_placeholder && !level.is_number) {
                    return Err(wrong(format_args!(
                        "its num is not the number of one of {attachments} attachments"
                    )));
                }
                note(&mut open, Seen::default());
            }
            b',' => {
                if let Some(level) = open.last_mut() {
                    level.awaits_key = !level.is_list;
                }
            }
            b':' | b' ' | b'\t' | b'\n' | b'\r' => {}
            _ => match open.last_mut() {
                Some(level) if level.awaits_key => {
                    level.awaits_key = false;
                    level.key = Key::of(token);
                }
                _ => note(&mut open, Seen::of(token, attachments)),
            },
        }
    }
    Ok(())
}

/// A list or an object that has not ended.
#[derive(Default)]
struct Level {
    is_list: bool,
    awaits_key: bool,
    /// The key whose value is next.
    key: Key,
    /// Whether the last `_placeholder` is true.
    is_placeholder: bool,
    /// Whether the last `num` is that of an attachment.
    is_number: bool,
}

/// A key of an object, as far as it matters.
#[derive(Clone, Copy, Default)]
enum Key {
    Placeholder,
    Number,
    #[default]
    Other,
}

impl Key {
    /// Tells a key by its literal.
    fn of(literal: &str) -> Self {
        match literal {
            r#""_placeholder""# => Self::Placeholder,
            r#""num""# => Self::Number,
            _ if literal.len() > LONGEST_KEY || !literal.contains('\\') => Self::Other,
            _ => match surrogates::unescaped(literal).as_deref() {
                Ok("_placeholder") => Self::Placeholder,
                Ok("num") => Self::Number,
                _ => Self::Other,
            },
        }
    }
}

/// As much of a value as an object around it depends on.
#[derive(Clone, Copy, Default)]
struct Seen {
    is_true: bool,
    is_number: bool,
}

impl Seen {
    /// Looks at the literal of a value that is no list and no object.
    fn of(literal: &str, attachments: usize) -> Self {
        let number = literal.parse::<usize>();
        Self {
            is_true: literal == "true",
            is_number: number.is_ok_and(|number| number < attachments),
        }
    }
}

/// Notes a value in the object that it is in. Of a repeated key the last counts, as in JavaScript.
fn note(open: &mut [Level], value: Seen) {
    let Some(level) = open.last_mut() else { return };
    match level.key {
        Key::Placeholder => level.is_placeholder = value.is_true,
        Key::Number => level.is_number = value.is_number,
        Key::Other => {}
    }
}

/// Bytes of the string at the beginning of `json`, with its quotes.
fn string_len(json: &str) -> usize {
    let mut escaped = false;
    let end = json.bytes().skip(1).position(|byte| match byte {
        _ if escaped => {
            escaped = false;
            false
        }
        b'\\' => {
            escaped = true;
            false
        }
        _ => byte == b'"',
    });
    end.map_or(json.len(), |end| end + 2)
}

/// Bytes of the number or the word at the beginning of `json`.
fn literal_len(json: &str) -> usize {
    let end = json.find([',', '}', ']', ' ', '\t', '\n', '\r']);
    end.unwrap_or(json.len())
}

fn wrong(what: std::fmt::Arguments<'_>) -> DecodeError {
    DecodeError::Placeholder { source: JsonError::custom(what) }
}
