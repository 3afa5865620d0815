//! What a handler in an attributed impl block may return.
//!
//! It must never have a third way: what takes time is an [`Answer`](super::Answer), by its name.

use crate::refusal::Refusal;

/// What a method marked `#[on]` or `#[hook]` returns where a `T` is wanted: the `T` itself, or a
/// `Result` of it with whatever turns into a [`Refusal`]. Nothing at all is `()`, which is what
/// acknowledges an event without a `reply`.
///
/// ```
/// use salon::{event::IntoReply, prelude::*};
///
/// assert_eq!(IntoReply::<u32>::into_reply(7), Ok(7));
/// let refused: Result<u32, Refusal> = Err(Refusal::forbidden("Not you."));
/// assert!(IntoReply::<u32>::into_reply(refused).is_err());
/// ```
#[diagnostic::on_unimplemented(
    message = "where `{T}` is wanted, `{Self}` is returned",
    label = "neither `{T}` nor a `Result<{T}, Refusal>`",
    note = "a handler returns what its event says: nothing, or what stands in `reply = Type`",
    note = "what takes time returns an `Answer<{T}>`, under that name"
)]
pub trait IntoReply<T> {
    /// The reply, or why there is none.
    ///
    /// # Errors
    /// The refusal that is the answer then.
    fn into_reply(self) -> Result<T, Refusal>;
}

impl<T> IntoReply<T> for T {
    fn into_reply(self) -> Result<T, Refusal> {
        Ok(self)
    }
}

impl<T, E: Into<Refusal>> IntoReply<T> for Result<T, E> {
    fn into_reply(self) -> Result<T, Refusal> {
        self.map_err(Into::into)
    }
}
