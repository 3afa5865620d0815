//! A payload of which nobody has looked yet whether it is JSON.
//!
//! It must never be given out as if it were checked: it is read into one type, which checks all of it,
//! or checked first.

use std::hash::{Hash, Hasher};

use bytes::Bytes;
use bytestring::ByteString;
use serde::de::{DeserializeOwned, IgnoredAny};

use super::{JsonError, Payload, attachments, delivery, strict};
use crate::excerpt::shape;

/// A payload as a client sent it, which may be no JSON.
///
/// ```
/// use salon::{Payload, payload::UncheckedPayload};
///
/// let payload = Payload::encode_single("hi")?;
/// assert_eq!(UncheckedPayload::from(payload.clone()).check().ok(), Some(payload));
/// # Ok::<(), salon::PayloadError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UncheckedPayload(Inner);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Inner {
    /// Somebody has looked already.
    Checked(Payload),
    /// A text that ends with a list, where that begins, and where in it the payload does.
    Text { text: ByteString, list: usize, begin: usize },
}

/// What a client sent is no JSON; the connection that sent it is then to be closed.
#[derive(Debug, thiserror::Error)]
#[error("{found} is no JSON: {source}")]
pub struct NoJson {
    /// What kind of text it is, and how long.
    pub found: String,
    /// What is wrong with it.
    pub source: JsonError,
}

impl UncheckedPayload {
    /// The last elements of the list that `text` ends with: that begins at `list`, and they at `begin`.
    /// Whatever stands in it before them is plain JSON, and its bracket is the last character.
    #[doc(hidden)]
    #[must_use]
    pub fn new(text: ByteString, list: usize, begin: usize) -> Self {
        Self(Inner::Text { text, list, begin })
    }

    /// The payload, which is JSON.
    ///
    /// # Errors
    /// [`NoJson`] if it is not.
    pub fn check(self) -> Result<Payload, NoJson> {
        match self.0 {
            Inner::Checked(payload) => Ok(payload),
            Inner::Text { text, list, begin } => {
                let list = text.get(list..).unwrap_or_default();
                serde_json::from_str::<IgnoredAny>(list).map_err(|error| NoJson {
                    found: shape(list),
                    source: JsonError::new(error),
                })?;
                let values = text.get(begin..).and_then(|values| values.strip_suffix(']'));
                let values = text.slice_ref(values.unwrap_or_default().trim());
                Ok(Payload::from_parts(values, Vec::new()))
            }
        }
    }

    /// Takes off what is said of the delivery, as JSON, if the last value is an object whose only key is
    /// `$`. Where no key can be that, the payload is as it was, and nobody has looked at more.
    ///
    /// # Errors
    /// [`NoJson`] if one may be, and the payload is no JSON.
    #[doc(hidden)]
    #[inline]
    pub fn take_delivery(&mut self) -> Result<Option<ByteString>, NoJson> {
        let json = match &self.0 {
            Inner::Checked(payload) => payload.json().as_bytes(),
            Inner::Text { text, .. } => {
                text.as_bytes().trim_ascii_end().strip_suffix(b"]").unwrap_or_default()
            }
        };
        // Asked with every event, and most end otherwise.
        if delivery::may_end(json) && delivery::may_be_in(json) {
            self.split_delivery()
        } else {
            Ok(None)
        }
    }

    fn split_delivery(&mut self) -> Result<Option<ByteString>, NoJson> {
        let payload = self.clone().check()?;
        let split = delivery::split(&payload);
        let (payload, delivery) = match split {
            Some((payload, delivery)) => (payload, Some(delivery)),
            None => (payload, None),
        };
        self.0 = Inner::Checked(payload);
        Ok(delivery)
    }

    /// What it carries, if that is bytes among others.
    #[doc(hidden)]
    #[must_use]
    pub fn attached(&self) -> Option<&Payload> {
        match &self.0 {
            Inner::Checked(payload) if !payload.attachments().is_empty() => Some(payload),
            Inner::Checked(_) | Inner::Text { .. } => None,
        }
    }

    /// Adds what it carries to a hash: the same whether somebody has looked at it or not.
    #[doc(hidden)]
    pub fn hash_values(&self, state: &mut impl Hasher) {
        let (values, attachments): (_, &[Bytes]) = match &self.0 {
            Inner::Checked(payload) => (payload.json(), payload.attachments()),
            Inner::Text { text, begin, .. } => {
                let values = text.get(*begin..).and_then(|values| values.strip_suffix(']'));
                (values.unwrap_or_default(), &[])
            }
        };
        (values.trim(), attachments).hash(state);
    }

    /// The one value as a `T`, by which it is checked as well: one pass over the text. Nothing if it is
    /// no `T`, or not the only one, or checked already; then [`UncheckedPayload::check`] says what it
    /// is.
    #[doc(hidden)]
    #[must_use]
    pub fn single<T: DeserializeOwned>(&self) -> Option<T> {
        let Inner::Text { text, begin, .. } = &self.0 else { return None };
        let value = text.get(*begin..)?.strip_suffix(']')?;
        // A type that reads nothing is content with nothing.
        if value.trim_start().is_empty() {
            return None;
        }
        // With nothing but one value up to the bracket, the whole list is JSON.
        attachments::provide(&[], || strict::from_json(value)).ok()
    }
}

impl From<Payload> for UncheckedPayload {
    fn from(payload: Payload) -> Self {
        Self(Inner::Checked(payload))
    }
}
