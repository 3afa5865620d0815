//! What an event or an acknowledgement carries, kept as it travels until someone wants a type.
//!
//! It must never parse more than it is asked for: arguments that are only passed on stay text.

use bytes::Bytes;
use bytestring::ByteString;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    Value, attachments,
    list::{LeftOut, List, Nothing},
    object, path,
    pieces::Pieces,
    scratch,
    strict::{self, Strict},
};
use crate::wire::excerpt::{excerpt, shape, without_content};

/// The arguments of an event (what follows its name) or of an acknowledgement.
///
/// ```
/// use salon::wire::socket_io::Arguments;
///
/// let arguments = Arguments::encode_positional(&(1, "two"))?;
/// assert_eq!(arguments.json(), r#"1,"two""#);
/// assert_eq!(arguments.get::<String>(1)?, "two");
/// assert_eq!(arguments.positional::<(u8, String)>()?, (1, "two".to_owned()));
/// # Ok::<(), salon::wire::socket_io::ArgumentError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arguments {
    json: ByteString,
    attachments: Vec<Bytes>,
}

impl Arguments {
    /// No arguments.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Arguments that are text already: JSON values separated by commas, without brackets, in which
    /// `{"_placeholder":true,"num":n}` stands for attachment `n`.
    ///
    /// Text that is something else is only noticed where it is read: by this type's methods, which
    /// fail then, or by the client.
    #[must_use]
    pub fn from_parts(json: ByteString, attachments: Vec<Bytes>) -> Self {
        Self { json, attachments }
    }

    /// The JSON values, separated by commas, without brackets and without an event's name.
    #[must_use]
    pub fn json(&self) -> &str {
        &self.json
    }

    /// As [`Arguments::json`], to share rather than to copy.
    #[must_use]
    pub fn json_text(&self) -> &ByteString {
        &self.json
    }

    /// The bytes that placeholders in the JSON stand for.
    #[must_use]
    pub fn attachments(&self) -> &[Bytes] {
        &self.attachments
    }

