//! Strings that are no UTF-8: what an encoder makes of a JavaScript string that was cut within a
//! pair of surrogates.
//!
//! It must never take bytes for text: what was sent as binary stays so, whatever is in it.

use std::fmt;

use bytes::Bytes;
use serde::{
    Deserialize, Deserializer,
    de::{self, Visitor},
};

use crate::socket_io::without_halves;

/// The text that `content` is, a window into `input` that was no UTF-8: if it was sent as a string,
/// and is text but for halves of surrogate pairs.
pub(super) fn of_string(input: &Bytes, content: &[u8]) -> Option<String> {
    if is_string(input, content)? { without_halves(content) } else { None }
}

/// Whether the marker before `content` is a string's; `None` if it is no window into `input`.
///
/// A marker is followed by the length, in as many bytes as it says: what fits one of a string fits
/// none of binary.
fn is_string(input: &[u8], content: &[u8]) -> Option<bool> {
    let at = content.as_ptr().addr().checked_sub(input.as_ptr().addr())?;
    let before = input.get(..at)?;
    let length = content.len() as u64;
    let has = |marker: u8, bytes: usize| {
        let head = length.to_be_bytes();
        let head = head.get(head.len() - bytes..).unwrap_or_default();
        let is_whole = bytes == 8 || length >> (8 * bytes) == 0;
        let front = before.strip_suffix(head).and_then(<[u8]>::last);
        is_whole && front == Some(&marker)
    };
    let is_short =
        length < 32 && before.last().is_some_and(|&last| u64::from(last) == 0xa0 | length);
    Some(is_short || has(0xd9, 1) || has(0xda, 2) || has(0xdb, 4))
}

/// A key of a map, with U+FFFD in place of half a pair of surrogates.
pub(super) struct Key(pub(super) String);

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(KeyVisitor)
    }
}

struct KeyVisitor;

impl Visitor<'_> for KeyVisitor {
    type Value = Key;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a key of text")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Key, E> {
        Ok(Key(text.to_owned()))
    }

    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Key, E> {
        without_halves(bytes).map(Key).ok_or_else(|| E::custom("a key is no text"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_sent_as_a_string_is_text() {
        let half = b"\xed\xa0\xbd";
        let long = [&[b'a'; 0x1_0000][..], half].concat();
        for (front, content) in [
            (&b"\xa3"[..], &half[..]),
            (b"\xd9\x03", half),
            (b"\xda\0\x03", half),
            (b"\xdb\0\0\0\x03", half),
            (b"\xdb\0\x01\0\x03", &long),
        ] {
            let input = Bytes::from([front, content].concat());
            let found = of_string(&input, &input[front.len()..]);
            assert!(found.is_some_and(|text| text.ends_with('\u{fffd}')), "{front:x?}");
        }
        for front in
            [&b"\xc4\x03"[..], b"\xc5\0\x03", b"\xc6\0\0\0\x03", b"\xc7\x03\0", b"\x03", b""]
        {
            let input = Bytes::from([front, half].concat());
            assert_eq!(of_string(&input, &input[front.len()..]), None, "{front:x?}");
        }
    }
}
