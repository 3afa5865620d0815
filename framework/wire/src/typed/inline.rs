//! Bytes within JSON, as base64 text, in the places of those that stand for attachments.
//!
//! It must never be asked where there are none: then the text is the form already.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use salon_contract::Payload;
use serde::{
    Deserializer, Serialize,
    de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor},
};

/// What a payload carries as JSON, in which its attachments are base64 text (RFC 4648, section 4); nothing
/// if it is no JSON.
///
/// ```
/// use salon_contract::Payload;
/// use salon_wire::typed::inlined;
///
/// let values = r#"{"image":{"_placeholder":true,"num":0}},[7]"#;
/// let payload = Payload::from_parts(values.into(), vec![vec![1, 2, 3].into()]);
/// assert_eq!(inlined(&payload).as_deref(), Some(r#"{"image":"AQID"},[7]"#));
/// ```
#[must_use]
pub fn inlined(payload: &Payload) -> Option<String> {
    let list = format!("[{}]", payload.json());
    let mut writer = Writer { json: Vec::with_capacity(list.len()), bytes: payload.attachments() };
    let mut reader = serde_json::Deserializer::from_str(&list);
    DeserializeSeed::deserialize(&mut writer, &mut reader).ok()?;
    reader.end().ok()?;
    let json = String::from_utf8(writer.json).ok()?;
    Some(json.get(1..json.len() - 1)?.to_owned())
}

/// JSON that is being written.
struct Writer<'a> {
    json: Vec<u8>,
    bytes: &'a [Bytes],
}

/// A value that was written, as far as an object around it depends on it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Written {
    True,
    Number(u64),
    Other,
}

impl Writer<'_> {
    fn write<E: de::Error>(&mut self, value: impl Serialize) -> Result<Written, E> {
        serde_json::to_writer(&mut self.json, &value).map_err(E::custom)?;
        Ok(Written::Other)
    }

    /// The attachment of that number.
    fn attachment(&self, number: u64) -> Option<&Bytes> {
        self.bytes.get(usize::try_from(number).ok()?)
    }
}

impl<'de> DeserializeSeed<'de> for &mut Writer<'_> {
    type Value = Written;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Written, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &mut Writer<'_> {
    type Value = Written;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Written, E> {
        self.write(())
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Written, E> {
        self.write(value)?;
        Ok(if value { Written::True } else { Written::Other })
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Written, E> {
        self.write(value)
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Written, E> {
        self.write(value)?;
        Ok(Written::Number(value))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Written, E> {
        self.write(value)
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Written, E> {
        self.write(value)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Written, A::Error> {
        self.json.push(b'[');
        let start = self.json.len();
        loop {
            let end = self.json.len();
            if end > start {
                self.json.push(b',');
            }
            if list.next_element_seed(&mut *self)?.is_none() {
                self.json.truncate(end);
                break;
            }
        }
        self.json.push(b']');
        Ok(Written::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Written, A::Error> {
        let start = self.json.len();
        self.json.push(b'{');
        let (mut is_placeholder, mut number) = (false, None);
        while let Some(key) = map.next_key::<String>()? {
            if self.json.len() > start + 1 {
                self.json.push(b',');
            }
            self.write(&key)?;
            self.json.push(b':');
            let written = map.next_value_seed(&mut *self)?;
            match (&*key, written) {
                ("_placeholder", written) => is_placeholder = written == Written::True,
                ("num", Written::Number(found)) => number = Some(found),
                ("num", _) => number = None,
                _ => {}
            }
        }
        self.json.push(b'}');
        let bytes = number.filter(|_| is_placeholder).and_then(|number| self.attachment(number));
        if let Some(text) = bytes.map(|bytes| STANDARD.encode(bytes)) {
            self.json.truncate(start);
            return self.write(text);
        }
        Ok(Written::Other)
    }
}
