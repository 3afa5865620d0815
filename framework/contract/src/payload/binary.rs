//! Raw bytes among JSON values.
//!
//! It must never turn bytes into text: they travel beside the JSON, as attachments.

use std::ops::Deref;

use bytes::Bytes;
use serde::{Serialize, Serializer, de, ser::SerializeMap as _};

use super::attachments;

/// Raw bytes in an event: an attachment on the wire, an `ArrayBuffer` or `Buffer` for the client.
///
/// Use it as a field of an event's struct. Within
/// [`Payload`](super::Payload) it serializes as `{"_placeholder":true,"num":n}`
/// (<https://socket.io/docs/v4/socket-io-protocol/#sending-and-receiving-data>) and its bytes go
/// aside, uncopied; anywhere else it is plain serde bytes, which JSON writes as a list of numbers. A client
/// that has no attachments sends base64 text, and is sent that.
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

impl Binary {
    /// The attachment that a placeholder with this number stands for; nothing is none.
    pub(super) fn of_placeholder<E: de::Error>(number: Option<u64>) -> Result<Self, E> {
        let no_number = || E::custom("a placeholder's num is not the number of an attachment");
        let number = number.ok_or_else(no_number)?;
        let missing =
            || E::custom(format_args!("there is no attachment {number}; send it as binary"));
        attachments::get(number).map(Self).ok_or_else(missing)
    }
}
