//! Strings as JavaScript has them: a cut one may end in half a pair of surrogates, which no UTF-8
//! has.
//!
//! It must never refuse such a string: whoever cut it did not know, and the reference takes it.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{self, Visitor},
};

/// What a half begins with, written in three bytes as any other character of its range would be.
const HALF: u8 = 0xed;

/// The string behind a literal of JSON, with U+FFFD in place of each half.
pub(super) fn unescaped(literal: &str) -> serde_json::Result<String> {
    serde_json::from_str(literal).map(|Whole(text)| text)
}

/// The text that `bytes` are, with U+FFFD in place of each half. `None` if they are something else
/// than text with halves.
pub(crate) fn without_halves(bytes: &[u8]) -> Option<String> {
    let mut text = String::with_capacity(bytes.len());
    // Bytes of a half that are still to come: its first is reported alone, and so is each other.
    let mut due = 0;
    for chunk in bytes.utf8_chunks() {
        match (due, chunk.valid()) {
            (0, valid) => text.push_str(valid),
            (_, "") => {}
            _ => return None,
        }
        due = match (due, chunk.invalid()) {
            (due, []) => due,
            (0, [HALF]) => {
                text.push(char::REPLACEMENT_CHARACTER);
                2
            }
            (2, [0xa0..=0xbf]) | (1, [0x80..=0xbf]) => due - 1,
            _ => return None,
        };
    }
    (due == 0).then_some(text)
}

/// A string without halves.
struct Whole(String);

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Asked for bytes, serde_json leaves halves as they are.
        deserializer.deserialize_bytes(WholeVisitor)
    }
}

struct WholeVisitor;

impl Visitor<'_> for WholeVisitor {
    type Value = Whole;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a string")
    }

    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Whole, E> {
        without_halves(bytes).map(Whole).ok_or_else(|| E::custom("the string is no text"))
    }
}

#[cfg(test)]
mod tests {
    use super::{unescaped, without_halves};

    #[test]
    fn a_half_is_one_replacement() {
        let halves = r#""a\ud83db\ude00\ud83d\ude00\ud83d\ud83d""#;
        assert_eq!(unescaped(halves).unwrap(), "a\u{fffd}b\u{fffd}😀\u{fffd}\u{fffd}");
        assert_eq!(unescaped(r#""\"\u00e9\n""#).unwrap(), "\"é\n");
        assert!(unescaped("7").is_err());
    }

    #[test]
    fn bytes_that_are_something_else_are_no_text() {
        assert_eq!(without_halves("é".as_bytes()).as_deref(), Some("é"));
        assert_eq!(without_halves(b"a\xed\xa0\xbdb").as_deref(), Some("a\u{fffd}b"));
        for bytes in
            [&b"\xff"[..], b"\xed", b"\xed\xa0", b"\xed\xa0x", b"\xed\x80\x80\x80", b"\xc3"]
        {
            assert_eq!(without_halves(bytes), None, "{bytes:?}");
        }
    }
}
