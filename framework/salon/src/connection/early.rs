//! Events for rooms that their sender has been in and has not joined again, as they wait.
//!
//! It must never keep one whose session has ended.

use super::open_session::OpenSession;
use crate::{
    base::{clock::Instant, number::SessionNumber},
    room::Early,
};

/// Those of one client, in the order in which they came.
#[derive(Default)]
pub(super) struct EarlyEvents(Vec<EarlyEvent>);

/// One of them.
struct EarlyEvent {
    session: SessionNumber,
    /// As long as its sender has to join.
    until: Instant,
    early: Early,
}

impl EarlyEvents {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One more waits.
    pub(super) fn push(&mut self, session: SessionNumber, until: Instant, early: Early) {
        self.0.push(EarlyEvent { session, until, early });
    }

    /// When the first has waited for long enough.
    pub(super) fn next(&self) -> Option<Instant> {
        self.0.first().map(|event| event.until)
    }

    /// Nobody joins any more for those that have waited for long enough.
    pub(super) fn await_no_more(&self, now: Instant, open: &[OpenSession]) {
        for EarlyEvent { session, early, .. } in self.0.iter().filter(|event| event.until <= now) {
            let session = open.iter().find(|open| open.number() == *session);
            let claims = session.map(|session| &session.handle.state.claims);
            claims.into_iter().for_each(|claims| claims.await_no_more(&early.room));
        }
    }

    /// The first that waits for no room any more, with the place of its session.
    pub(super) fn take(&mut self, open: &[OpenSession]) -> Option<(usize, Early)> {
        let place = |event: &EarlyEvent| open.iter().position(|it| it.number() == event.session);
        self.0.retain(|event| place(event).is_some());
        let is_ready = |event: &EarlyEvent| {
            let handle = place(event).map(|session| &open[session].handle);
            handle.is_some_and(|handle| !handle.state.claims.awaits(&event.early.room))
        };
        let ready = self.0.iter().position(is_ready)?;
        Some((place(&self.0[ready])?, self.0.remove(ready).early))
    }
}
