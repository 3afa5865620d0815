//! Whether a type is an object in JSON: a struct with named fields, or an enum with a tag among them.
//!
//! serde takes a list for one, its elements in the place of the fields. Nobody who looks at the JSON
//! by its keys would see the same, and no client sends it who means well: it must never be taken.

use std::iter;

use serde::{
    Deserialize, Deserializer,
    de::{self, Unexpected, Visitor, value::MapDeserializer},
    forward_to_deserialize_any,
};

/// An error if a `T` is an object, and `json` a list.
pub(super) fn check<'de, T: Deserialize<'de>>(json: &str) -> Result<(), serde_json::Error> {
    if json.trim_start().starts_with('[') && is_object::<T>() {
        return Err(de::Error::invalid_type(Unexpected::Seq, &"an object"));
    }
    Ok(())
}

/// Whether a `T` is an object; it says so by what it asks a deserializer for.
fn is_object<'de, T: Deserialize<'de>>() -> bool {
    matches!(T::deserialize(Asked), Err(Answer::Object))
}

/// Answers whoever asks for something with what that was.
struct Asked;

/// What was asked for.
#[derive(Debug, thiserror::Error)]
enum Answer {
    #[error("an object")]
    Object,
    #[error("something else")]
    Other,
}

impl de::Error for Answer {
    fn custom<T: std::fmt::Display>(_: T) -> Self {
        Self::Other
    }

    fn missing_field(_: &'static str) -> Self {
        Self::Object
    }
}

impl<'de> Deserializer<'de> for Asked {
    type Error = Answer;

    /// What looks for itself what there is, as an enum with a tag does, is shown an object without
    /// fields: of which it has one to miss, or not.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Answer> {
        visitor.visit_map(MapDeserializer::new(iter::empty::<((), ())>()))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Answer> {
        Err(Answer::Object)
    }

    /// It is what it holds.
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Answer> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        option unit unit_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::value::RawValue;

    use super::*;

    #[derive(Deserialize)]
    #[allow(dead_code, reason = "only what it is in JSON is asked")]
    struct Point {
        x: u8,
        #[serde(default)]
        y: u8,
    }

    #[derive(Deserialize)]
    #[allow(dead_code, reason = "only what it is in JSON is asked")]
    struct Place(Point);

    #[derive(Deserialize)]
    #[allow(dead_code, reason = "only what it is in JSON is asked")]
    struct Pair(u8, u8);

    #[derive(Deserialize)]
    #[serde(tag = "kind")]
    #[allow(dead_code, reason = "only what it is in JSON is asked")]
    enum Tagged {
        A { x: u8 },
        B,
    }

    #[derive(Deserialize)]
    #[serde(untagged)]
    #[allow(dead_code, reason = "only what it is in JSON is asked")]
    enum Either {
        One(u8),
        Many(Vec<u8>),
    }

    #[test]
    fn a_list_is_no_object() {
        assert!(check::<Point>(" [1,2]").is_err());
        assert!(check::<Place>("[1,2]").is_err());
        assert!(check::<Tagged>(r#"["A",1]"#).is_err());
        assert!(check::<Point>(r#"{"x":1}"#).is_ok());
        assert!(check::<Either>("[1]").is_ok());
        assert!(check::<crate::payload::Value>("[1]").is_ok());
        assert!(check::<crate::payload::Binary>("[1]").is_ok());
        assert!(check::<Pair>("[1,2]").is_ok());
        assert!(check::<Vec<Point>>("[]").is_ok());
        assert!(check::<Option<u8>>("[]").is_ok());
        assert!(check::<serde_json::Value>("[]").is_ok());
        assert!(check::<Box<RawValue>>("[]").is_ok());
    }
}
