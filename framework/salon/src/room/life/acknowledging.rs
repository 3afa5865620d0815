//! What members have not acknowledged is sent to them once more, and given up in the end.
//!
//! It must never go through the members while nothing is due.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use super::actor::RoomActor;
use crate::{
    base::{
        clock::{self, Instant},
        logged::Logged,
        meter::Count,
    },
    event::SentEvents,
    history::{Overdue, Patience},
    hub::Broadcaster,
    outbox::End,
    room::contract::Room,
    session::handle::SessionHandle,
};

/// How patiently a room awaits acknowledgements, if it sends something that is acknowledged.
pub(super) fn patience_of<R: Room>(broadcaster: &Broadcaster) -> Option<Patience> {
    let mut is_acknowledged = false;
    R::Sends::each(&mut |event| is_acknowledged |= event.acked.is_some());
    is_acknowledged.then_some(broadcaster.patience)
}

/// What a room sends that is acknowledged, and in how long.
pub(super) fn spans_of<R: Room>() -> HashMap<&'static str, Duration> {
    let mut spans = HashMap::new();
    R::Sends::each(&mut |event| spans.extend(event.acked.map(|span| (event.name, span))));
    spans
}

impl<R: Room> RoomActor<R> {
    /// Whether anything that it sends is to be acknowledged: of few rooms it is, and all ask after each event.
    #[inline]
    pub(super) fn awaits_acknowledgements(&self) -> bool {
        self.cx.members.order.log().is_some_and(|log| log.is_acknowledged())
    }

    /// When something may be due that is not acknowledged.
    pub(super) fn next_unacknowledged(&self) -> Option<Instant> {
        self.cx.members.order.log()?.next_due()
    }

    /// Sends what is due, if it is time.
    pub(super) fn send_unacknowledged(&self) {
        if self.next_unacknowledged().is_none_or(|at| at > clock::now()) {
            return;
        }
        let members = &self.cx.members;
        let Some(log) = members.order.log() else { return };
        let mut users = BTreeMap::<_, (_, Vec<_>)>::new();
        for handle in members.handles() {
            let reader = handle.reader();
            let user = (reader.subject.is_some(), reader.subject.clone());
            let session = reader.subject.is_none().then(|| reader.session.clone());
            let (_, sessions) = users.entry((user, session)).or_insert((reader, Vec::new()));
            sessions.push(handle);
        }
        let overdue = log.overdue(users.values().map(|(reader, _)| reader));
        for ((_, sessions), Overdue { again, given_up }) in users.values().zip(overdue) {
            for session in sessions {
                members.send_unacknowledged(session, again.clone());
            }
            self.count_unacknowledged(sessions[0], again.len(), given_up);
            if given_up > 0 {
                // They come back, and are not sent it any more.
                sessions.iter().for_each(|session| session.request_end(End::HangUp));
            }
        }
    }

    /// One who has come is sent what its user has not acknowledged, up to the number `after` if it reads on
    /// from there.
    pub(super) fn send_unacknowledged_to(&self, handle: &Arc<SessionHandle>, after: Option<u64>) {
        let members = &self.cx.members;
        let Some(log) = members.order.log() else { return };
        let Overdue { again, given_up } = log.entered(&handle.reader(), after);
        self.count_unacknowledged(handle, again.len(), given_up);
        members.send_unacknowledged(handle, again);
    }

    fn count_unacknowledged(&self, handle: &SessionHandle, again: usize, given_up: usize) {
        let counters = &self.cx.members.broadcaster().counters;
        let count = |count| u64::try_from(count).unwrap_or(u64::MAX);
        counters.add(Count::EventsSentAgain, count(again));
        counters.add(Count::EventsGivenUp, count(given_up));
        if given_up > 0 {
            let room = Logged(self.cx.members.name());
            tracing::warn!(%room, session = %handle.id, events = given_up, "a user acknowledges nothing: it is not sent these events any more");
        }
    }
}
