//! What a link is told beside the frames.
//!
//! It must never carry data: what is in this lane overtakes all that waits.

/// What a link is told that overtakes the frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Control {
    /// To ask the client for a sign that it is there.
    Ping,
    /// To give the client that waits for something to be sent an answer without anything in it.
    LetGo,
}
