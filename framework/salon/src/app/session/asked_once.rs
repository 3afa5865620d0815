//! An event with a key on its way to a session.
//!
//! It must never begin before the event's checks are done: whoever may not send it is answered nothing
//! that was kept.

use std::sync::Arc;

use futures_util::FutureExt;

use super::listed::{Called, Concluded};
use crate::{
    auth::{Right, hold_answer},
    hub::Broadcaster,
    once::{Begun, Keyed, Run, gone},
    room::Checks,
    session::handle::SessionHandle,
};

/// What is to be asked once the checks of an event are done: whether it came before.
pub(super) struct AskedOnce {
    keyed: Box<Keyed>,
    sender: Arc<SessionHandle>,
    broadcaster: Arc<Broadcaster>,
}

impl AskedOnce {
    pub(super) fn new(keyed: Box<Keyed>, checks: &Checks<'_>) -> Self {
        let (sender, broadcaster) = (checks.handle.clone(), checks.broadcaster.clone());
        Self { keyed, sender, broadcaster }
    }

    /// The checks are done, by a right if they took one: the event is to be handled if it has come first
    /// with its key. Else it is answered so.
    pub(super) fn begin(
        &self,
        event: &'static str,
        right: Option<Arc<Right>>,
    ) -> Result<Run, Called> {
        let Self { keyed, sender, broadcaster } = self;
        match broadcaster.once.begin(&sender.who(), event, keyed) {
            Begun::Run(run) => Ok(run),
            Begun::Answered(answered) => Err(Called::Done(answered)),
            Begun::Waits(first) => {
                let first = first.map(|answered| answered.unwrap_or_else(|_| Err(gone())));
                let held = hold_answer(right, first, broadcaster.tally);
                Err(Called::Later(held.map(Concluded::Answered).boxed_local()))
            }
        }
    }
}
