//! What an event is: facts about a type, known when it is compiled.
//!
//! It must never have state, nor do anything.

use std::borrow::Cow;

use super::{answer::sealed, policy::Policy, shape::Shape};

/// A typed, named message.
///
/// Derive it: `#[derive(Event)]` fills in every item from `#[event("name", …)]`. A struct that
/// clients send derives `serde::Deserialize` as well, one that the server sends `serde::Serialize`.
///
/// ```
/// use salon::prelude::*;
///
/// #[derive(Serialize, Event)]
/// #[event("chat:said", volatile)]
/// struct Said { by: String, text: String }
///
/// assert_eq!(Said::NAME, "chat:said");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event",
    label = "not an event",
    note = "add `#[derive(salon::Event)]` and `#[event(\"name\")]` to `{Self}`"
)]
pub trait Event {
    /// The name on the wire.
    const NAME: &'static str;
    /// How the value becomes a payload.
    #[doc(hidden)]
    const SHAPE: Shape;
    /// How often it may come, and what a slow client may miss.
    #[doc(hidden)]
    const POLICY: Policy;
    /// What its JSON looks like, as far as its types say so.
    #[cfg(feature = "schema")]
    #[doc(hidden)]
    const SCHEMAS: crate::schema::Schemas = crate::schema::Schemas::UNKNOWN;
    /// The type itself, with `'static` for its lifetimes: as it stands in lists of what is sent.
    #[doc(hidden)]
    type Static;
    /// What acknowledges it; `()` is an acknowledgement that carries nothing.
    type Reply: 'static;
    /// Who handles it when a client sends it: the session, or a room named by one of its fields.
    type Route: Route;
    /// The `Guard`s that check it, in their order: `()` for none, else the first
    /// and the rest, as in `(NotMuted, (NotBanned, ()))`. That each of them is a guard of this event
    /// is checked where the event is listed.
    #[doc(hidden)]
    type Guards: 'static;

    /// If it is `latest = field`: the [key](super::EventKey) in that field, of which a newer event takes
    /// the place of an older one.
    #[doc(hidden)]
    fn latest_key(&self) -> Option<Cow<'_, str>> {
        None
    }

    /// By what it is known if it is sent again: the key in the field that its derive names.
    #[doc(hidden)]
    fn once_key(&self) -> Option<Cow<'_, str>> {
        None
    }
}

/// Where an event goes, to the session of its sender or to a room: the derive says it. It is not for
/// others to implement.
pub trait Route: sealed::Sealed {
    /// The context that a handler of type `T` gets with the event.
    type Context<'a, T: 'static>;
}

/// The route of an event of Salon's own that no client sends: nobody handles it.
#[doc(hidden)]
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "there is no value of it")]
pub enum Nowhere {}

impl sealed::Sealed for Nowhere {}

impl Route for Nowhere {
    type Context<'a, T: 'static> = Self;
}
