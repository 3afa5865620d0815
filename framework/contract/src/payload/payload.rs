//! What an event or an acknowledgement carries, kept as it travels until someone wants a type.
//!
//! It must never parse more than it is asked for: what is only passed on stays text.

use bytes::Bytes;
use bytestring::ByteString;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    JsonError, PayloadError, Value, attachments,
    list::{LeftOut, List, Nothing},
    object, path,
    pieces::Pieces,
    scratch,
    strict::{self, Strict},
};
use crate::excerpt::{excerpt, shape};

/// What an event carries, or an acknowledgement: values in JSON, and the bytes that they refer to.
///
/// A value of a struct with named fields is one; the fields of a tuple struct are several, and a unit
/// struct has none. Socket.IO has each as an argument: what `socket.on("say", (a, b) => …)` gets are
/// two.
///
/// ```
/// use salon::Payload;
///
/// let payload = Payload::encode_positional(&(1, "two"))?;
/// assert_eq!(payload.json(), r#"1,"two""#);
/// assert_eq!(payload.get::<String>(1)?, "two");
/// assert_eq!(payload.positional::<(u8, String)>()?, (1, "two".to_owned()));
/// # Ok::<(), salon::PayloadError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Payload {
    json: ByteString,
    attachments: Vec<Bytes>,
}

impl Payload {
    /// No values.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// What is text already: JSON values separated by commas, without brackets, in which
    /// `{"_placeholder":true,"num":n}` stands for attachment `n`.
    ///
    /// Text that is something else is only noticed where it is read: by this type's methods, which
    /// fail then, or by the client.
    #[must_use]
    pub fn from_parts(json: ByteString, attachments: Vec<Bytes>) -> Self {
        Self { json, attachments }
    }

    /// The JSON values, separated by commas, without brackets.
    #[must_use]
    pub fn json(&self) -> &str {
        &self.json
    }

    /// As [`Payload::json`], to share rather than to copy.
    #[must_use]
    pub fn json_text(&self) -> &ByteString {
        &self.json
    }

    /// The bytes that placeholders in the JSON stand for.
    #[must_use]
    pub fn attachments(&self) -> &[Bytes] {
        &self.attachments
    }

    /// A copy that shares nothing. One that came from a client is a part of what was received with
    /// it, and holds all of that in memory.
    pub(super) fn detached(&self) -> Self {
        let attachments = self.attachments.iter().map(|bytes| Bytes::copy_from_slice(bytes));
        Self { json: (*self.json).into(), attachments: attachments.collect() }
    }

