//! Events: the contract between a plain struct, the derive and the framework.
//!
//! It knows names, shapes and policies, and turns payloads into structs and back. It must never
//! know a connection, a room's actor or a transport: where an event goes is a type, its [`Route`].

mod answer;
#[expect(clippy::module_inception, reason = "the noun of the folder")]
mod event;
#[cfg(feature = "schema")]
mod facts;
mod handler;
mod into_reply;
mod key;
mod loss;
mod overflow;
mod policy;
mod reply;
mod reserved;
mod sends;
mod shape;

pub use answer::{Answer, Kind, Surroundings};
#[doc(hidden)]
pub use answer::{Awaited, Then, sealed};
pub use event::{Event, Nowhere, Route};
#[cfg(feature = "schema")]
#[doc(hidden)]
pub use facts::EventFacts;
pub use handler::{Later, On, OnLater};
pub use into_reply::IntoReply;
pub use key::EventKey;
pub use loss::{Dropped, Loss};
pub use overflow::Overflow;
pub use policy::Policy;
pub use reply::{decode_reply, encode_reply};
pub use reserved::ReservedName;
#[doc(hidden)]
pub use reserved::of_socket_io;
pub use sends::{Includes, SentEvent, SentEvents, SentListed};
pub use shape::Shape;

use serde::{Serialize, de::DeserializeOwned};
use serde_json::json;

use crate::{
    payload::{NoJson, Payload, PayloadError, UncheckedPayload},
    refusal::{Code, Refusal},
};

/// Turns an event that a client sent into its struct.
///
/// # Errors
/// A [`PayloadError`] when an argument is missing or does not fit the struct.
pub fn decode<E: Event + DeserializeOwned>(payload: &Payload) -> Result<E, PayloadError> {
    match E::SHAPE {
        Shape::Single => payload.single(),
        Shape::Positional => payload.positional(),
        Shape::Empty => payload.empty(),
    }
}

/// As [`decode`], for a client that may have got it wrong: the refusal says where, too.
///
/// # Errors
/// A [`NoJson`] when the payload is no JSON, whatever `E` would make of them.
#[doc(hidden)]
pub fn decode_or_refuse<E: Event + DeserializeOwned>(
    payload: UncheckedPayload,
) -> Result<Result<E, Refusal>, NoJson> {
    if E::SHAPE == Shape::Single
        && let Some(event) = payload.single()
    {
        return Ok(Ok(event));
    }
    let payload = payload.check()?;
    Ok(decode::<E>(&payload).map_err(|error| {
        let path = match E::SHAPE {
            Shape::Single => payload.path_in_single::<E>(),
            Shape::Positional => payload.path_in_positional::<E>(),
            Shape::Empty => None,
        };
        let refusal = Refusal::from(error);
        match path {
            Some(path) => refusal.with_data(json!({ "path": path })),
            None => refusal,
        }
    }))
}

/// Turns an event into the payload that goes on the wire.
///
/// # Errors
/// A [`PayloadError`] when the struct cannot be serialized as JSON.
pub fn encode<E: Event + Serialize>(event: &E) -> Result<Payload, PayloadError> {
    match E::SHAPE {
        Shape::Single => Payload::encode_single(event),
        Shape::Positional => Payload::encode_positional(event),
        Shape::Empty => Ok(Payload::none()),
    }
}

/// Payload that do not fit are refused as `invalid_payload`; that the server cannot make any of a
/// value of its own is `internal`, and logged.
impl From<PayloadError> for Refusal {
    fn from(error: PayloadError) -> Self {
        match error {
            PayloadError::Missing { .. } | PayloadError::Invalid { .. } => {
                Self::new(Code::InvalidPayload, error.to_string())
            }
            PayloadError::Unserializable { .. } | PayloadError::NotASequence { .. } => {
                Self::internal(error)
            }
        }
    }
}
