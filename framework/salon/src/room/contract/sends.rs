//! What a room says that it sends, as whoever sends for it has to know.
//!
//! It must never name a room: what makes an event one of those is beside the trait of rooms.

/// An event that the room `R` says that it sends: that is in its [`Sends`](crate::room::contract::room::Room::Sends). `At` is where,
/// and for the compiler to find; a function that sends for any room has it as a parameter.
///
/// ```
/// use salon::{prelude::*, room::SentByRoom};
///
/// #[derive(Serialize, Event)]
/// #[event("applause")]
/// struct Applause;
///
/// fn applaud<R: Room, At>(cx: &RoomContext<R>)
/// where
///     Applause: SentByRoom<R, At>,
/// {
///     cx.broadcast(&Applause);
/// }
/// ```
// The event is what implements it: while the compiler does not know the event it decides nothing.
#[diagnostic::on_unimplemented(
    message = "the room `{R}` does not say that it sends `{Self}`",
    label = "`{Self}` is not in the list of what `{R}` sends",
    note = "add it to the list: `sends = (…, {Self})` in `#[salon::room]`, or `type Sends = (…, {Self});` \
            in `impl Room for {R}`"
)]
pub trait SentByRoom<R, At> {}
