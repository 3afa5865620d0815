//! The answers that are kept, bounded in time, in number and in bytes: of all, and of each.
//!
//! It must never give up what is under way, nor let one user push out what others have.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use tokio::sync::oneshot;

use super::{keyed::Keyed, who::Who};
use crate::{
    base::{
        clock::Instant,
        config::Limits,
        refusal::{Code, Refusal},
    },
    payload::Payload,
};

/// What an event was answered.
pub(crate) type Answered = Result<Payload, Refusal>;

/// What the event that came first is answered, when it is known; nothing if nobody answers it any more.
pub(crate) type First = oneshot::Receiver<Answered>;

/// Whoever waits for that.
pub(super) type Waiting = Vec<oneshot::Sender<Answered>>;

/// How much is kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Since an event was answered.
    window: Duration,
    answers: usize,
    answers_of_one: usize,
    bytes: usize,
    bytes_of_one: usize,
    /// Duplicates of one event.
    waiting: usize,
}

/// What is kept of events with keys.
pub(super) struct Kept {
    bounds: Bounds,
    /// In the order in which they came.
    entries: BTreeMap<u64, Entry>,
    senders: HashMap<Who, Sender, foldhash::quality::RandomState>,
    next: u64,
    bytes: usize,
    /// How many answers were pushed out by others before their time, since that was asked last.
    pushed_out: u64,
}

/// One event with a key.
struct Entry {
    who: Who,
    name: Name,
    /// A hash of what it carries.
    payload: u64,
    state: State,
}

