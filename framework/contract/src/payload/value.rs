//! An untyped value: JSON, and bytes.
//!
//! It must never lose what a client sent: the order of an object's keys is kept, and a repeated key
//! is repeated.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, MapAccess, SeqAccess, Visitor, value::MapDeserializer},
    ser::SerializeMap as _,
};
use serde_json::Number;

use super::{Binary, attachments};

/// An untyped value: JSON, and bytes wherever JSON has a value.
///
/// ```
/// use salon::{Binary, Payload, Value};
///
/// let value = Value::Object(vec![
///     ("id".to_owned(), 1.into()),
///     ("thumbnail".to_owned(), Binary::from(vec![0xff]).into()),
/// ]);
/// let arguments = Payload::encode_single(&value)?;
/// assert_eq!(arguments.json(), r#"{"id":1,"thumbnail":{"_placeholder":true,"num":0}}"#);
/// assert_eq!(arguments.get::<Value>(0)?, value);
/// # Ok::<(), salon::PayloadError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "JSON and bytes: there is nothing else")]
pub enum Value {
    /// `null`; also what a float that is no number becomes.
    #[default]
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A string.
    String(String),
    /// A list.
    Array(Vec<Value>),
    /// An object: its entries as they came.
    Object(Vec<(String, Value)>),
    /// Bytes.
    Binary(Binary),
}

impl Value {
    /// The last entry of this name, if the value is an object that has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        let Self::Object(entries) = self else { return None };
        entries.iter().rev().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// The text, if the value is a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        if let Self::String(text) = self { Some(text) } else { None }
    }

    /// What a placeholder stands for, or the object itself.
    fn from_entries<E: de::Error>(entries: Vec<(String, Self)>) -> Result<Self, E> {
        if let Some(number) = exact_number(&entries) {
            return Ok(Self::Number(number));
        }
        let object = Self::Object(entries);
        if !attachments::any() || object.get("_placeholder") != Some(&Self::Bool(true)) {
            return Ok(object);
        }
        Binary::of_placeholder(object.get("num").and_then(Self::as_u64)).map(Self::Binary)
    }

    /// The number, if the value is one without a sign or a fraction.
    pub(super) fn as_u64(&self) -> Option<u64> {
        if let Self::Number(number) = self { number.as_u64() } else { None }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(value) => serialize_number(value, serializer),
            Self::String(value) => serializer.serialize_str(value),
            Self::Array(values) => serializer.collect_seq(values),
            Self::Object(entries) => {
                let mut object = serializer.serialize_map(Some(entries.len()))?;
                for (key, value) in entries {
                    object.serialize_entry(key, value)?;
                }
                object.end()
            }
            Self::Binary(value) => value.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

/// The number that serde_json gives as an object of this one entry where an app's tree has its
/// feature `arbitrary_precision`. Without it no number has such a form, and what a client sends in
/// it stays an object.
fn exact_number(entries: &[(String, Value)]) -> Option<Number> {
    const KEY: &str = "$serde_json::private::Number";
    let [(key, Value::String(text))] = entries else { return None };
    if key != KEY {
        return None;
    }
    let form = MapDeserializer::<_, de::value::Error>::new([(KEY, text.as_str())].into_iter());
    Number::deserialize(form).ok()
}

/// A number as one, for formats that do not know serde_json's exact numbers.
fn serialize_number<S: Serializer>(number: &Number, serializer: S) -> Result<S::Ok, S::Error> {
    if serializer.is_human_readable() {
        return number.serialize(serializer);
    }
    match (number.as_u64(), number.as_i64(), number.as_f64()) {
        (_, _, Some(value)) if value == 0.0 && value.is_sign_negative() => {
            serializer.serialize_f64(value)
        }
        (Some(value), _, _) => serializer.serialize_u64(value),
        (_, Some(value), _) => serializer.serialize_i64(value),
        (_, _, Some(value)) => serializer.serialize_f64(value),
        // Beyond all that 64 bits hold: JavaScript reads it so, too.
        _ => serializer.serialize_f64(match number.to_string().starts_with('-') {
            true => f64::NEG_INFINITY,
            false => f64::INFINITY,
        }),
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Value::deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_bytes<E>(self, value: &[u8]) -> Result<Value, E> {
        Ok(Value::Binary(value.to_vec().into()))
    }

    fn visit_byte_buf<E>(self, value: Vec<u8>) -> Result<Value, E> {
        Ok(Value::Binary(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element()? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Value::from_entries(entries)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Number::from_f64(value).map_or(Self::Null, Self::Number)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::String(value.to_owned())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl From<serde_json::Value> for Value {
    fn from(value: serde_json::Value) -> Self {
        match value {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(value) => Self::Bool(value),
            serde_json::Value::Number(value) => Self::Number(value),
            serde_json::Value::String(value) => Self::String(value),
            serde_json::Value::Array(values) => {
                Self::Array(values.into_iter().map(Into::into).collect())
            }
            serde_json::Value::Object(entries) => {
                Self::Object(entries.into_iter().map(|(key, value)| (key, value.into())).collect())
            }
        }
    }
}

macro_rules! from {
    ($($source:ty => $variant:ident),+ $(,)?) => {
        $(impl From<$source> for Value {
            fn from(value: $source) -> Self {
                Self::$variant(value.into())
            }
        })+
    };
}

from! {
    bool => Bool,
    i32 => Number,
    u32 => Number,
    i64 => Number,
    u64 => Number,
    usize => Number,
    Number => Number,
    String => String,
    Vec<Value> => Array,
    Binary => Binary,
    bytes::Bytes => Binary,
}
