//! Events: the contract between a plain struct, the derive and the framework.
//!
//! It knows names, shapes and policies, and turns payloads into structs and back. It must never
//! know a connection, a room's actor or a transport: where an event goes is a type, [`Route`].

mod answer;
mod contract;
mod expected;
mod into_reply;
mod lists;
pub(crate) mod policy;
mod reply;
mod reserved;
mod sends;
pub(crate) mod shape;
mod time_limit;

pub use answer::{Answer, Kind, Surroundings};
pub use contract::{Event, Nowhere, Route};
pub use into_reply::IntoReply;
pub use reply::{decode_reply, encode_reply};
pub use reserved::ReservedName;
pub use sends::{Includes, SentEvent, SentEvents, SentListed};

pub use crate::base::config::Rate;

pub(crate) use answer::{Awaited, Then, sealed};
pub(crate) use expected::expected;
pub(crate) use lists::lists;
pub(crate) use policy::Policy;
pub(crate) use reserved::of_socket_io;
pub(crate) use shape::Shape;
pub(crate) use time_limit::{Waited, too_late, wait};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::json;

use crate::{
    base::refusal::{Code, Refusal},
    payload::NoJson,
    payload::{Payload, PayloadError, UncheckedPayload},
};

/// The event by which a client presents something newer: a JSON object as its `auth` was, so
/// `{ token }` by custom.
pub(crate) const REFRESH: &str = "salon:refresh";

/// A handler that answers at once.
///
/// `impl On<Ready> for Lobby` handles `Ready` in the room `Lobby`; the value returned is the
/// acknowledgement. A handler that has to wait for something implements [`OnLater`] instead. There
/// are whole examples at [`Session`](crate::Session) and [`Room`](crate::Room).
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no handler for the event `{E}` that it lists",
    label = "`{E}` is listed in `Events` but not handled",
    note = "write `impl On<{E}> for {Self}`; if the answer takes time, list `Later<{E}>` and write `impl OnLater<{E}> for {Self}`"
)]
pub trait On<E: Event> {
    /// Handles one event. No other event of this session or room is handled meanwhile.
    ///
    /// # Errors
    /// A [`Refusal`] is sent as the acknowledgement, or as the event `salon:refused` if the client
    /// asked for none.
    fn on(
        &mut self,
        event: E,
        cx: &mut <E::Route as Route>::Context<'_, Self>,
    ) -> Result<E::Reply, Refusal>
    where
        Self: Sized + 'static;
}

/// A handler whose answer takes time; list the event as [`Later<E>`].
///
/// The answer holds no borrow of the session or room: it owns what it needs, and other events are
/// handled while it is awaited. What is to be changed in the session or room once it is there goes
/// into [`Answer::then`].
///
/// ```
/// use salon::prelude::*;
///
/// #[derive(Deserialize, Event)]
/// #[event("wait", reply = u64)]
/// struct Wait { milliseconds: u64 }
///
/// struct Patient;
///
/// impl Session for Patient {
///     type Identity = ();
///     type Events = (Later<Wait>,);
///     type Sends = ();
///
///     fn connect(_: &Candidate<'_, ()>) -> Result<Self, Refusal> {
///         Ok(Self)
///     }
/// }
///
/// impl OnLater<Wait> for Patient {
///     fn on_later(&mut self, event: Wait, _: &mut SessionContext<Self>) -> Answer<u64> {
///         Answer::later(async move {
///             tokio::time::sleep(std::time::Duration::from_millis(event.milliseconds)).await;
///             Ok(event.milliseconds)
///         })
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no handler that answers the event `{E}` later",
    label = "`Later<{E}>` is listed in `Events` but not handled",
    note = "write `impl OnLater<{E}> for {Self}`; if the answer is known at once, list `{E}` and write `impl On<{E}> for {Self}`"
)]
pub trait OnLater<E: Event> {
    /// Starts handling one event.
    fn on_later(
        &mut self,
        event: E,
        cx: &mut <E::Route as Route>::Context<'_, Self>,
    ) -> Answer<E::Reply>
    where
        Self: Sized + 'static;
}

/// In a list of events: `E` is answered by a future, see [`OnLater`].
#[derive(Debug)]
pub struct Later<E>(std::marker::PhantomData<E>);

/// Turns an event that a client sent into its struct.
///
/// # Errors
/// An [`PayloadError`] when an argument is missing or does not fit the struct.
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
pub(crate) fn decode_or_refuse<E: Event + DeserializeOwned>(
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
/// An [`PayloadError`] when the struct cannot be serialized as JSON.
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
