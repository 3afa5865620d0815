//! Raw bytes among JSON values.
//!
//! It must never turn bytes into text: they travel beside the JSON, as attachments.

use std::{fmt, ops::Deref};

use bytes::Bytes;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, IgnoredAny, MapAccess, SeqAccess, Visitor},
    ser::SerializeMap as _,
};

use super::{Value, attachments};

const NO_NUMBER: &str = "a placeholder's num is not the number of an attachment";

/// Raw bytes in an event: an attachment on the wire, an `ArrayBuffer` or `Buffer` for the client.
///
/// Use it as a field of an event's struct. Within
/// [`Payload`](super::Payload) it serializes as `{"_placeholder":true,"num":n}`
/// (<https://socket.io/docs/v4/socket-io-protocol/#sending-and-receiving-data>) and its bytes go
/// aside, uncopied; anywhere else it is plain serde bytes, which JSON writes as a list of numbers.
///
/// ```
/// use salon::{Binary, Payload};
///
/// let arguments = Payload::encode_single(&Binary::from(vec![1, 2, 3]))?;
/// assert_eq!(arguments.json(), r#"{"_placeholder":true,"num":0}"#);
/// assert_eq!(arguments.attachments(), [&[1, 2, 3][..]]);
/// assert_eq!(&*arguments.single::<Binary>()?, [1, 2, 3]);
/// # Ok::<(), salon::PayloadError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Binary(pub Bytes);

impl Deref for Binary {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl From<Vec<u8>> for Binary {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }
}

impl From<Bytes> for Binary {
    fn from(bytes: Bytes) -> Self {
        Self(bytes)
    }
}

impl Serialize for Binary {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Some(number) = attachments::push(&self.0) else {
            return serializer.serialize_bytes(&self.0);
        };
        let mut placeholder = serializer.serialize_map(Some(2))?;
        placeholder.serialize_entry("_placeholder", &true)?;
        placeholder.serialize_entry("num", &number)?;
        placeholder.end()
    }
}

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
        formatter.write_str("binary data: an attachment's placeholder, bytes, or a list of bytes")
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
        resolve(&number.ok_or_else(|| de::Error::missing_field("num"))?)
    }
}

/// The attachment that a placeholder with this number stands for. A number is read as a value: a
/// type that buffers what it reads may have it in a form of its own.
pub(super) fn resolve<E: de::Error>(number: &Value) -> Result<Binary, E> {
    let Value::Number(number) = number else { return Err(E::custom(NO_NUMBER)) };
    let number = number.as_u64().ok_or_else(|| E::custom(NO_NUMBER))?;
    let attachment = attachments::get(number);
    let missing = || E::custom(format_args!("there is no attachment {number}; send it as binary"));
    attachment.map(Binary).ok_or_else(missing)
}
