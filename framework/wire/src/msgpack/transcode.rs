//! MessagePack into JSON text, value by value, without building the values.
//!
//! A tree of values would take many times the input's bytes; text takes a few. Bytes become
//! placeholders, and windows into the input. It must never trust a declared length.

use std::fmt;

use bytes::Bytes;
use bytestring::ByteString;
use rmp_serde::decode::ReadRefReader;
use serde::{
    Deserialize as _, Deserializer, Serialize,
    de::{self, DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use super::{
    extension::Extension,
    text::{self, Key},
};
use crate::socket_io::MsgpackError;

/// How deep values may nest: as deep as serde_json later reads them.
pub(super) const MAX_DEPTH: usize = 128;

/// The one value that a message is, as JSON, and the bytes in it.
pub(crate) fn to_json(input: &Bytes) -> Result<(ByteString, Vec<Bytes>), MsgpackError> {
    let mut deserializer = rmp_serde::Deserializer::from_read_ref(&**input);
    deserializer.set_max_depth(MAX_DEPTH);
    let mut transcoder = Transcoder::new(input);
    (&mut transcoder).deserialize(&mut deserializer).map_err(MsgpackError::of)?;
    transcoder.check_lookalikes().map_err(MsgpackError::of)?;
    check_end(&mut deserializer)?;
    let json = ByteString::try_from(transcoder.json).map_err(MsgpackError::custom)?;
    Ok((json, transcoder.attachments))
}

/// Refuses what has more than it was read for.
pub(super) fn check_end<'de>(
    deserializer: &mut rmp_serde::Deserializer<ReadRefReader<'de, [u8]>>,
) -> Result<(), MsgpackError> {
    // The end is where there is no marker to read.
    match IgnoredAny::deserialize(deserializer) {
        Err(rmp_serde::decode::Error::InvalidMarkerRead(_)) => Ok(()),
        _ => Err(MsgpackError::custom("something follows what is one message")),
    }
}

/// JSON that is being written, and the bytes found on the way.
#[derive(Debug)]
pub(super) struct Transcoder<'a> {
    /// What is read, for bytes to be windows into.
    input: &'a Bytes,
    /// The JSON so far.
    pub(super) json: Vec<u8>,
    /// The bytes so far. Nothing was announced, so that the message's length alone limits them.
    pub(super) attachments: Vec<Bytes>,
    /// Whether a map of the client's looks like what stands for bytes.
    has_lookalike: bool,
}

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    /// A value.
    Value,
    /// `null`, in place of a JavaScript `undefined`.
    Undefined,
}

/// The key by which an object stands for bytes.
const PLACEHOLDER: &str = "_placeholder";

/// Bytes that a message may come to, however short it is.
const MOST_KEPT: usize = 1 << 20;

impl<'a> Transcoder<'a> {
    /// Nothing is written yet.
    pub(super) fn new(input: &'a Bytes) -> Self {
        Self { input, json: Vec::new(), attachments: Vec::new(), has_lookalike: false }
    }

    fn write<E: de::Error>(&mut self, value: impl Serialize) -> Result<Written, E> {
        serde_json::to_writer(&mut self.json, &value).map_err(E::custom)?;
        self.check_kept()?;
        Ok(Written::Value)
    }

    /// Refuses what would be kept as many times the bytes that came: an empty value is two of them, or one.
    fn check_kept<E: de::Error>(&self) -> Result<(), E> {
        let kept = self.json.len() + self.attachments.len() * size_of::<Bytes>();
        if kept > MOST_KEPT.max(4 * self.input.len()) {
            return Err(E::custom("too many short values for a message of this size"));
        }
        Ok(())
    }

    /// Refuses bytes beside what looks like them: nobody could tell the two apart any more.
    pub(super) fn check_lookalikes<E: de::Error>(&self) -> Result<(), E> {
        match self.has_lookalike && !self.attachments.is_empty() {
            true => Err(E::custom("a map with the key `_placeholder` stands beside bytes")),
            false => Ok(()),
        }
    }

    fn attach<E: de::Error>(&mut self, bytes: Bytes) -> Result<Written, E> {
        let number = self.attachments.len();
        self.attachments.push(bytes);
        self.json.extend_from_slice(br#"{"_placeholder":true,"num":"#);
        self.write(number)?;
        self.json.push(b'}');
        Ok(Written::Value)
    }
}

impl<'de> DeserializeSeed<'de> for &mut Transcoder<'_> {
    type Value = Written;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Written, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &mut Transcoder<'_> {
    type Value = Written;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Written, E> {
        self.write(())
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Written, E> {
        self.write(value)
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Written, E> {
        self.write(value)
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Written, E> {
        self.write(value)
    }

    /// What is no number to JSON becomes null, as JavaScript has it.
    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Written, E> {
        self.write(value)
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Written, E> {
        self.write(value)
    }

    fn visit_bytes<E: de::Error>(self, value: &[u8]) -> Result<Written, E> {
        self.attach(Bytes::copy_from_slice(value))
    }

    /// Bytes, or a string that is no UTF-8.
    fn visit_borrowed_bytes<E: de::Error>(self, value: &'de [u8]) -> Result<Written, E> {
        if let Some(text) = text::of_string(self.input, value) {
            return self.write(text);
        }
        let window = self.input.slice_ref(value);
        self.attach(window)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Written, A::Error> {
        self.json.push(b'[');
        let mut first = true;
        // The comma comes before a value that may not: it is taken back at the list's end.
        loop {
            let end = self.json.len();
            if !first {
                self.json.push(b',');
            }
            if list.next_element_seed(&mut *self)?.is_none() {
                self.json.truncate(end);
                break;
            }
            first = false;
        }
        self.json.push(b']');
        Ok(Written::Value)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Written, A::Error> {
        self.json.push(b'{');
        let start = self.json.len();
        while let Some(Key(key)) = map.next_key()? {
            self.has_lookalike |= key == PLACEHOLDER;
            let before = self.json.len();
            if before > start {
                self.json.push(b',');
            }
            self.write(key)?;
            self.json.push(b':');
            // JSON.stringify leaves such entries out.
            if map.next_value_seed(&mut *self)? == Written::Undefined {
                self.json.truncate(before);
            }
        }
        self.json.push(b'}');
        Ok(Written::Value)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> Result<Written, D::Error> {
        match Extension::decode(deserializer, self.input)? {
            Extension::Undefined => {
                self.write(())?;
                Ok(Written::Undefined)
            }
            Extension::Date(date) => self.write(date.to_string()),
            Extension::Buffer(bytes) => self.attach(bytes),
        }
    }
}
