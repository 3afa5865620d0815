//! What is wrong with a payload.
//!
//! It must never show more of it than how it begins.

use super::JsonError;

/// Why a payload is not what was asked for, or cannot be made of a value. Of the values it carries each
/// is an argument, as Socket.IO's clients have them.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PayloadError {
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
        source: JsonError,
    },
    /// A value has no JSON form, for instance a map whose keys are not strings.
    #[error("a value has no JSON form: {source}")]
    Unserializable {
        /// What is wrong with it.
        source: JsonError,
    },
    /// A value was to become several arguments, and is one.
    #[error("{found} is one value, not a sequence of arguments; use a tuple or a list")]
    NotASequence {
        /// How its JSON begins.
        found: String,
    },
}
