//! A refusal as a client gets it that asked for no answer.

use serde::Serialize;

use crate::{
    base::refusal::Refusal,
    payload::{Payload, PayloadError},
};

#[derive(Serialize)]
struct Refused<'a> {
    event: &'a str,
    error: &'a Refusal,
}

/// The payload of an event of its own that says why another one was refused, which it names.
pub(crate) fn refused(event: &str, refusal: &Refusal) -> Result<Payload, PayloadError> {
    Payload::encode_single(&Refused { event, error: refusal })
}
