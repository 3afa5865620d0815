//! A refusal as a client gets it.

use serde::Serialize;

use crate::{
    base::refusal::Refusal,
    payload::{Payload, PayloadError},
};

#[derive(Serialize)]
struct Refused<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<&'a str>,
    error: &'a Refusal,
}

/// The payload that says why: of an acknowledgement, or of an event of its own, which has to name the
/// one that it is about.
pub(crate) fn refused(event: Option<&str>, refusal: &Refusal) -> Result<Payload, PayloadError> {
    Payload::encode_single(&Refused { event, error: refusal })
}
