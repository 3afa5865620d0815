//! MessagePack into JSON text, value by value, without building the values.
//!
//! A tree of values would take many times the input's bytes; text takes a few. Bytes become
//! placeholders, and windows into the input. It must never trust a declared length.

use std::fmt;

use bytes::Bytes;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor},
};

use super::timestamp::{self, Timestamp};

/// JSON that is being written, and the bytes found on the way.
#[derive(Debug)]
pub(super) struct Transcoder<'a> {
    /// What is read, for bytes to be windows into.
    pub(super) input: &'a Bytes,
    /// The JSON so far.
    pub(super) json: Vec<u8>,
    /// The bytes so far.
    pub(super) attachments: Vec<Bytes>,
    /// How many there may be.
    pub(super) max_attachments: usize,
}

impl Transcoder<'_> {
    fn write<E: de::Error>(&mut self, value: impl Serialize) -> Result<(), E> {
        serde_json::to_writer(&mut self.json, &value).map_err(E::custom)
    }

    fn attach<E: de::Error>(&mut self, bytes: Bytes) -> Result<(), E> {
        let number = self.attachments.len();
        if number == self.max_attachments {
            return Err(E::custom(format_args!(
                "more than {number} binary values; send fewer per packet"
            )));
        }
        self.attachments.push(bytes);
        self.json.extend_from_slice(br#"{"_placeholder":true,"num":"#);
        self.write(number)?;
        self.json.push(b'}');
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for &mut Transcoder<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &mut Transcoder<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        self.write(())
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<(), E> {
        self.write(value)
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<(), E> {
        self.write(value)
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<(), E> {
        self.write(value)
    }

    /// What is no number to JSON becomes null, as JavaScript has it.
    fn visit_f64<E: de::Error>(self, value: f64) -> Result<(), E> {
        self.write(value)
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<(), E> {
        self.write(value)
    }

    fn visit_bytes<E: de::Error>(self, value: &[u8]) -> Result<(), E> {
        self.attach(Bytes::copy_from_slice(value))
    }

    fn visit_borrowed_bytes<E: de::Error>(self, value: &'de [u8]) -> Result<(), E> {
        let window = self.input.slice_ref(value);
        self.attach(window)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
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
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        self.json.push(b'{');
        let mut first = true;
        while let Some(key) = map.next_key::<String>()? {
            if !first {
                self.json.push(b',');
            }
            first = false;
            self.write(key)?;
            self.json.push(b':');
            map.next_value_seed(&mut *self)?;
        }
        self.json.push(b'}');
        Ok(())
    }

    /// An extension: a date becomes text.
    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let (extension, content) = <(i8, ExtensionContent)>::deserialize(deserializer)?;
        match Timestamp::decode(&content.0) {
            Some(date) if extension == timestamp::EXTENSION => self.write(date.to_string()),
            _ => Err(de::Error::custom(format_args!(
                "extension {extension} with {} bytes is no date; only dates are known",
                content.0.len()
            ))),
        }
    }
}

/// An extension's bytes.
struct ExtensionContent(Vec<u8>);

impl<'de> Deserialize<'de> for ExtensionContent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_bytes(ExtensionVisitor)
    }
}

struct ExtensionVisitor;

impl Visitor<'_> for ExtensionVisitor {
    type Value = ExtensionContent;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an extension's bytes")
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<ExtensionContent, E> {
        Ok(ExtensionContent(bytes.to_vec()))
    }
}
