//! How bytes are read: from the placeholder of an attachment, from base64 text, or as what they are.
//!
//! It must never take an object for bytes that is no placeholder.

use std::fmt;

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use bytes::Bytes;
use serde::{
    Deserialize, Deserializer,
    de::{self, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use super::{Binary, Value};

/// How clients write bytes that have no attachments: RFC 4648, section 4. Some leave the padding out.
const TEXT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

impl<'de> Deserialize<'de> for Binary {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // What buffers values (untagged enums, flatten) and JSON describe themselves, and JSON
        // would refuse an object where bytes are asked for; binary formats need to be asked.
        if deserializer.is_human_readable() {
            deserializer.deserialize_any(BinaryVisitor)
        } else {
            deserializer.deserialize_byte_buf(BinaryVisitor)
        }
    }
}

struct BinaryVisitor;

impl<'de> Visitor<'de> for BinaryVisitor {
    type Value = Binary;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(
            "binary data: an attachment's placeholder, bytes, a list of bytes, or base64 text",
        )
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Binary, E> {
        // Not the decoder's own words: they have a part of the text.
        let no_base64 = |_| E::custom("a text is binary data only as base64 (RFC 4648, section 4)");
        TEXT.decode(text).map(Binary::from).map_err(no_base64)
    }

    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Binary, E> {
        Ok(Binary(Bytes::copy_from_slice(bytes)))
    }

    fn visit_byte_buf<E: de::Error>(self, bytes: Vec<u8>) -> Result<Binary, E> {
        Ok(bytes.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Binary, A::Error> {
        let mut bytes = Vec::new();
        while let Some(byte) = list.next_element::<u8>()? {
            bytes.push(byte);
        }
        Ok(bytes.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Binary, A::Error> {
        let mut placeholder = false;
        let mut number = None;
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "_placeholder" => placeholder = map.next_value()?,
                "num" => number = Some(map.next_value::<Value>()?),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        if !placeholder {
            return Err(de::Error::custom("an object is no binary data; send bytes"));
        }
        let number = number.ok_or_else(|| de::Error::missing_field("num"))?;
        // Read as a value: a type that buffers what it reads may have a number in a form of its own.
        Binary::of_placeholder(number.as_u64())
    }
}
