//! Why a frame does not reach a client.
//!
//! It must stay small: every frame that is queued may be refused.

use crate::event::ReservedName;

/// Why a frame was not queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotQueued {
    /// The connection is closed or closing.
    #[error("the connection is closed")]
    Closed,
    /// The frame is volatile and the link is not writable.
    #[error("the frame is volatile and the connection is not writable")]
    NotWritable,
    /// As many of these events wait as its `drop = newest` says: this one is dropped, and the client is told
    /// how many were.
    #[error("as many of these events wait for the client as may: this one is dropped")]
    Dropped,
    /// The session has lost the right to the frame's room.
    #[error("the session is no member of the frame's room any more")]
    Lapsed,
    /// The name is not the application's to send.
    #[error(transparent)]
    ReservedName(#[from] ReservedName),
    /// The event has no JSON form, for instance a map whose keys are not strings, or none by the Salon's
    /// parser: the log says what is wrong.
    #[error("the event has no JSON form, and is not sent: the log says why")]
    Unserializable,
    /// The queue is over its limit; the connection is being closed for it.
    #[error("the outbox is full ({bytes} bytes in {frames} frames): the connection is closed")]
    Overflow {
        /// Bytes that were waiting.
        bytes: usize,
        /// Frames that were waiting.
        frames: usize,
    },
}
