//! What an outbox has to do with what is around it: its limits, and who is told of its end.
//!
//! It must never be made for each connection: that is what it is apart for.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tokio::sync::Notify;

use crate::{
    base::{config::Limits, disconnect::DisconnectReason, meter::Counters, number::SessionNumber},
    message::Codec,
};

/// What all outboxes of one Salon have in common.
pub(crate) struct Terms {
    pub(super) max_bytes: usize,
    pub(super) max_frames: usize,
    pub(super) max_kept_bytes: usize,
    pub(super) max_kept_frames: usize,
    pub(super) max_in_flight: u32,
    /// How what they hold is written: their connections speak one protocol.
    pub(super) codec: Arc<dyn Codec>,
    pub(super) counters: Arc<Counters>,
    /// Whether no event begins any more.
    stopping: AtomicBool,
    /// Told while stopping, when the last event of an outbox ends.
    pub(super) idle: Notify,
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
    /// As many events were in flight as may be, which one more had to wait for, and now there is one
    /// less.
    fn below_limit(&self);
}

impl Terms {
    pub(crate) fn new(limits: &Limits, codec: Arc<dyn Codec>, counters: Arc<Counters>) -> Self {
        Self {
            max_bytes: limits.max_outbox_bytes,
            max_frames: limits.max_outbox_frames,
            max_kept_bytes: limits.max_recovery_bytes,
            max_kept_frames: limits.max_recovery_frames,
            max_in_flight: limits.max_events_in_flight.try_into().unwrap_or(u32::MAX),
            codec,
            counters,
            stopping: AtomicBool::new(false),
            idle: Notify::new(),
        }
    }

    /// No new work is taken any more on any of the connections; what is in flight goes on.
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }
}