    /// How many values there are; a scan of the text.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pieces().count()
    }

    /// The same with one more behind them, which is JSON.
    #[doc(hidden)]
    #[must_use]
    pub fn with_last(&self, last: &str) -> Self {
        let comma = if self.json.trim().is_empty() { "" } else { "," };
        let json = format!("{}{comma}{last}", self.json);
        Self { json: json.into(), attachments: self.attachments.clone() }
    }

    /// The last one as JSON, and those before it.
    #[doc(hidden)]
    #[must_use]
    pub fn split_last(&self) -> Option<(Self, &str)> {
        let last = self.pieces().last()?;
        // A piece is part of the text.
        let before = self.json.trim_end().strip_suffix(last)?.trim_end();
        let json = self.json.slice_ref(before.strip_suffix(',').unwrap_or(before));
        Some((Self { json, attachments: self.attachments.clone() }, last))
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pieces().next().is_none()
    }

    /// Deserializes value `index`, counted from 0; one that was left out is the `None` of an
    /// `Option`. Bytes come out of [`Binary`](super::Binary) fields. A struct with named fields comes
    /// out of an object alone, and not out of a list of its fields, as serde has it otherwise.
    ///
    /// # Errors
    ///
    /// [`PayloadError::Missing`] if there are fewer, [`PayloadError::Invalid`] if it is no `T`.
    pub fn get<'de, T: Deserialize<'de>>(&'de self, index: usize) -> Result<T, PayloadError> {
        let Some(piece) = self.pieces().nth(index) else {
            return T::deserialize(LeftOut).map_err(|_| PayloadError::Missing { index });
        };
        attachments::provide(&self.attachments, || strict::from_json(piece))
            .map_err(|error| invalid(index, piece, error))
    }

    /// All the values, untyped.
    ///
    /// # Errors
    ///
    /// [`PayloadError::Invalid`] if one nests deeper than 127 levels or has a number that no
    /// 64 bits hold.
    pub fn values(&self) -> Result<Vec<Value>, PayloadError> {
        self.positional()
    }

    /// The first value as a `T`; later ones are ignored, as a JavaScript function would.
    ///
    /// # Errors
    ///
    /// As [`Payload::get`].
    pub fn single<T: DeserializeOwned>(&self) -> Result<T, PayloadError> {
        // Most events carry one value: there is no need to look for its end first.
        let all = attachments::provide(&self.attachments, || strict::from_json(&self.json));
        // Where it ends, and what is wrong, is said with the value's own text.
        all.or_else(|_| self.get(0))
    }

    /// As [`Payload::single`], of what is a secret: the error says where it goes wrong, and has
    /// nothing of it.
    #[doc(hidden)]
    pub fn confidential<T: DeserializeOwned>(&self) -> Result<T, PayloadError> {
        self.single().map_err(|error| match error {
            PayloadError::Invalid { index, source, .. } => {
                let found = shape(self.json.trim());
                PayloadError::Invalid { index, found, source: source.without_content() }
            }
            other => other,
        })
    }

    /// All the values as one sequence: a tuple, a tuple struct, a list. What a tuple does not
    /// take is ignored, and an `Option` at its end may be left out.
    ///
    /// # Errors
    ///
    /// [`PayloadError::Missing`] or [`PayloadError::Invalid`] with the value's index.
    pub fn positional<T: DeserializeOwned>(&self) -> Result<T, PayloadError> {
        let mut list = List::new(self.pieces());
        let mut result = attachments::provide(&self.attachments, || T::deserialize(&mut list));
        if result.is_err() && list.piece.is_empty() {
            // Something is missing. Not in the first place: a type may have a default of its own.
            list = List::padded(self.pieces());
            result = attachments::provide(&self.attachments, || T::deserialize(&mut list));
        }
        result.map_err(|source| match list.index.checked_sub(1) {
            Some(index) if !list.piece.is_empty() => invalid(index, list.piece, source),
            _ => PayloadError::Missing { index: list.index },
        })
    }

    /// Where in the first value it fails to be a `T`; `None` if it does not fail.
    pub(crate) fn path_in_single<T: DeserializeOwned>(&self) -> Option<String> {
        let Some(piece) = self.pieces().next() else { return Some(path::WHOLE.to_owned()) };
        if object::check::<T>(piece).is_err() {
            return Some(path::WHOLE.to_owned());
        }
        attachments::provide(&self.attachments, || {
            let mut deserializer = serde_json::Deserializer::from_str(piece);
            path::of_mistake::<T, _>(Strict(&mut deserializer))
        })
    }

    /// Where in the values as one sequence they fail to be a `T`; `None` if they do not fail.
    pub(crate) fn path_in_positional<T: DeserializeOwned>(&self) -> Option<String> {
        let mut list = List::padded(self.pieces());
        let path = attachments::provide(&self.attachments, || path::of_mistake::<T, _>(&mut list));
        // What is missing at the end is not in the sequence.
        path.map(|path| if list.piece.is_empty() { format!("[{}]", list.index) } else { path })
    }

    /// A struct without fields, from no values; any that came are ignored.
    ///
    /// # Errors
    ///
    /// [`PayloadError::Missing`] if `T` needs one.
    pub fn empty<T: DeserializeOwned>(&self) -> Result<T, PayloadError> {
        T::deserialize(Nothing).map_err(|_| PayloadError::Missing { index: 0 })
    }

    /// One value.
    ///
    /// # Errors
    ///
    /// [`PayloadError::Unserializable`] if `value` has no JSON form.
    pub fn encode_single<T: Serialize + ?Sized>(value: &T) -> Result<Self, PayloadError> {
        Self::written(|json| serde_json::to_writer(json, value))
    }

    /// The elements of a sequence (a tuple, a tuple struct, a list) as the values.
    ///
    /// # Errors
    ///
    /// [`PayloadError::Unserializable`] if `value` has no JSON form,
    /// [`PayloadError::NotASequence`] if it is one value.
    pub fn encode_positional<T: Serialize + ?Sized>(value: &T) -> Result<Self, PayloadError> {
        let Self { json, attachments } = Self::encode_single(value)?;
        let Some(list) = json.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) else {
            return Err(PayloadError::NotASequence { found: excerpt(&json) });
        };
        Ok(Self { json: json.slice_ref(list), attachments })
    }

    fn written(
        write: impl FnOnce(&mut Vec<u8>) -> serde_json::Result<()>,
    ) -> Result<Self, PayloadError> {
        let (json, attachments) = attachments::collect(|| scratch::written(write));
        let json = json.map_err(|error| {
            let source = JsonError::new(error);
            PayloadError::Unserializable { source }
        })?;
        Ok(Self { json, attachments })
    }

    fn pieces(&self) -> Pieces<'_> {
        Pieces::new(&self.json)
    }
}

fn invalid(index: usize, piece: &str, error: serde_json::Error) -> PayloadError {
    PayloadError::Invalid { index, found: excerpt(piece), source: JsonError::new(error) }
}
