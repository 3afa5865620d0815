//! A session that is behind in what a room keeps reads that as its client takes it.
//!
//! It must never send it anything of the room out of order, nor anything once it has lost the room.
//!
//! What its client may miss waits in a lane of its own meanwhile, which no link is offered before everything is
//! read: it says behind which number it comes, and that is far ahead. So it never keeps anybody from reading
//! on: the lane counts for nothing where it is asked how much may be read, and goes for what was. Nor does it
//! wait for ever: a session reads up to the head in the end, or is cut off.

use std::sync::Arc;

use super::{
    lag::{Held, Lag, Wanted},
    not_queued::NotQueued,
    queue::Outbox,
    state::State,
    terms::Terms,
};
use crate::{
    base::{disconnect::DisconnectReason, meter::Count, room_id::RoomId},
    message::{Class, Epoch, Publication},
};

impl Outbox {
    /// The session is behind from now on, unless it has lost the room.
    ///
    /// # Errors
    /// [`NotQueued`] says why it is not.
    pub(super) fn fall_behind(&self, lag: Lag) -> Result<(), NotQueued> {
        let mut state = self.lock();
        if state.closed.is_some() {
            return Err(NotQueued::Closed);
        }
        if state.suppressed(lag.room).is_some() {
            return Err(NotQueued::Lapsed);
        }
        match state.lag_mut(lag.room).filter(|behind| Arc::ptr_eq(&behind.log, &lag.log)) {
            // It was behind already, and reads on to there.
            Some(behind) => {
                behind.last = behind.last.max(lag.last);
                behind.listed = behind.listed.max(lag.listed);
            }
            None => {
                self.counters().one(Count::MembersBehind);
                state.rare.get_or_insert_default().lags.push(lag);
            }
        }
        drop(state);
        // Its client may have taken everything meanwhile: then nobody comes to read on.
        self.read_on();
        Ok(())
    }

    /// The session reads what a room keeps, before anything that it is sent of the room from here on.
    pub(crate) fn replay(&self, lag: Lag) {
        // One that has ended, or has lost the room, reads nothing.
        let _ = self.fall_behind(lag);
    }

    /// Of a room nothing is read any more, nor of what came behind that, held back or in the lane: the session
    /// has ended.
    pub(crate) fn forget_lag(&self, room: RoomId) {
        let mut state = self.lock();
        let lag = state.take_lag(room);
        let lost = lag.as_ref().map(|_| state.take_out_lossy(room, &self.terms));
        drop(state);
        // They may have the application's bytes, whose drop is the application's code.
        drop((lag, lost));
    }

    /// Whether a session is behind, and is still to read something.
    pub(crate) fn is_to_read(&self, publication: &Publication) -> bool {
        let Some((room, kept)) = publication.room().zip(publication.kept()) else { return false };
        let mut state = self.lock();
        state.lag_mut(room).is_some_and(|lag| lag.reads(kept) && lag.next <= kept.seq)
    }

    /// Queues what those read who are behind, as long as half of what the outbox may hold is free of what is
    /// reliable.
    pub(super) fn read_on(&self) {
        loop {
            let Some(wanted) = self.lock().wanted(&self.terms) else { return };
            let Wanted { from, to, listed, most, bytes, .. } = wanted;
            // All may be read, and something still be held behind it.
            let is_left = from <= to;
            let read = match is_left {
                true => wanted.log.read(from, to, &wanted.listener, most, bytes),
                false => Some(Vec::new()),
            };
            let Some(read) = read.filter(|read| !is_left || !read.is_empty()) else {
                // The room has given up what it had to read: it is too slow for all that is kept.
                self.counters().one(Count::OutboxOverflows);
                return self.end(self.lock(), DisconnectReason::OutboxOverflow, true);
            };
            // Written here, where nothing is locked: a parser is the application's.
            let written = |publication| self.written(publication, listed);
            let read = read.into_iter().map(written).collect();
            let mut state = self.lock();
            state.has_read(&wanted, read, &self.terms);
            self.make_room(state, false);
        }
    }
}

impl Outbox {
    /// What is read, with its form for this client: if it has none, or tells who was there before what the
    /// client knows of that, what tells of its number alone.
    fn written(&self, publication: Publication, listed: u64) -> Publication {
        let is_old = || publication.kept().is_some_and(|kept| kept.seq <= listed);
        match (publication.tells_presence() && is_old())
            || self.terms.form(&publication).is_nothing()
        {
            true => publication.skipped().filter(|it| !self.terms.form(it).is_nothing()),
            false => None,
        }
        .unwrap_or(publication)
    }
}

impl State {
    /// What becomes of a publication, by whether its session is behind in the room.
    pub(super) fn hold_back(
        &mut self,
        publication: &Publication,
        cost: usize,
        terms: &Terms,
    ) -> Held {
        let Some(room) = publication.room() else { return Held::Passes };
        let Some(lag) = self.lag_mut(room) else { return Held::Passes };
        match publication.kept() {
            Some(kept) if lag.reads(kept) && lag.is_closed_by(kept) => Held::Full,
            Some(kept) if lag.reads(kept) => {
                debug_assert_eq!(
                    kept.seq,
                    lag.last + 1,
                    "a room publishes in the order of numbers"
                );
                lag.last = kept.seq;
                Held::Later
            }
            // Another order has begun: of the former one nothing is wanted any more.
            Some(_) => {
                self.release_lag(room, publication.epoch(), terms);
                Held::Passes
            }
            None if *publication.class() == Class::Volatile => Held::Missed,
            None => lag.hold(publication, cost, terms),
        }
    }