/// An event and its key. What was kept before the process began has no static name.
type Name = (Cow<'static, str>, Arc<str>);

/// An event with a key: whose, which, and a hash of what it carries.
pub(crate) struct Of {
    pub(crate) who: Who,
    pub(crate) event: Cow<'static, str>,
    pub(crate) key: Arc<str>,
    pub(crate) payload: u64,
}

enum State {
    UnderWay(Waiting),
    Answered { answered: Answered, at: Instant, bytes: usize },
}

/// What there is of one sender.
#[derive(Default)]
struct Sender {
    numbers: HashMap<Name, u64, foldhash::quality::RandomState>,
    bytes: usize,
}

/// What there is of an event that comes.
pub(super) enum Found {
    /// It came first: it is under way from here on, by this number.
    Nothing {
        number: u64,
    },
    Answered(Answered),
    UnderWay(First),
}

impl Bounds {
    /// Of one room.
    pub(crate) fn of_room(limits: &Limits) -> Self {
        Self::of(limits, limits.max_once_in_room)
    }

    /// Of all sessions together.
    pub(crate) fn of_sessions(limits: &Limits) -> Self {
        Self::of(limits, limits.max_once_in_sessions)
    }

    /// How many answers are kept.
    pub(crate) fn answers(&self) -> usize {
        self.answers
    }

    fn of(limits: &Limits, answers: usize) -> Self {
        Self {
            window: limits.once_window,
            answers,
            answers_of_one: limits.max_once_per_user,
            bytes: limits.max_once_bytes,
            bytes_of_one: limits.max_once_bytes_per_user,
            waiting: limits.max_once_waiting,
        }
    }
}

impl Kept {
    pub(super) fn new(bounds: Bounds) -> Self {
        let (entries, senders) = (BTreeMap::new(), HashMap::default());
        Self { bounds, entries, senders, next: 0, bytes: 0, pushed_out: 0 }
    }

    /// What there is of an event that comes; if that is nothing, it is under way now.
    pub(super) fn begin(
        &mut self,
        who: &Who,
        event: &'static str,
        keyed: &Keyed,
        now: Instant,
    ) -> Result<Found, Refusal> {
        self.forget_old(now);
        let name = (Cow::Borrowed(event), keyed.key.clone());
        let mut number = self.number(who, &name);
        // Behind one that took its time it may still be there.
        if let Some(old) = number.take_if(|number| self.is_old(*number, now)) {
            self.remove(old);
        }
        if let Some(entry) = number.and_then(|number| self.entries.get_mut(&number)) {
            if entry.payload != keyed.payload {
                return Err(reused(event));
            }
            return match &mut entry.state {
                State::Answered { answered, .. } => Ok(Found::Answered(answered.clone())),
                State::UnderWay(waiting) if waiting.len() < self.bounds.waiting => {
                    let (waits, first) = oneshot::channel();
                    waiting.push(waits);
                    Ok(Found::UnderWay(first))
                }
                State::UnderWay(_) => Err(too_many("duplicates of this event wait")),
            };
        }
        self.make_room(who)?;
        let number = self.add(who.clone(), name, keyed.payload);
        Ok(Found::Nothing { number })
    }

    /// One more is under way.
    fn add(&mut self, who: Who, name: Name, payload: u64) -> u64 {
        let number = self.next;
        self.next += 1;
        self.senders.entry(who.clone()).or_default().numbers.insert(name.clone(), number);
        self.entries
            .insert(number, Entry { who, name, payload, state: State::UnderWay(Vec::new()) });
        number
    }

    /// Forgets what was answered: it is to be restored, as far as it is kept. What is under way stays so.
    pub(super) fn forget_answered(&mut self) {
        while let Some(number) = self.oldest() {
            self.remove(number);
        }
    }

    /// An event was answered so at that moment. Those that came first are restored first.
    pub(super) fn restore(&mut self, of: Of, answered: &Answered, at: Instant) {
        let Of { who, event, key, payload } = of;
        let name = (event, key);
        // What its sender has joined by is handled each time it comes.
        if let Some(before) = self.number(&who, &name) {
            if !self.entries.get(&before).is_some_and(Entry::is_answered) {
                return;
            }
            self.remove(before);
        }
        let pushed_out = self.pushed_out;
        if self.make_room(&who).is_ok() {
            let number = self.add(who, name, payload);
            self.finish(number, answered, at);
        }
        // That was so before: whoever kept them has been told.
        self.pushed_out = pushed_out;
    }

    /// How many answers were pushed out before their time, since this was asked last.
    pub(super) fn take_pushed_out(&mut self) -> u64 {
        std::mem::take(&mut self.pushed_out)
    }

    /// Forgets an answer before its time, since there are too many.
    fn push_out(&mut self, number: u64) {
        self.pushed_out += 1;
        self.remove(number);
    }

    /// What is under way by that number.
    pub(super) fn of(&self, number: u64) -> Option<Of> {
        let Entry { who, name: (event, key), payload, .. } = self.entries.get(&number)?;
        let (who, event) = (who.clone(), event.clone());
        Some(Of { who, event, key: key.clone(), payload: *payload })
    }

    /// Its handler has answered. Whoever waits for that.
    pub(super) fn finish(&mut self, number: u64, answered: &Answered, now: Instant) -> Waiting {
        if !is_lasting(answered) {
            return self.remove(number);
        }
        // It may have been forgotten meanwhile.
        let Some(entry) = self.entries.get_mut(&number) else { return Waiting::new() };
        let bytes = entry.name.1.len() + size(answered);
        let state = State::Answered { answered: answered.clone(), at: now, bytes };
        let before = std::mem::replace(&mut entry.state, state);
        let who = entry.who.clone();
        self.bytes += bytes;
        if let Some(sender) = self.senders.get_mut(&who) {
            sender.bytes += bytes;
        }
        self.fit(&who);
        match before {
            State::UnderWay(waiting) => waiting,
            State::Answered { .. } => Waiting::new(),
        }
    }

    /// Keeps nothing of it. Whoever waits for its answer.
    pub(super) fn remove(&mut self, number: u64) -> Waiting {
        let Some(Entry { who, name, state, .. }) = self.entries.remove(&number) else {
            return Waiting::new();
        };
        let (waiting, bytes) = match state {
            State::UnderWay(waiting) => (waiting, 0),
            State::Answered { bytes, .. } => (Waiting::new(), bytes),
        };
        self.bytes -= bytes;
        if let Some(sender) = self.senders.get_mut(&who) {
            sender.bytes -= bytes;
            sender.numbers.remove(&name);
            if sender.numbers.is_empty() {
                self.senders.remove(&who);
            }
        }
        waiting
    }

    /// As [`remove`](Self::remove), by its key.
    pub(super) fn forget(&mut self, who: &Who, event: &'static str, keyed: &Keyed) -> Waiting {
        let number = self.number(who, &(Cow::Borrowed(event), keyed.key.clone()));
        number.map(|number| self.remove(number)).unwrap_or_default()
    }

    fn number(&self, who: &Who, name: &Name) -> Option<u64> {
        self.senders.get(who)?.numbers.get(name).copied()
    }

    /// Forgets what was answered before the window.
    fn forget_old(&mut self, now: Instant) {
        while let Some(number) = self.oldest()
            && self.is_old(number, now)
        {
            self.remove(number);
        }
    }

    fn is_old(&self, number: u64, now: Instant) -> bool {
        let state = self.entries.get(&number).map(|entry| &entry.state);
        let Some(State::Answered { at, .. }) = state else { return false };
        now.saturating_duration_since(*at) >= self.bounds.window
    }

    /// Makes room for one more of a sender, and of all.
    fn make_room(&mut self, who: &Who) -> Result<(), Refusal> {
        let of_one = self.senders.get(who).map_or(0, |sender| sender.numbers.len());
        if of_one >= self.bounds.answers_of_one {
            let oldest =
                self.oldest_of(who).ok_or_else(|| too_many("events with keys are handled"))?;
            self.push_out(oldest);
        }
        if self.entries.len() >= self.bounds.answers {
            let oldest = self.oldest().ok_or_else(|| too_many("events with keys are handled"))?;
            self.push_out(oldest);
        }
        Ok(())
    }

    /// Gives up the oldest answers of a sender, and of all, until the rest has its bytes.
    fn fit(&mut self, who: &Who) {
        while self.senders.get(who).is_some_and(|sender| sender.bytes > self.bounds.bytes_of_one)
            && let Some(oldest) = self.oldest_of(who)
        {
            self.push_out(oldest);
        }
        while self.bytes > self.bounds.bytes
            && let Some(oldest) = self.oldest()
        {
            self.push_out(oldest);
        }
    }

    /// The oldest that is answered.
    fn oldest(&self) -> Option<u64> {
        self.entries.iter().find(|(_, entry)| entry.is_answered()).map(|(number, _)| *number)
    }

    /// The oldest of one sender that is answered.
    fn oldest_of(&self, who: &Who) -> Option<u64> {
        let numbers = self.senders.get(who)?.numbers.values().copied();
        numbers.filter(|number| self.entries.get(number).is_some_and(Entry::is_answered)).min()
    }
}

impl Entry {
    fn is_answered(&self) -> bool {
        matches!(self.state, State::Answered { .. })
    }
}

/// Whether an answer is worth keeping.
pub(crate) fn is_lasting(answered: &Answered) -> bool {
    answered.as_ref().err().is_none_or(is_own)
}

/// Whether a refusal is of what was sent, and of who has sent it: one that says no more than that something
/// went wrong this time is not.
pub(super) fn is_own(refusal: &Refusal) -> bool {
    !matches!(
        refusal.code(),
        Code::RateLimited | Code::Timeout | Code::Internal | Code::Closed | Code::Disconnected
    )
}

fn size(answered: &Answered) -> usize {
    match answered {
        Ok(payload) => {
            let attached: usize = payload.attachments().iter().map(Bytes::len).sum();
            payload.json().len() + attached
        }
        Err(refusal) => {
            refusal.message().len() + refusal.data().map_or(0, |data| data.to_string().len())
        }
    }
}

fn reused(event: &str) -> Refusal {
    let message = format!(
        "{event:?} came before with this key and other arguments; a key is for one event, however \
         often it is sent"
    );
    Refusal::new(Code::KeyReused, message)
}

fn too_many(what: &str) -> Refusal {
    Refusal::new(Code::LimitExceeded, format!("too many {what}; try again later"))
}

#[cfg(test)]
mod tests;
