//! What goes with a message to a room, so that the room does not close before it is there.
//!
//! It must never be forgotten: a room with something on its way stays open for ever.

use std::sync::Arc;

/// Goes with a message to a room, until it is handled.
pub(in crate::room) struct Ticket(Arc<dyn Counted>);

impl Ticket {
    /// Of what has counted it already.
    pub(super) fn new(of: Arc<dyn Counted>) -> Self {
        Self(of)
    }
}

/// What counts the messages that are on their way to it.
pub(super) trait Counted: Send + Sync {
    fn arrived(&self);
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.0.arrived();
    }
}
