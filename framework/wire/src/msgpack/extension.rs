//! MessagePack's extensions, as far as Socket.IO's clients send them.
//!
//! npm notepack.io 2, which socket.io-msgpack-parser encodes with, has three of its own, all of
//! number 0 and told apart by their marker; the MessagePack specification has dates of number -1.
//! It must never keep what it does not know: an unknown extension is an error.

use bytes::Bytes;
use serde::{Deserialize, Deserializer, de};

use super::timestamp::Timestamp;

/// The marker of an extension of one byte, which notepack's `undefined` has.
const FIXEXT_1: u8 = 0xd4;
/// The marker of an extension of eight bytes, which notepack's dates have.
const FIXEXT_8: u8 = 0xd7;

/// What an extension stands for.
#[derive(Debug)]
pub(super) enum Extension {
    /// JavaScript's `undefined`: nothing is there, which is not the same as `null`.
    Undefined,
    /// A date.
    Date(Timestamp),
    /// An `ArrayBuffer` or a view of one.
    Buffer(Bytes),
}

impl Extension {
    /// Reads an extension out of `input`, which `deserializer` reads from.
    pub(super) fn decode<'de, D: Deserializer<'de>>(
        deserializer: D,
        input: &Bytes,
    ) -> Result<Self, D::Error> {
        let (number, content) = <(i8, &[u8])>::deserialize(deserializer)?;
        let known = match (number, marker_of_fixed(input, content)) {
            (-1, _) => Timestamp::decode(content).map(Self::Date),
            (0, Some(FIXEXT_1)) => Some(Self::Undefined),
            (0, Some(FIXEXT_8)) => content
                .first_chunk()
                .and_then(|bytes| Timestamp::from_milliseconds(i64::from_be_bytes(*bytes)))
                .map(Self::Date),
            (0, _) => Some(Self::Buffer(input.slice_ref(content))),
            _ => None,
        };
        let length = content.len();
        known.ok_or_else(|| {
            de::Error::custom(format_args!(
                "extension {number} with {length} bytes is not known; only dates and buffers are"
            ))
        })
    }
}

/// The marker before `content`, a window into `input`, if it is one of a fixed length: markers of
/// other extensions are followed by a length, which is never as high as these two in its place.
fn marker_of_fixed(input: &[u8], content: &[u8]) -> Option<u8> {
    let at = content.as_ptr().addr().checked_sub(input.as_ptr().addr())?;
    let marker = *input.get(at.checked_sub(2)?)?;
    match (marker, content.len()) {
        (FIXEXT_1, 1) | (FIXEXT_8, 8) => Some(marker),
        _ => None,
    }
}