    /// What has no form for this client has a number all the same, which nothing tells of.
    pub(super) fn pass_over(&mut self, publication: &Publication) {
        let Some((room, kept)) = publication.room().zip(publication.kept()) else { return };
        if let Some(lag) = self.lag_mut(room).filter(|lag| lag.reads(kept)) {
            lag.last = kept.seq;
        }
    }

    /// How many frames are held behind what is to be read, and their bytes.
    pub(super) fn held(&self) -> (usize, usize) {
        let lags = self.rare.iter().flat_map(|rare| &rare.lags);
        lags.fold((0, 0), |(frames, bytes), lag| (frames + lag.held.len(), bytes + lag.held_bytes))
    }

    /// Whether there is anything that is to be read.
    #[inline]
    pub(super) fn is_behind(&self) -> bool {
        self.rare.as_ref().is_some_and(|rare| !rare.lags.is_empty())
    }

    /// Of a room nothing is read any more. Of what came behind that is queued what has its place in the order
    /// that follows, if one does, or in none: what has one in the order that was read would come too early.
    pub(super) fn release_lag(&mut self, room: RoomId, follows: Option<Epoch>, terms: &Terms) {
        let Some(lag) = self.take_lag(room) else { return };
        let is_due = |it: &Publication| it.epoch().is_none_or(|epoch| Some(epoch) == follows);
        let all = lag.held.len();
        let due = lag.held.into_iter().filter(|(_, it)| is_due(it)).collect::<Vec<_>>();
        terms.counters.add(Count::FramesSuppressed, frames(all - due.len()));
        self.release(due, terms);
    }

    /// The session has lost the room: nothing of it is read any more. Of what came behind that the answers
    /// are queued, which are to be refused; how many others there were.
    pub(super) fn suppress_lag(&mut self, room: RoomId, terms: &Terms) -> u64 {
        let Some(lag) = self.take_lag(room) else { return 0 };
        let all = lag.held.len();
        let answers = lag.held.into_iter().filter(|(_, it)| it.is_answer()).collect::<Vec<_>>();
        let others = all - answers.len();
        self.release(answers, terms);
        frames(others)
    }

    fn take_lag(&mut self, room: RoomId) -> Option<Lag> {
        let lags = &mut self.rare.as_mut()?.lags;
        let index = lags.iter().position(|lag| lag.room == room)?;
        let lag = lags.remove(index);
        self.drop_rare();
        // What was behind this in the lane may be offered now.
        self.wake();
        Some(lag)
    }

    fn release(&mut self, held: Vec<(u64, Publication)>, terms: &Terms) {
        for (_, publication) in held {
            let cost = terms.form(&publication).cost();
            self.queue(publication, cost);
        }
    }

    /// Whether its session is behind in a room.
    pub(super) fn is_behind_in(&self, room: RoomId) -> bool {
        self.rare.as_ref().is_some_and(|rare| rare.lags.iter().any(|lag| lag.room == room))
    }

    fn lag_mut(&mut self, room: RoomId) -> Option<&mut Lag> {
        self.rare.as_mut()?.lags.iter_mut().find(|lag| lag.room == room)
    }

    /// What is to be read next, if there is room for it.
    fn wanted(&self, terms: &Terms) -> Option<Wanted> {
        let lag = self.rare.as_ref()?.lags.first()?;
        if self.closed.is_some() || self.is_half_full(terms) {
            return None;
        }
        Some(Wanted {
            room: lag.room,
            log: lag.log.clone(),
            listener: lag.listener.clone(),
            from: lag.next,
            to: lag.last,
            listed: lag.listed,
            most: (terms.max_frames / 2).saturating_sub(self.frames.len()).max(1),
            bytes: (terms.max_bytes / 2).saturating_sub(self.bytes),
        })
    }

    /// Something was read that was wanted, if it still is.
    fn has_read(&mut self, wanted: &Wanted, read: Vec<Publication>, terms: &Terms) {
        let is_wanted = self.closed.is_none()
            && self
                .lag_mut(wanted.room)
                .is_some_and(|lag| lag.next == wanted.from && Arc::ptr_eq(&lag.log, &wanted.log));
        let Some(mut lag) = is_wanted.then(|| self.take_lag(wanted.room)).flatten() else { return };
        let mut held = std::mem::take(&mut lag.held).into_iter().peekable();
        let mut read = read.into_iter().peekable();
        // What finds no place now is read again, or comes then: nothing may be over the limits by it.
        while !self.is_half_full(terms) {
            if let Some((_, publication)) = held.next_if(|(behind, _)| *behind < lag.next) {
                let cost = terms.form(&publication).cost();
                lag.held_bytes -= cost;
                self.queue(publication, cost);
                continue;
            }
            let Some(publication) = read.next() else { break };
            let form = terms.form(&publication);
            // What has no form for this client was said once, by whoever made it.
            if !form.is_nothing() {
                let cost = form.cost();
                self.queue(publication, cost);
            }
            lag.next += 1;
        }
        lag.held = held.collect();
        if lag.next <= lag.last || !lag.held.is_empty() {
            // At the end: others have their turn first.
            self.rare.get_or_insert_default().lags.push(lag);
        }
    }
}

fn frames(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
