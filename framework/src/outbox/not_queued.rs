//! Why a frame does not reach a client.
//!
//! It must never blame who emits: whatever it says is about the client and its connection.

/// Why a frame was not queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotQueued {
    /// The connection is closed or closing.
    #[error("the connection is closed")]
    Closed,
    /// The frame is volatile and the link is not writable.
    #[error("the frame is volatile and the connection is not writable")]
    NotWritable,
    /// The session has lost the right to the frame's room.
    #[error("the session is no member of the frame's room any more")]
    Lapsed,
    /// The queue is over its limit; the connection is being closed for it.
    #[error("the outbox is full ({bytes} bytes in {frames} frames): the connection is closed")]
    Overflow {
        /// Bytes that were waiting.
        bytes: usize,
        /// Frames that were waiting.
        frames: usize,
    },
}
