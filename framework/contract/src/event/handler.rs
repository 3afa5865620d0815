//! Who handles an event: at once, or in the time that it takes.
//!
//! It must never say when a handler runs, or in what order: that is the framework's.

use super::{
    answer::Answer,
    event::{Event, Route},
};
use crate::refusal::Refusal;

/// A handler that answers at once.
///
/// `impl On<Ready> for Lobby` handles `Ready` in the room `Lobby`; the value returned is the
/// acknowledgement. A handler that has to wait for something implements [`OnLater`] instead. There
/// are whole examples at `Session` and `Room`.
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
