//! What changes in an outbox, under its lock.
//!
//! It must stay small while nothing waits: there is one for every connection, and most are idle.

use std::{collections::HashMap, sync::Arc, task::Waker};

use smallvec::SmallVec;
use tokio::sync::Notify;

use super::{
    burst::Burst,
    catching_up::CatchingUp,
    control::{Control, Lane},
    drain::{Frames, LinkNumber},
    lag::Lag,
    lossy::Lossy,
    missed::Missed,
    terms::Terms,
};
use crate::{
    base::{bye::Bye, disconnect::DisconnectReason, number::MembershipNumber, room_id::RoomId},
    message::Publication,
};

/// Of so many frames, taken at once, an outbox gives the place back; of fewer by the next heartbeat.
const MOST_SPARE: usize = 64;

/// What waits in an outbox, and for what it waits.
#[derive(Default)]
pub(super) struct State {
    control: Lane,
    /// What is reliable, and what is volatile. In place while there are few.
    pub(super) frames: SmallVec<[Publication; 2]>,
    pub(super) bytes: usize,
    pub(super) link: LinkNumber,
    pub(super) closed: Option<DisconnectReason>,
    /// What its client is told of that, if somebody has said.
    pub(super) bye: Option<Bye>,
    /// The link that waited last.
    waker: Option<Waker>,
    /// Whether it waits still.
    is_awaited: bool,
    /// Whether all that waits was queued since a link that was ready for it had its last turn.
    pub(super) is_fresh: bool,
    /// Boxed: most connections never lose a room, nor have much to catch up on.
    pub(super) rare: Option<Box<Rare>>,
    /// Made for who waits first for the end, or for room.
    pub(super) changed: Option<Arc<Notify>>,
    /// Whether somebody waits for room.
    pub(super) is_room_awaited: bool,
}

/// What few connections have.
#[derive(Default)]
pub(super) struct Rare {
    /// Rooms whose frames are suppressed, and up to which membership: while something may be on its
    /// way by one that was lost.
    suppressed: Suppressed,
    /// If it came back, and has more to be sent than an outbox holds.
    catching_up: Option<CatchingUp>,
    /// If it was sent more in one turn than an outbox holds.
    burst: Option<Burst>,
    /// The rooms in which its sessions are behind.
    pub(super) lags: Vec<Lag>,
    /// If it was sent events that it may miss since its last heartbeat.
    pub(super) lossy: Option<Lossy>,
    /// If it has missed some of those of which it is told.
    pub(super) missed: Option<Missed>,
}

type Suppressed = HashMap<RoomId, MembershipNumber>;

impl Rare {
    /// The frame in front is taken.
    fn take(&mut self, frame: &Publication, cost: usize) {
        let is_own = self.catching_up.is_none() || !CatchingUp::counts(frame);
        if let Some(catching_up) = &mut self.catching_up {
            catching_up.take(frame, cost);
        }
        if let Some(burst) = &mut self.burst {
            burst.take(is_own, cost);
        }
    }
}

impl State {
    /// The link is to be told something ahead of the frames.
    pub(super) fn queue_control(&mut self, control: Control) {
        self.control.add(control);
        self.wake();
    }

    /// Whether a ping waits for the link.
    pub(super) fn has_ping(&self) -> bool {
        self.control.has_ping()
    }

    /// Takes the lane of control. Something is in it as often as a heartbeat comes: a connection that has
    /// nothing else to be sent gives back then what it took when it had.
    pub(super) fn take_control(&mut self) -> Lane {
        let control = std::mem::take(&mut self.control);
        if !control.is_empty() && self.is_empty() {
            self.frames.shrink_to_fit();
            self.rare.iter_mut().for_each(|rare| rare.lossy = None);
            self.drop_rare();
        }
        control
    }

    /// Drops the frames that wait.
    pub(super) fn drop_frames(&mut self) {
        self.take_all();
        if let Some(rare) = &mut self.rare {
            rare.lags.clear();
        }
        self.drop_lossy();
        self.tell_of_room();
    }

    /// Takes all frames out; some may be [queued](Self::queue) again.
    fn take_all(&mut self) -> SmallVec<[Publication; 2]> {
        self.bytes = 0;
        if let Some(rare) = &mut self.rare {
            rare.burst = None;
            if let Some(catching_up) = &mut rare.catching_up {
                *catching_up = CatchingUp::default();
            }
        }
        std::mem::take(&mut self.frames)
    }

