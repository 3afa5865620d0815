//! Replies: what acknowledges an event.
//!
//! It must treat `()` as no argument at all: `null` would be one.

use std::any::TypeId;

use serde::{Serialize, de::DeserializeOwned};

use crate::wire::socket_io::{ArgumentError, Arguments};

/// The arguments of an acknowledgement: none for `()`, else the reply as one.
///
/// # Errors
/// An [`ArgumentError`] when the reply cannot be serialized as JSON.
pub fn encode_reply<R: Serialize + 'static>(reply: &R) -> Result<Arguments, ArgumentError> {
    if TypeId::of::<R>() == TypeId::of::<()>() {
        return Ok(Arguments::none());
    }
    Arguments::encode_single(reply)
}

/// The reply out of an acknowledgement's arguments: the first of them, and none for `()`.
///
/// # Errors
/// An [`ArgumentError`] when the argument is missing or does not fit.
pub fn decode_reply<R: DeserializeOwned + 'static>(
    arguments: &Arguments,
) -> Result<R, ArgumentError> {
    if TypeId::of::<R>() == TypeId::of::<()>() { arguments.empty() } else { arguments.single() }
}
