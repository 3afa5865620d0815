//! The list of events that a session handles, as entries of its namespace's table.
//!
//! It must never be needed at run time to decide a type: a listed event without a handler does not
//! compile.

use futures_util::future::LocalBoxFuture;

use super::any_session::AnySession;
use crate::{
    base::refusal::Refusal,
    event::Policy,
    message::Delivery,
    payload::{NoJson, Payload, UncheckedPayload},
    room::Checks,
};

/// What a handler answered, or why it has not been called.
pub(crate) enum Called {
    Done(Result<Payload, Refusal>),
    Later(LocalBoxFuture<'static, Concluded>),
    /// The checks wait for something; then the handler is to be called.
    Held(LocalBoxFuture<'static, Resume>),
}

/// What an answer came to that takes time.
pub(crate) enum Concluded {
    Answered(Result<Payload, Refusal>),
    /// Something is to be done in the session first.
    Then(Conclude),
}

/// Does in the session what is to be done before an answer.
pub(crate) type Conclude = Box<dyn FnOnce(&mut dyn AnySession) -> Result<Payload, Refusal>>;

/// Calls the handler of an event whose checks were waited for.
pub(crate) type Resume = Box<dyn FnOnce(&mut dyn AnySession) -> Called>;

/// Calls the handler of an event, unless what it carries is no JSON.
type Call = Box<
    dyn Fn(
            &mut dyn AnySession,
            UncheckedPayload,
            Option<Box<Delivery>>,
            &mut Checks<'_>,
        ) -> Result<Called, NoJson>
        + Send
        + Sync,
>;

/// How one kind of event is handled by the session.
pub struct SessionRoute {
    pub(crate) name: &'static str,
    pub(crate) policy: Policy,
    #[cfg(feature = "contract")]
    pub(crate) facts: salon_contract::document::EventFacts,
    pub(crate) call: Call,
}

/// A list of the events that the session `S` handles: a tuple of them, or of further lists.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a list of events of the session `{S}`",
    note = "a list is a tuple of up to 16: `(Join, Say)`, or `(Join,)` with its comma for one alone",
    note = "more than 16 events go into lists of their own: `((Join, Leave), (Say, Edit))`"
)]
pub trait SessionEvents<S> {
    #[doc(hidden)]
    fn list(routes: &mut Vec<SessionRoute>);
}

/// What is in the list of a session: `E` where `S: On<E>`, `Later<E>` where `S: OnLater<E>`, or a
/// list of such.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be in the list of events of the session `{S}`",
    note = "a list within the list can be there if each event that is in it can",
    note = "an event of a session derives `Event` without `room`, and `Deserialize`",
    note = "`Later<E>` needs `impl OnLater<E> for {S}`, and `E` alone `impl On<E> for {S}`",
    note = "each `guard` of its derive needs `impl Guard<E>`, with the `Identity` of `{S}`"
)]
pub trait SessionListed<S> {
    #[doc(hidden)]
    fn list(routes: &mut Vec<SessionRoute>);
}
