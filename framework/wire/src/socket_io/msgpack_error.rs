//! Where a binary message stops being what its reader expects.
//!
//! It must never say what was sent: that may be somebody's credentials.

use std::fmt;

use rmp_serde::decode::Error;
use serde::de::Error as _;

/// Where a binary message stops being MessagePack that its protocol has.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct MsgpackError(Error);

impl MsgpackError {
    /// Of a value that has the wrong type serde says which one it was: that is left out.
    pub(crate) fn of(error: Error) -> Self {
        let Error::Syntax(words) = &error else { return Self(error) };
        let wrong = words.split_once(": ").and_then(|(what, rest)| {
            let (_, expected) = rest.rsplit_once(", expected ")?;
            what.starts_with("invalid ").then(|| format!("{what}, expected {expected}"))
        });
        match wrong {
            Some(words) => Self::custom(words),
            None => Self(error),
        }
    }

    pub(crate) fn custom(words: impl fmt::Display) -> Self {
        Self(Error::custom(words))
    }
}
