//! What is kept of one order of a room: a ring of what was published, by numbers.
//!
//! It must never have a gap: what goes, goes at the front.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use smallvec::SmallVec;

use super::{
    History, HistoryTotal,
    unacknowledged::{Due, Patience, Unacknowledged},
};
use crate::{
    base::clock::{self, Instant},
    message::{Ledger, Listener, Log, Publication, Reader},
};

/// What an event counts beside what it says: about what its entry, its publication and its forms take.
const BESIDE: usize = 512;

/// What is kept of one order. The room appends to it; whoever reads it may be on any thread.
pub(crate) struct RoomLog {
    setting: History,
    total: HistoryTotal,
    /// Whether something in it may be to be acknowledged.
    is_acknowledged: bool,
    state: Mutex<State>,
}

/// What one user is sent once more.
#[derive(Debug, Default)]
pub(crate) struct Overdue {
    pub(crate) again: Vec<Publication>,
    /// How many it is not sent any more, though it has not acknowledged them.
    pub(crate) given_up: usize,
}

#[derive(Default)]
struct State {
    kept: VecDeque<Entry>,
    /// The number of the last that was published.
    head: u64,
    bytes: usize,
    unacknowledged: Option<Box<Unacknowledged>>,
}

struct Entry {
    publication: Publication,
    /// When it was published, if its age counts.
    at: Option<Instant>,
    left_out: Option<Box<LeftOut>>,
}

/// What was kept of an order before it is restored.
pub(crate) struct Restored {
    pub(crate) publication: Publication,
    /// When it was published; `None` if that is longer ago than the clock can tell.
    pub(crate) at: Option<Instant>,
    pub(crate) left_out: Option<LeftOut>,
}

/// Who does not get an event, and what it gets in its place.
pub(crate) struct LeftOut {
    pub(crate) reader: Reader,
    pub(crate) skip: Publication,
}

impl Entry {
    fn size(&self) -> usize {
        self.publication.size() + BESIDE
    }

    /// As whoever is left out by `is_left_out` gets it, or as anybody else.
    fn shown(&self, is_left_out: impl FnOnce(&Reader) -> bool) -> &Publication {
        match &self.left_out {
            Some(left_out) if is_left_out(&left_out.reader) => &left_out.skip,
            _ => &self.publication,
        }
    }
}

impl State {
    /// The lowest number that is kept; the next one, if none is.
    fn floor(&self) -> u64 {
        self.head + 1 - self.kept.len() as u64
    }

    /// What has that number, as a reader gets it.
    fn get(&self, seq: u64, reader: &Reader) -> Option<&Publication> {
        let index = usize::try_from(seq.checked_sub(self.floor())?).ok()?;
        Some(self.kept.get(index)?.shown(|left_out| left_out.is_same(reader)))
    }

    fn overdue(&self, due: &Due, reader: &Reader) -> Overdue {
        let again = due.again.iter().filter_map(|seq| self.get(*seq, reader).cloned());
        Overdue { again: again.collect(), given_up: due.given_up }
    }
}

impl RoomLog {
    /// Of an order in which nothing is published yet.
    pub(crate) fn new(setting: History, total: HistoryTotal, patience: Option<Patience>) -> Self {
        let unacknowledged = patience.map(|patience| Box::new(Unacknowledged::new(patience)));
        let is_acknowledged = unacknowledged.is_some();
        let state = Mutex::new(State { unacknowledged, ..State::default() });
        Self { setting, total, is_acknowledged, state }
    }

    /// Whether something in it may be to be acknowledged.
    #[inline]
    pub(crate) fn is_acknowledged(&self) -> bool {
        self.is_acknowledged
    }