    /// Takes the frames of a room out, and says how many; but for answers, which stay and are returned.
    pub(super) fn take_out(&mut self, room: RoomId, terms: &Terms) -> (u64, Vec<Publication>) {
        let (mut taken, mut answers) = (self.suppress_lag(room, terms), Vec::new());
        self.replace(terms, |frame| {
            if frame.room() != Some(room) {
                return Some(frame);
            }
            if frame.is_answer() {
                answers.push(frame.clone());
                return Some(frame);
            }
            taken += 1;
            None
        });
        if taken > 0 {
            self.tell_of_room();
        }
        (taken + self.lose_lossy(room, terms), answers)
    }

    /// Puts in the place of answers of a room what goes with each, or nothing. They are in their order,
    /// and some may have been written meanwhile. How many there were.
    pub(super) fn refuse(
        &mut self,
        room: RoomId,
        mut answers: &[(Publication, Option<Publication>)],
        terms: &Terms,
    ) -> u64 {
        let mut refused = 0;
        self.replace(terms, |frame| {
            let is_one = frame.room() == Some(room) && frame.is_answer();
            let found = answers.iter().position(|(answer, _)| is_one && answer.is(&frame));
            let Some(found) = found else { return Some(frame) };
            let (_, instead) = &answers[found];
            answers = &answers[found + 1..];
            refused += 1;
            instead.clone()
        });
        if refused > 0 {
            self.tell_of_room();
        }
        refused
    }

    /// Has something else in the place of each frame that waits, or nothing.
    fn replace(
        &mut self,
        terms: &Terms,
        mut instead: impl FnMut(Publication) -> Option<Publication>,
    ) {
        let front = self.burst().map_or(0, Burst::front);
        let mut burst = Burst::default();
        for (index, frame) in self.take_all().into_iter().enumerate() {
            if let Some(frame) = instead(frame) {
                let cost = terms.form(&frame).cost();
                if index < front {
                    burst.add(self.is_own(&frame), cost);
                }
                self.queue(frame, cost);
            }
        }
        if burst.front() > 0 {
            self.rare.get_or_insert_default().burst = Some(burst);
        }
    }

    pub(super) fn burst(&self) -> Option<&Burst> {
        self.rare.as_ref()?.burst.as_ref()
    }

    /// Frames that are kept for all who come back are counted apart, until it has caught up.
    pub(super) fn catch_up(&mut self, terms: &Terms) {
        if self.catching_up().is_none() {
            let catching_up = CatchingUp::new(&self.frames, terms);
            self.rare.get_or_insert_default().catching_up = Some(catching_up);
            // What it catches up on counts there alone.
            let front = self.burst().map_or(0, Burst::front);
            let burst = self.burst_of(front, terms);
            self.rare.get_or_insert_default().burst = Some(burst).filter(|_| front > 0);
        }
    }

    pub(super) fn catching_up(&self) -> Option<&CatchingUp> {
        self.rare.as_ref()?.catching_up.as_ref()
    }

    fn catching_up_mut(&mut self) -> Option<&mut CatchingUp> {
        self.rare.as_mut()?.catching_up.as_mut()
    }

    /// Gives back what few connections have, if this is none of them any more.
    pub(super) fn drop_rare(&mut self) {
        let is_idle = |rare: &Rare| {
            rare.suppressed.is_empty()
                && rare.catching_up.is_none()
                && rare.burst.is_none()
                && rare.lags.is_empty()
                && rare.lossy.is_none()
                && rare.missed.is_none()
        };
        self.rare.take_if(|rare| is_idle(rare));
    }

    /// The frames of a room are suppressed from now on, up to that membership.
    pub(super) fn suppress(&mut self, room: RoomId, membership: MembershipNumber) {
        let rare = self.rare.get_or_insert_default();
        let last = rare.suppressed.entry(room).or_insert(membership);
        *last = membership.max(*last);
    }

    /// Up to which membership the frames of a room are suppressed, if they are.
    pub(super) fn suppressed(&self, room: RoomId) -> Option<MembershipNumber> {
        self.rare.as_ref()?.suppressed.get(&room).copied()
    }

    pub(super) fn suppresses(&self, publication: &Publication) -> bool {
        publication.room().is_some_and(|room| self.suppressed(room).is_some())
    }

    /// The frames of a room are suppressed no more, if `is_over` says so of the last membership that
    /// was lost; and of what a member was behind in nothing is read any more. What waits of the room in the
    /// lane of what may be missed has been [let go](Self::let_go) before.
    pub(super) fn resume(
        &mut self,
        room: RoomId,
        terms: &Terms,
        is_over: impl FnOnce(MembershipNumber) -> bool,
    ) {
        self.release_lag(room, None, terms);
        let Some(rare) = &mut self.rare else { return };
        if rare.suppressed.get(&room).is_some_and(|last| is_over(*last)) {
            rare.suppressed.remove(&room);
        }
        self.drop_rare();
    }

