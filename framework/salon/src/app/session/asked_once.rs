//! An event with a key on its way to a session.
//!
//! It must never begin before the event's checks are done: whoever may not send it is answered nothing
//! that was kept.

use std::sync::Arc;

use crate::{
    once::{Begun, Keyed, Once},
    room::Checks,
    session::handle::SessionHandle,
};

/// What is to be asked once the checks of an event are done: whether it came before.
pub(super) struct AskedOnce {
    keyed: Box<Keyed>,
    sender: Arc<SessionHandle>,
    once: Arc<Once>,
}

impl AskedOnce {
    pub(super) fn new(keyed: Box<Keyed>, checks: &Checks<'_>) -> Self {
        Self { keyed, sender: checks.handle.clone(), once: checks.broadcaster.once.clone() }
    }

    /// The checks are done. What is kept outlives the session if that is a user's.
    pub(super) fn begin(&self, event: &'static str) -> Begun {
        self.once.begin(&self.sender.who(), event, &self.keyed)
    }
}
