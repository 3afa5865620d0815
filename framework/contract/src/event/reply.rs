//! Replies: what acknowledges an event.
//!
//! It must treat `()` as no argument at all: `null` would be one.

use std::any::TypeId;

use serde::{Serialize, de::DeserializeOwned};

use crate::payload::{Payload, PayloadError};

/// The payload of an acknowledgement: nothing for `()`, else the reply.
///
/// # Errors
/// A [`PayloadError`] when the reply cannot be serialized as JSON.
pub fn encode_reply<R: Serialize + 'static>(reply: &R) -> Result<Payload, PayloadError> {
    if TypeId::of::<R>() == TypeId::of::<()>() {
        return Ok(Payload::none());
    }
    Payload::encode_single(reply)
}

/// The reply out of an acknowledgement's payload: its first value, and none for `()`.
///
/// # Errors
/// A [`PayloadError`] when the argument is missing or does not fit.
pub fn decode_reply<R: DeserializeOwned + 'static>(payload: &Payload) -> Result<R, PayloadError> {
    if TypeId::of::<R>() == TypeId::of::<()>() { payload.empty() } else { payload.single() }
}
