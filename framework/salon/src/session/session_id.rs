//! The ids by which clients know their connections and sessions.
//!
//! It must never be guessable: whoever presents the id of a connection is taken for its client.

use std::{
    borrow::Borrow,
    fmt,
    hash::{Hash, Hasher},
    ops::Deref,
    sync::Arc,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytestring::ByteString;
use serde::{Serialize, Serializer};

use crate::base::{random, refusal::Refusal};

/// How many bytes one has.
const LENGTH: usize = 20;

/// The id of a connection or a session: in place, since each of them has one, and so have the
/// registries.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct SessionId(
    /// UTF-8.
    [u8; LENGTH],
);

impl SessionId {
    /// A new one: 120 bits from the operating system's generator, as 20 characters.
    pub(crate) fn random() -> Result<Self, Refusal> {
        let mut bits = [0; LENGTH / 4 * 3];
        random::fill(&mut bits).map_err(Refusal::internal)?;
        let mut text = [0; LENGTH];
        URL_SAFE_NO_PAD.encode_slice(bits, &mut text).map_err(Refusal::internal)?;
        Ok(Self(text))
    }

    /// What a client presents; `None` if it is none of ours by its length.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        text.as_bytes().try_into().ok().map(Self)
    }

    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    pub(crate) fn to_byte_string(self) -> ByteString {
        self.as_str().into()
    }
}

impl Deref for SessionId {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl Serialize for SessionId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

/// What has such an id.
pub(crate) trait Identified {
    fn session_id(&self) -> &SessionId;
}

/// An entry of a set, found by its id: it takes no more than its pointer there.
pub(crate) struct ById<T>(pub(crate) Arc<T>);

impl<T: Identified> Borrow<SessionId> for ById<T> {
    fn borrow(&self) -> &SessionId {
        self.0.session_id()
    }
}

impl<T: Identified> Hash for ById<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.session_id().hash(state);
    }
}

impl<T: Identified> PartialEq for ById<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0.session_id() == other.0.session_id()
    }
}

impl<T: Identified> Eq for ById<T> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_comes_back_as_it_was_and_what_has_another_length_is_none() {
        let id = SessionId::random().unwrap();
        assert_eq!(SessionId::parse(&id), Some(id));
        assert_eq!(id.len(), LENGTH);
        for other in ["", "lobby", &id[1..], &format!("{id}x")] {
            assert_eq!(SessionId::parse(other), None, "{other}");
        }
        assert_ne!(SessionId::random().unwrap(), id);
    }
}