    /// How many arguments there are; a scan of the text.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pieces().count()
    }

    /// The same with one more behind them, which is JSON.
    #[must_use]
    pub(crate) fn with_last(&self, last: &str) -> Self {
        let comma = if self.json.trim().is_empty() { "" } else { "," };
        let json = format!("{}{comma}{last}", self.json);
        Self { json: json.into(), attachments: self.attachments.clone() }
    }

    /// The last one as JSON, and those before it.
    #[cfg(feature = "testing")]
    pub(crate) fn split_last(&self) -> Option<(Self, &str)> {
        let last = self.pieces().last()?;
        // A piece is part of the text.
        let before = self.json.trim_end().strip_suffix(last)?.trim_end();
        let json = self.json.slice_ref(before.strip_suffix(',').unwrap_or(before));
        Some((Self { json, attachments: self.attachments.clone() }, last))
    }

    /// Whether there are no arguments.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pieces().next().is_none()
    }

    /// Deserializes argument `index`, counted from 0; one that was left out is the `None` of an
    /// `Option`. Bytes come out of [`Binary`](super::Binary) fields. A struct with named fields comes
    /// out of an object alone, and not out of a list of its fields, as serde has it otherwise.
    ///
    /// # Errors
    ///
    /// [`ArgumentError::Missing`] if there are fewer, [`ArgumentError::Invalid`] if it is no `T`.
    pub fn get<'de, T: Deserialize<'de>>(&'de self, index: usize) -> Result<T, ArgumentError> {
        let Some(piece) = self.pieces().nth(index) else {
            return T::deserialize(LeftOut).map_err(|_| ArgumentError::Missing { index });
        };
        attachments::provide(&self.attachments, || strict::from_json(piece))
            .map_err(|source| ArgumentError::Invalid { index, found: excerpt(piece), source })
    }

    /// All the arguments, untyped.
    ///
    /// # Errors
    ///
    /// [`ArgumentError::Invalid`] if one nests deeper than 127 levels or has a number that no
    /// 64 bits hold.
    pub fn values(&self) -> Result<Vec<Value>, ArgumentError> {
        self.positional()
    }

    /// The first argument as a `T`; later ones are ignored, as a JavaScript function would.
    ///
    /// # Errors
    ///
    /// As [`Arguments::get`].
    pub fn single<T: DeserializeOwned>(&self) -> Result<T, ArgumentError> {
        // Most events have one argument: there is no need to look for its end first.
        let all = attachments::provide(&self.attachments, || strict::from_json(&self.json));
        // Where it ends, and what is wrong, is said with the argument's own text.
        all.or_else(|_| self.get(0))
    }

    /// As [`Arguments::single`], of what is a secret: the error says where it goes wrong, and has
    /// nothing of it.
    pub(crate) fn confidential<T: DeserializeOwned>(&self) -> Result<T, ArgumentError> {
        self.single().map_err(|error| match error {
            ArgumentError::Invalid { index, source, .. } => {
                let found = shape(self.json.trim());
                ArgumentError::Invalid { index, found, source: without_content(&source) }
            }
            other => other,
        })
    }

    /// All the arguments as one sequence: a tuple, a tuple struct, a list. What a tuple does not
    /// take is ignored, and an `Option` at its end may be left out.
    ///
    /// # Errors
    ///
    /// [`ArgumentError::Missing`] or [`ArgumentError::Invalid`] with the argument's index.
    pub fn positional<T: DeserializeOwned>(&self) -> Result<T, ArgumentError> {
        let mut list = List::new(self.pieces());
        let mut result = attachments::provide(&self.attachments, || T::deserialize(&mut list));
        if result.is_err() && list.piece.is_empty() {
            // Something is missing. Not in the first place: a type may have a default of its own.
            list = List::padded(self.pieces());
            result = attachments::provide(&self.attachments, || T::deserialize(&mut list));
        }
        result.map_err(|source| match list.index.checked_sub(1) {
            Some(index) if !list.piece.is_empty() => {
                ArgumentError::Invalid { index, found: excerpt(list.piece), source }
            }
            _ => ArgumentError::Missing { index: list.index },
        })
    }

    /// Where in the first argument it fails to be a `T`; `None` if it does not fail.
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

    /// Where in the arguments as one sequence they fail to be a `T`; `None` if they do not fail.
    pub(crate) fn path_in_positional<T: DeserializeOwned>(&self) -> Option<String> {
        let mut list = List::padded(self.pieces());
        let path = attachments::provide(&self.attachments, || path::of_mistake::<T, _>(&mut list));
        // What is missing at the end is not in the sequence.
        path.map(|path| if list.piece.is_empty() { format!("[{}]", list.index) } else { path })
    }

    /// A struct without fields, from no arguments; any that came are ignored.
    ///
    /// # Errors
    ///
    /// [`ArgumentError::Missing`] if `T` needs an argument.
    pub fn empty<T: DeserializeOwned>(&self) -> Result<T, ArgumentError> {
        T::deserialize(Nothing).map_err(|_| ArgumentError::Missing { index: 0 })
    }

    /// One argument.
    ///
    /// # Errors
    ///
    /// [`ArgumentError::Unserializable`] if `value` has no JSON form.
    pub fn encode_single<T: Serialize + ?Sized>(value: &T) -> Result<Self, ArgumentError> {
        Self::written(|json| serde_json::to_writer(json, value))
    }

    /// The elements of a sequence (a tuple, a tuple struct, a list) as the arguments.
    ///
    /// # Errors
    ///
    /// [`ArgumentError::Unserializable`] if `value` has no JSON form,
    /// [`ArgumentError::NotASequence`] if it is one value.
    pub fn encode_positional<T: Serialize + ?Sized>(value: &T) -> Result<Self, ArgumentError> {
        let Self { json, attachments } = Self::encode_single(value)?;
        let Some(list) = json.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) else {
            return Err(ArgumentError::NotASequence { found: excerpt(&json) });
        };
        Ok(Self { json: json.slice_ref(list), attachments })
    }

    fn written(
        write: impl FnOnce(&mut Vec<u8>) -> serde_json::Result<()>,
    ) -> Result<Self, ArgumentError> {
        let (json, attachments) = attachments::collect(|| scratch::written(write));
        let json = json.map_err(|source| ArgumentError::Unserializable { source })?;
        Ok(Self { json, attachments })
    }

    fn pieces(&self) -> Pieces<'_> {
        Pieces::new(&self.json)
    }
}

/// Why arguments are not what was asked for, or cannot be made of a value.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArgumentError {
    /// There are too few arguments.
    #[error("argument {index} is missing; arguments are counted from 0")]
    Missing {
        /// The first that is missing.
        index: usize,
    },
    /// An argument has another shape.
    #[error("argument {index}, {found}, has another shape than expected: {source}")]
    Invalid {
        /// Which argument, from 0.
        index: usize,
        /// How its JSON begins.
        found: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// A value has no JSON form, for instance a map whose keys are not strings.
    #[error("a value has no JSON form: {source}")]
    Unserializable {
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// A value was to become several arguments, and is one.
    #[error("{found} is one value, not a sequence of arguments; use a tuple or a list")]
    NotASequence {
        /// How its JSON begins.
        found: String,
    },
}
