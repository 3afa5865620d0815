//! Whether every placeholder in a packet's JSON stands for an attachment that came.
//!
//! It must never resolve anything: it reads once, keeps nothing, and lets the JSON stay text.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor},
};

use super::{DecodeError, pieces::Pieces};

/// Refuses JSON (values separated by commas) with an object whose `_placeholder` is true and whose
/// `num` is not the number of one of `attachments`, and JSON that nests deeper than serde_json's
/// limit of 127.
pub(crate) fn check_placeholders(json: &str, attachments: usize) -> Result<(), DecodeError> {
    let check = Check { attachments: attachments as u64 };
    Pieces::new(json).try_for_each(|piece| {
        check
            .deserialize(&mut serde_json::Deserializer::from_str(piece))
            .map(drop)
            .map_err(|source| DecodeError::Placeholder { source })
    })
}

/// Walks through a value.
#[derive(Clone, Copy)]
struct Check {
    /// How many attachments came.
    attachments: u64,
}

/// As much of a value as an enclosing placeholder depends on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Seen {
    True,
    Number(u64),
    Other,
}

impl<'de> DeserializeSeed<'de> for Check {
    type Value = Seen;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Seen, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Check {
    type Value = Seen;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<Seen, E> {
        Ok(Seen::Other)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Seen, E> {
        Ok(if value { Seen::True } else { Seen::Other })
    }

    fn visit_u64<E>(self, value: u64) -> Result<Seen, E> {
        Ok(Seen::Number(value))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Seen, E> {
        Ok(Seen::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Seen, E> {
        Ok(Seen::Other)
    }

    fn visit_str<E>(self, _: &str) -> Result<Seen, E> {
        Ok(Seen::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Seen, A::Error> {
        while list.next_element_seed(self)?.is_some() {}
        Ok(Seen::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Seen, A::Error> {
        let mut placeholder = Seen::Other;
        let mut number = Seen::Other;
        while let Some(key) = map.next_key::<Key>()? {
            let value = map.next_value_seed(self)?;
            match key {
                Key::Placeholder => placeholder = value,
                Key::Number => number = value,
                Key::Other => {}
            }
        }
        match (placeholder, number) {
            (Seen::True, Seen::Number(number)) if number < self.attachments => Ok(Seen::Other),
            (Seen::True, _) => Err(de::Error::custom(format_args!(
                "its num is not the number of one of {} attachments",
                self.attachments
            ))),
            _ => Ok(Seen::Other),
        }
    }
}

/// A key of an object, told apart without keeping it.
enum Key {
    Placeholder,
    Number,
    Other,
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(KeyVisitor)
    }
}

struct KeyVisitor;

impl Visitor<'_> for KeyVisitor {
    type Value = Key;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Key, E> {
        Ok(match key {
            "_placeholder" => Key::Placeholder,
            "num" => Key::Number,
            _ => Key::Other,
        })
    }
}
