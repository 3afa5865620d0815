//! A client that takes what it is sent: whoever has much for it alone goes on then.
//!
//! It must never be waited for by whoever sends to many.

use super::queue::Outbox;

impl Outbox {
    /// Waits until no more than half of what it may hold waits, and its sessions are behind in nothing; or
    /// until it is closed.
    pub(crate) async fn until_ready(&self) {
        loop {
            let changed = self.lock().changed.get_or_insert_default().clone();
            // Made before the look, so that room that is made in between is not missed.
            let changed = changed.notified();
            {
                let mut state = self.lock();
                let is_ready = !state.is_half_full(&self.terms) && !state.is_behind();
                if is_ready || state.closed.is_some() {
                    return;
                }
                state.is_room_awaited = true;
            }
            changed.await;
        }
    }
}
