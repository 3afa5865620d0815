//! What a session says that it sends, as whoever sends for it has to know.
//!
//! It must never name a session: what makes an event one of those is beside the session's own trait.

/// An event that the session `S` says that it sends: that is in its [`Sends`](crate::Session::Sends). `At` is where,
/// and for the compiler to find; a function that sends for any session has it as a parameter.
// The event is what implements it: while the compiler does not know the event it decides nothing.
#[diagnostic::on_unimplemented(
    message = "the session `{S}` does not say that it sends `{Self}`",
    label = "`{Self}` is not in the list of what `{S}` sends",
    note = "add it to the list: `sends = (…, {Self})` in `#[salon::session]`, or `type Sends = (…, {Self});` \
            in `impl Session for {S}`"
)]
pub trait SentBySession<S, At> {}
