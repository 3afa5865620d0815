//! What an outbox has to do with what is around it: its limits, and who is told of its end.
//!
//! It must never be made for each connection: that is what it is apart for.

use std::sync::Arc;

use crate::{
    base::{
        config::Limits, disconnect::DisconnectReason, in_flight::InFlightLimit, meter::Counters,
        number::SessionNumber,
    },
    message::Codec,
};

/// What all outboxes have in common whose clients speak one protocol, of one Salon.
pub(crate) struct Terms {
    pub(super) max_bytes: usize,
    pub(super) max_frames: usize,
    pub(super) max_kept_bytes: usize,
    pub(super) max_kept_frames: usize,
    /// How what they hold is written.
    pub(super) codec: Arc<dyn Codec>,
    pub(super) counters: Arc<Counters>,
    /// How many events their connections may have in flight. No outbox asks: it is here since each
    /// connection has these terms by its outbox, and a reference of its own would cost every idle one.
    pub(crate) in_flight: Arc<InFlightLimit>,
}

/// What the server ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// One session; its connection goes on.
    Session,
    /// The session, and its connection after it.
    Connection,
    /// The connection, without a word to the session's client before.
    HangUp,
}

/// The connection whose outbox it is.
pub(crate) trait Owner: Send + Sync {
    /// The end is decided: nothing more is queued. It comes once.
    fn ended(&self, reason: DisconnectReason);
    /// The server wants a session ended, or the connection because of it.
    fn end_session(&self, session: SessionNumber, end: End);
}

impl Terms {
    pub(crate) fn new(
        limits: &Limits,
        codec: Arc<dyn Codec>,
        counters: Arc<Counters>,
        in_flight: Arc<InFlightLimit>,
    ) -> Self {
        Self {
            max_bytes: limits.max_outbox_bytes,
            max_frames: limits.max_outbox_frames,
            max_kept_bytes: limits.max_recovery_bytes,
            max_kept_frames: limits.max_recovery_frames,
            codec,
            counters,
            in_flight,
        }
    }
}