    /// When something may be due that was not acknowledged.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        self.lock().unacknowledged.as_ref()?.next
    }

    /// What each of these users is due, who are here.
    pub(crate) fn overdue<'a>(&self, readers: impl Iterator<Item = &'a Reader>) -> Vec<Overdue> {
        let now = clock::now();
        let mut state = self.lock();
        if let Some(unacknowledged) = &mut state.unacknowledged {
            unacknowledged.next = None;
        }
        let look = |reader: &Reader| {
            let unacknowledged = state.unacknowledged.as_mut();
            let due = unacknowledged.map(|it| it.look(reader, now)).unwrap_or_default();
            state.overdue(&due, reader)
        };
        readers.map(look).collect()
    }

    /// What a user is due that comes: what was published up to the number `after`, if it reads on from there,
    /// else all of it. One that is new is due nothing of that.
    pub(crate) fn entered(&self, reader: &Reader, after: Option<u64>) -> Overdue {
        if !self.is_acknowledged {
            return Overdue::default();
        }
        let mut state = self.lock();
        let upto = after.unwrap_or(state.head);
        let Some(unacknowledged) = &mut state.unacknowledged else { return Overdue::default() };
        let due = unacknowledged.enter(reader, upto, clock::now());
        state.overdue(&due, reader)
    }

    /// Has what was kept, and nothing else, up to the number `head`: its last has that, and no number is missing.
    pub(crate) fn restore(&self, kept: impl Iterator<Item = Restored>, head: u64) {
        let mut state = self.lock();
        let before = std::mem::take(&mut state.kept);
        before.iter().for_each(|entry| self.subtract(&mut state, entry));
        state.head = head;
        let counts_age = self.setting.age.is_some();
        // What is older than the clock can tell is the oldest.
        for Restored { publication, at, left_out } in
            kept.skip_while(|restored| counts_age && restored.at.is_none())
        {
            let at = at.filter(|_| counts_age);
            self.add(&mut state, Entry { publication, at, left_out: left_out.map(Box::new) });
        }
        let now = self.now();
        if let (State { kept, unacknowledged: Some(unacknowledged), .. }, Some(now)) =
            (&mut *state, now)
        {
            unacknowledged.begin_anew();
            for entry in kept {
                let Some(kept) = entry.publication.kept() else { continue };
                let Some(awaited) = &kept.awaited else { continue };
                let left_out = entry.left_out.as_ref().map(|left_out| &left_out.reader);
                unacknowledged.publish(kept.seq, left_out, now, awaited.span);
            }
        }
        let given_up = self.give_up(&mut state, now);
        drop(state);
        drop((before, given_up));
    }

    /// What has a higher number than `head` has not been published after all.
    pub(crate) fn rewind(&self, head: u64) {
        let mut state = self.lock();
        let mut given_up = Vec::new();
        while state.head > head {
            state.head -= 1;
            // It may have been given up already.
            if let Some(entry) = state.kept.pop_back() {
                self.subtract(&mut state, &entry);
                given_up.push(entry);
            }
        }
        if let Some(unacknowledged) = &mut state.unacknowledged {
            unacknowledged.rewind(head);
        }
        drop(state);
        drop(given_up);
    }

    /// Keeps what has the next number.
    pub(crate) fn append(&self, publication: Publication, left_out: Option<LeftOut>) {
        let now = self.now();
        let at = now.filter(|_| self.setting.age.is_some());
        let entry = Entry { publication, at, left_out: left_out.map(Box::new) };
        let mut state = self.lock();
        state.head += 1;
        let awaited = entry.publication.kept().and_then(|kept| kept.awaited.as_ref());
        if let (Some(awaited), Some(now), seq) = (awaited, now, state.head)
            && let Some(unacknowledged) = &mut state.unacknowledged
        {
            let left_out = entry.left_out.as_ref().map(|left_out| &left_out.reader);
            unacknowledged.publish(seq, left_out, now, awaited.span);
        }
        self.add(&mut state, entry);
        let given_up = self.give_up(&mut state, now);
        drop(state);
        // Attachments may be the application's, and so is their drop.
        drop(given_up);
    }

    /// The lowest number that is kept now; the next one, if none is.
    pub(crate) fn floor(&self) -> u64 {
        let mut state = self.lock();
        let given_up = self.give_up(&mut state, self.now());
        let floor = state.floor();
        drop(state);
        drop(given_up);
        floor
    }

    /// The time, if anything depends on it here.
    fn now(&self) -> Option<Instant> {
        (self.setting.age.is_some() || self.is_acknowledged).then(clock::now)
    }

    fn add(&self, state: &mut State, entry: Entry) {
        let size = entry.size();
        self.total.add(size);
        state.bytes += size;
        state.kept.push_back(entry);
    }

    fn subtract(&self, state: &mut State, entry: &Entry) {
        state.bytes -= entry.size();
        self.total.subtract(entry.size());
    }

    /// Takes out what is too much, and what is too old.
    fn give_up(&self, state: &mut State, now: Option<Instant>) -> SmallVec<[Entry; 1]> {
        let mut given_up = SmallVec::new();
        let oldest = self.setting.age.and_then(|age| now?.checked_sub(age));
        while let Some(front) = state.kept.front() {
            let is_over = state.kept.len() > self.setting.events
                || state.bytes > self.setting.bytes
                || self.total.is_exceeded()
                || oldest.is_some_and(|oldest| front.at.is_some_and(|at| at < oldest));
            if !is_over {
                break;
            }
            let Some(entry) = state.kept.pop_front() else { break };
            self.subtract(state, &entry);
            given_up.push(entry);
        }
        let floor = state.floor();
        if let Some(unacknowledged) = &mut state.unacknowledged {
            unacknowledged.trim(floor);
        }
        given_up
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that runs under the lock leaves the state half-changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Log for RoomLog {
    fn read(
        &self,
        from: u64,
        to: u64,
        listener: &Listener,
        most: usize,
        bytes: usize,
    ) -> Option<Vec<Publication>> {
        let state = self.lock();
        let skipped = usize::try_from(from.checked_sub(state.floor())?).ok()?;
        let wanted = usize::try_from((to + 1).saturating_sub(from)).ok()?;
        let mut read = Vec::new();
        let mut left = bytes;
        for (seq, entry) in (from..).zip(state.kept.iter().skip(skipped).take(wanted.min(most))) {
            let publication = entry.shown(|left_out| listener.is_left_out(left_out, seq));
            let size = publication.size();
            if size > left && !read.is_empty() {
                break;
            }
            left = left.saturating_sub(size);
            read.push(publication.clone());
        }
        Some(read)
    }
}

impl Ledger for RoomLog {
    fn acknowledged(&self, by: &Reader, seq: u64) {
        if let Some(unacknowledged) = &mut self.lock().unacknowledged {
            unacknowledged.acknowledge(by, seq);
        }
    }
}

impl Drop for RoomLog {
    fn drop(&mut self) {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        self.total.subtract(state.bytes);
    }
}
