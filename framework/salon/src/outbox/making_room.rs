//! How the lane of what a client may miss shares an outbox with what is reliable.
//!
//! It must never take a place from that: all that waits in the lane goes for it. Nor may anything of a room
//! leave it while its session is behind there, but at the end of what is to be read.

use super::{
    drain::Frames,
    lag::Held,
    lossy::{Came, Lossy},
    not_queued::NotQueued,
    queue::Outbox,
    state::State,
    terms::Terms,
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
        state.begin_turn(|| self.is_polled());
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
        if state.offers_something() {
            state.wake();
        }
        self.make_room(state, is_news);
        if came == Came::TooMany { Err(NotQueued::Dropped) } else { Ok(()) }
    }

    /// Queues one of a room's newest values for who has just joined: ahead of what comes then, while half of
    /// the outbox is left for that; and behind what it missed, if it has come back and reads that.
    ///
    /// # Errors
    /// [`NotQueued`] says why it was not queued.
    pub(crate) fn push_in_order(&self, publication: &Publication) -> Result<(), NotQueued> {
        let (mut state, cost) = self.open_for(publication)?;
        match state.hold_back(publication, cost, &self.terms) {
            Held::Later => Ok(()),
            Held::Passes if state.has_place_for(publication, cost, &self.terms) => {
                self.queue(state, publication, cost, None)
            }
            Held::Passes | Held::Missed | Held::Full => {
                drop(state);
                self.push(publication)
            }
        }
    }

    /// What a room publishes from here on is of another order: of the former one nothing may come behind that.
    pub(crate) fn end_order(&self, room: RoomId) {
        let mut state = self.lock();
        let mut is_news = false;
        for dropped in state.put_in_order(|topic| topic.room == Some(room), &self.terms) {
            is_news |= state.note_dropped(&dropped, &self.terms);
        }
        self.make_room(state, is_news);
    }

    /// A session of that namespace has ended: what it may miss goes out ahead of the word about it, if at
    /// all, and none of it to one that comes after it.
    pub(crate) fn end_of_session(&self, namespace: &str) {
        self.lock().leave(|topic| topic.namespace == namespace, &self.terms);
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
    /// Whether something waits that a link may take.
    pub(super) fn offers_something(&self) -> bool {
        !self.frames.is_empty() || self.offered_lossy().is_some_and(|lossy| !lossy.is_empty())
    }

    /// What waits that its client may miss, if nothing is to be read before it.
    pub(super) fn offered_lossy(&self) -> Option<&Lossy> {
        self.lossy().filter(|_| !self.is_behind())
    }

    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.frames.is_empty() && self.lossy().is_none_or(Lossy::is_empty)
    }

    /// What waits that its client may miss.
    pub(super) fn lossy(&self) -> Option<&Lossy> {
        self.rare.as_ref()?.lossy.as_ref()
    }

    /// Takes as many from the front of the lane as `count` says; whether that is any.
    pub(super) fn take_from_lane(
        &mut self,
        terms: &Terms,
        count: impl FnOnce(Frames<'_>) -> usize,
    ) -> bool {
        let lossy = self.offered_lossy().into_iter().flat_map(Lossy::iter);
        let waiting: Vec<_> = lossy.cloned().collect();
        // Also where there is none: what overtakes the frames goes out with them.
        let count = count(Frames::new(&waiting, terms));
        if waiting.is_empty() {
            return false;
        }
        let lossy = self.rare.as_mut().and_then(|rare| rare.lossy.as_mut());
        if let Some(lossy) = lossy {
            (0..count).for_each(|_| drop(lossy.take(terms)));
        }
        self.turn_over(terms);
        if count > 0 {
            self.tell_of_room();
        }
        count > 0
    }

    /// Drops what waits in the lane, and what was dropped before: nobody is told any more.
    pub(super) fn drop_lossy(&mut self) {
        if let Some(rare) = &mut self.rare {
            (rare.lossy, rare.missed) = (None, None);
            self.drop_rare();
        }
    }

    /// Takes what waits of a room out. What was dropped of it is not told.
    pub(super) fn take_out_lossy(&mut self, room: RoomId, terms: &Terms) -> Vec<Publication> {
        let Some(rare) = &mut self.rare else { return Vec::new() };
        let which = |topic: &Topic| topic.room == Some(room);
        rare.missed.iter_mut().for_each(|missed| missed.forget(which));
        rare.lossy.as_mut().map_or_else(Vec::new, |lossy| lossy.take_out(which, terms))
    }

    /// Takes what waits of a room out, to which its session has lost the right, and says how many.
    pub(super) fn lose_lossy(&mut self, room: RoomId, terms: &Terms) -> u64 {
        u64::try_from(self.take_out_lossy(room, terms).len()).unwrap_or(u64::MAX)
    }

    /// A room has let its session go.
    pub(super) fn let_go(&mut self, room: RoomId, terms: &Terms) {
        self.leave(|topic| topic.room == Some(room), terms);
    }

    /// Of some topics nothing comes any more. What was dropped of them is not told.
    fn leave(&mut self, which: impl Fn(&Topic) -> bool, terms: &Terms) {
        let dropped = self.put_in_order(&which, terms);
        terms.counters.add(Count::FramesDropped, dropped.len().try_into().unwrap_or(u64::MAX));
        let missed = self.rare.as_mut().and_then(|rare| rare.missed.as_mut());
        missed.into_iter().for_each(|missed| missed.forget(&which));
    }

    /// What waits of some topics has its place among what is reliable from now on, while half of the outbox is
    /// left for that: of them nothing may come after what comes next. What has no place is returned; so is what
    /// is of a room in which the session is behind, since what is to be read before it may never be.
    fn put_in_order(&mut self, which: impl Fn(&Topic) -> bool, terms: &Terms) -> Vec<Publication> {
        let lossy = self.rare.as_mut().and_then(|rare| rare.lossy.as_mut());
        let mut left = lossy.map_or_else(Vec::new, |lossy| lossy.take_out(which, terms));
        left.retain(|frame| {
            let cost = terms.form(frame).cost();
            let is_early = frame.room().is_some_and(|room| self.is_behind_in(room));
            if is_early || !self.has_place_for(frame, cost, terms) {
                return true;
            }
            self.queue(frame.clone(), cost);
            false
        });
        left
    }

    /// Whether something that its client may miss has a place among what is reliable: half of the outbox is
    /// left for that.
    fn has_place_for(&self, publication: &Publication, cost: usize, terms: &Terms) -> bool {
        !self.is_half_full(terms) && self.admits(publication, cost, terms)
    }

    /// The oldest in the lane go while more waits than an outbox holds. Whether its connection is to hear
    /// that its client has missed something.
    fn make_room(&mut self, terms: &Terms) -> bool {
        let mut is_news = false;
        while let Some(dropped) = self.drop_oldest(terms) {
            is_news |= self.note_dropped(&dropped, terms);
        }
        is_news
    }

    /// One that waited is dropped. Whether that is news to its connection.
    fn note_dropped(&mut self, dropped: &Publication, terms: &Terms) -> bool {
        terms.counters.one(Count::FramesDropped);
        match dropped.topic() {
            Some(topic) if matches!(dropped.class(), Class::Drop { .. }) => self.miss(topic),
            _ => false,
        }
    }

    fn drop_oldest(&mut self, terms: &Terms) -> Option<Publication> {
        let lane = self.lossy()?;
        let (waiting, waiting_bytes) = (lane.len(), lane.bytes());
        let ((frames, bytes), times) = (self.own(), self.times());
        let is_alone = frames == 0 && waiting <= 1;
        let is_too_much = frames + waiting > terms.max_frames.saturating_mul(times)
            || bytes + waiting_bytes > terms.max_bytes.saturating_mul(times);
        if is_alone || !is_too_much || self.is_within_its_half(lane, terms) {
            return None;
        }
        self.rare.as_mut()?.lossy.as_mut()?.take(terms)
    }

    /// Whether the lane takes no more than one half of an outbox, which is its own while a session is behind:
    /// that reads up to the other half, and one frame more. If its client takes nothing, what waits may be all
    /// that an outbox holds, and stay so: of what comes meanwhile the newest is there all the same when it
    /// does.
    fn is_within_its_half(&self, lane: &Lossy, terms: &Terms) -> bool {
        self.is_behind() && lane.len() < terms.max_frames / 2 && lane.bytes() <= terms.max_bytes / 2
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
