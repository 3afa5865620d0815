//! What a schema says of one kind of value.

use serde_json::{Map, Value};

/// The schemas that a value has to keep at once.
pub(super) type Parts<'a> = Vec<&'a Map<String, Value>>;

/// A kind of value that has no parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Whole,
    Number,
    Truth,
}