    /// Something is to be queued, for a link that is ready if there is one, or `may_come` for it. One that
    /// was called, for a ping perhaps, and has not come yet is ready.
    pub(super) fn begin_turn(&mut self, may_come: impl FnOnce() -> bool) {
        if self.is_empty() {
            self.is_fresh = self.waker.is_some() || may_come();
        }
    }

    /// Appends a frame that counts so many bytes.
    pub(super) fn queue(&mut self, publication: Publication, cost: usize) {
        self.bytes += cost;
        if let Some(catching_up) = self.catching_up_mut() {
            catching_up.queue(&publication, cost);
        }
        self.frames.push(publication);
        self.wake();
    }

    /// Takes as many frames as `count` says; whether that is any.
    pub(super) fn take(&mut self, terms: &Terms, count: impl FnOnce(Frames<'_>) -> usize) -> bool {
        if self.frames.is_empty() {
            return self.take_from_lane(terms, count);
        }
        let count = count(Frames::new(&self.frames, terms));
        if self.rare.is_none() && count == self.frames.len() {
            // Mostly: then there is nothing to be counted.
            match count {
                // Not at the next heartbeat only: thousands may have come back at once, and read what they missed.
                MOST_SPARE.. => self.frames = SmallVec::new(),
                _ => self.frames.clear(),
            }
            self.bytes = 0;
        } else {
            for frame in self.frames.drain(..count) {
                let cost = terms.form(&frame).cost();
                self.bytes -= cost;
                if let Some(rare) = &mut self.rare {
                    rare.take(&frame, cost);
                }
            }
            self.turn_over(terms);
        }
        debug_assert!(
            !self.frames.is_empty() || self.bytes == 0,
            "an outbox in which nothing waits has {} bytes",
            self.bytes
        );
        if count > 0 {
            self.tell_of_room();
        }
        count > 0
    }

    /// So many frames in front, as a burst.
    fn burst_of(&self, front: usize, terms: &Terms) -> Burst {
        let frames = self.frames[..front].iter();
        Burst::of(frames.map(|frame| (self.is_own(frame), terms.form(frame).cost())))
    }

    /// A link has had its turn: what it has left counts from now on.
    pub(super) fn turn_over(&mut self, terms: &Terms) {
        if std::mem::take(&mut self.is_fresh) {
            let burst = self.burst_of(self.frames.len(), terms);
            if burst.is_more(terms) {
                self.rare.get_or_insert_default().burst = Some(burst);
                self.tell_of_room();
            }
        }
        // Half, so that what is said next does not find it full at once.
        if !self.is_half_full(terms)
            && let Some(rare) = &mut self.rare
        {
            // What many frames took is given back by the next heartbeat.
            (rare.catching_up, rare.burst) = (None, None);
            self.drop_rare();
        }
    }

    /// There is more room than before: whoever waits for it looks again.
    pub(super) fn tell_of_room(&mut self) {
        if std::mem::take(&mut self.is_room_awaited)
            && let Some(changed) = &self.changed
        {
            changed.notify_waiters();
        }
    }

    /// Whether half of what it may hold waits. What makes place for everything else does not count.
    pub(super) fn is_half_full(&self, terms: &Terms) -> bool {
        self.bytes > terms.max_bytes / 2 || self.frames.len() > terms.max_frames / 2
    }

    /// Whether a link is waiting for something to write.
    pub(super) fn is_writable(&self) -> bool {
        self.is_awaited && self.is_empty()
    }

    /// A link waits from now on.
    pub(super) fn wait(&mut self, link: &Waker) {
        self.is_awaited = true;
        match &mut self.waker {
            Some(waker) => waker.clone_from(link),
            none @ None => *none = Some(link.clone()),
        }
    }

    /// No link waits, and none is remembered.
    pub(super) fn wait_no_more(&mut self) {
        self.is_awaited = false;
        self.waker = None;
    }

    /// Ends it; true if it had not ended before.
    pub(super) fn end(&mut self, reason: DisconnectReason, discard: bool, terms: &Terms) -> bool {
        debug_assert_eq!(
            self.bytes,
            self.frames.iter().map(|frame| terms.form(frame).cost()).sum::<usize>(),
            "the bytes of an outbox are those of what waits in it"
        );
        let first = self.closed.is_none();
        self.closed.get_or_insert(reason);
        if let Some(changed) = self.changed.take() {
            changed.notify_waiters();
        }
        if discard {
            self.control = Lane::default();
            self.drop_frames();
        }
        self.wake();
        first
    }

    pub(super) fn wake(&mut self) {
        if let Some(waker) = &self.waker
            && self.is_awaited
        {
            self.is_awaited = false;
            waker.wake_by_ref();
        }
    }
}
