//! How the lane of what a client may miss shares an outbox with what is reliable.
//!
//! It must never take a place from that: all that waits in the lane goes for it.

use super::{
    lossy::{Came, Lossy},
    not_queued::NotQueued,
    queue::Outbox,
    state::State,
    terms::Terms,
    transport_kind::TransportKind,
};
use crate::{
    base::{meter::Count, room_id::RoomId, sync::MutexGuard},
    message::{Class, Publication, Topic},
};

impl Outbox {
    /// Queues one that is not reliable, and has others of its topic.
    pub(super) fn queue_lossy(
        &self,
        mut state: MutexGuard<'_, State>,
        publication: &Publication,
        topic: Topic,
        cost: usize,
    ) -> Result<(), NotQueued> {
        state.begin_turn(self.transport() == TransportKind::Polling);
        let lossy = state.rare.get_or_insert_default().lossy.get_or_insert_default();
        let came = lossy.push(publication.clone(), topic.clone(), cost, &self.terms);
        let mut is_news = false;
        match came {
            Came::Queued => {}
            Came::InPlace => self.terms.counters.one(Count::FramesConflated),
            Came::OldestDropped | Came::TooMany => {
                self.terms.counters.one(Count::FramesDropped);
                is_news = state.miss(topic);
            }
        }
        state.wake();
        self.make_room(state, is_news);
        if came == Came::TooMany { Err(NotQueued::Dropped) } else { Ok(()) }
    }

    /// Queues one of a room's newest values for who has just joined: ahead of what comes then, while half of
    /// the outbox is left for that.
    ///
    /// # Errors
    /// [`NotQueued`] says why it was not queued.
    pub(crate) fn push_in_order(&self, publication: &Publication) -> Result<(), NotQueued> {
        if self.is_half_full() {
            return self.push(publication);
        }
        match self.offer(publication) {
            Err(NotQueued::Overflow { .. }) => self.push(publication),
            offered => offered,
        }
    }

    /// A session of that namespace has ended: what it may miss goes out ahead of the word about it, if at
    /// all, and none of it to one that comes after it.
    pub(crate) fn end_of_session(&self, namespace: &str) {
        self.lock().put_in_order(|topic| topic.namespace == namespace, &self.terms);
    }

    /// Has what waits in the lane make room, if more waits than the outbox holds. `is_news` says whether its
    /// connection is to hear that its client has missed something, in any case.
    pub(super) fn make_room(&self, mut state: MutexGuard<'_, State>, is_news: bool) {
        let is_news = state.make_room(&self.terms) || is_news;
        drop(state);
        if is_news {
            self.request_telling();
        }
    }
}

impl State {
    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.frames.is_empty() && self.lossy().is_none_or(Lossy::is_empty)
    }

    /// What waits that its client may miss.
    pub(super) fn lossy(&self) -> Option<&Lossy> {
        self.rare.as_ref()?.lossy.as_ref()
    }

    /// Takes so many from the front of the lane.
    pub(super) fn take_lossy(&mut self, count: usize, terms: &Terms) {
        let Some(lossy) = self.rare.as_mut().and_then(|rare| rare.lossy.as_mut()) else { return };
        (0..count).for_each(|_| drop(lossy.take(terms)));
    }

    /// Drops what waits in the lane, and what was dropped before: nobody is told any more.
    pub(super) fn drop_lossy(&mut self) {
        if let Some(rare) = &mut self.rare {
            (rare.lossy, rare.missed) = (None, None);
            self.drop_rare();
        }
    }

    /// Takes what waits of some topics out. What was dropped of them is not told.
    fn take_out_lossy(
        &mut self,
        which: impl Fn(&Topic) -> bool,
        terms: &Terms,
    ) -> Vec<Publication> {
        let Some(rare) = &mut self.rare else { return Vec::new() };
        rare.missed.iter_mut().for_each(|missed| missed.forget(&which));
        rare.lossy.as_mut().map_or_else(Vec::new, |lossy| lossy.take_out(which, terms))
    }

    /// Takes what waits of a room out, to which its session has lost the right, and says how many.
    pub(super) fn lose_lossy(&mut self, room: RoomId, terms: &Terms) -> u64 {
        let lost = self.take_out_lossy(|topic| topic.room == Some(room), terms);
        u64::try_from(lost.len()).unwrap_or(u64::MAX)
    }

    /// A room has let its session go.
    pub(super) fn let_go(&mut self, room: RoomId, terms: &Terms) {
        self.put_in_order(|topic| topic.room == Some(room), terms);
    }

    /// What waits of some topics has its place among what is reliable from now on, while half of the outbox is
    /// left for that: of them nothing may come after what comes next.
    fn put_in_order(&mut self, which: impl Fn(&Topic) -> bool, terms: &Terms) {
        for frame in self.take_out_lossy(which, terms) {
            let cost = terms.form(&frame).cost();
            if !self.is_half_full(terms) && self.admits(&frame, cost, terms) {
                self.queue(frame, cost);
            } else {
                terms.counters.one(Count::FramesDropped);
            }
        }
    }

    /// The oldest in the lane go while more waits than an outbox holds. Whether its connection is to hear
    /// that its client has missed something.
    fn make_room(&mut self, terms: &Terms) -> bool {
        let mut is_news = false;
        while let Some(dropped) = self.drop_oldest(terms) {
            terms.counters.one(Count::FramesDropped);
            if matches!(dropped.class(), Class::Drop { .. })
                && let Some(topic) = dropped.topic()
            {
                is_news |= self.miss(topic);
            }
        }
        is_news
    }

    fn drop_oldest(&mut self, terms: &Terms) -> Option<Publication> {
        let lane = self.lossy()?;
        let (waiting, waiting_bytes) = (lane.len(), lane.bytes());
        let ((frames, bytes), times) = (self.own(), self.times());
        let is_alone = frames == 0 && waiting <= 1;
        let is_too_much = frames + waiting > terms.max_frames.saturating_mul(times)
            || bytes + waiting_bytes > terms.max_bytes.saturating_mul(times);
        if is_alone || !is_too_much {
            return None;
        }
        self.rare.as_mut()?.lossy.as_mut()?.take(terms)
    }

    /// One more was dropped. Whether that is news to its connection.
    fn miss(&mut self, topic: Topic) -> bool {
        let missed = &mut self.rare.get_or_insert_default().missed;
        let is_news = missed.is_none();
        missed.get_or_insert_default().add(topic, 1);
        is_news
    }
}

#[cfg(test)]
mod tests;
