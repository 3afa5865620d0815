//! What one room, or all sessions together, have answered to events with keys, and what is under way.
//!
//! It must never leave anybody waiting, nor wake anybody under its lock: whatever becomes of the event
//! that came first, those that wait for its answer are told.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use super::{
    kept::{Answered, Bounds, First, Found, Kept, Of, Waiting, is_lasting, is_own},
    keyed::Keyed,
    who::Who,
};
use crate::base::{
    clock::{self, Instant},
    meter::{Count, Counters},
    refusal::{Code, Refusal},
};

/// The answers to events with keys.
pub(crate) struct Once {
    kept: Mutex<Kept>,
    counters: Arc<Counters>,
    /// Whether the log says already that answers are pushed out.
    is_warned: AtomicBool,
}

/// What is to be done about an event with a key.
pub(crate) enum Begun {
    /// It came first: it is to be handled.
    Run(Run),
    /// It came before, and is answered as then; or it is refused.
    Answered(Answered),
    /// It came before, and is answered as soon as that is.
    Waits(First),
}

/// The handling of an event. Of one that came first with its key it tells those that wait; dropped, it has
/// come to nothing, and the event may come again.
#[derive(Default)]
pub(crate) struct Run(Option<Box<UnderWay>>);

/// What is handled for the first time.
struct UnderWay {
    once: Arc<Once>,
    /// Which, until it is known what became of it.
    number: Option<u64>,
}

impl Once {
    pub(crate) fn new(bounds: Bounds, counters: Arc<Counters>) -> Self {
        Self { kept: Mutex::new(Kept::new(bounds)), counters, is_warned: AtomicBool::new(false) }
    }

    /// An event has passed its checks, and is to be handled.
    pub(crate) fn begin(self: &Arc<Self>, who: &Who, event: &'static str, keyed: &Keyed) -> Begun {
        let mut kept = self.kept();
        let found = kept.begin(who, event, keyed, clock::now());
        let pushed_out = kept.take_pushed_out();
        drop(kept);
        self.note_pushed_out(pushed_out, event);
        match found {
            Ok(Found::Nothing { number }) => {
                let under_way = UnderWay { once: self.clone(), number: Some(number) };
                Begun::Run(Run(Some(Box::new(under_way))))
            }
            Ok(Found::Answered(answered)) => {
                self.counters.one(Count::DuplicatesAnswered);
                tracing::debug!(event, "a duplicate is answered as when it came first");
                Begun::Answered(answered)
            }
            Ok(Found::UnderWay(first)) => Begun::Waits(first),
            Err(refusal) => Begun::Answered(Err(refusal)),
        }
    }

    /// An event is to be handled though it may have come before.
    pub(crate) fn forget(&self, who: &Who, event: &'static str, keyed: &Keyed) {
        let waiting = self.kept().forget(who, event, keyed);
        tell(waiting, &Err(gone()));
    }

    /// What was answered is to be restored; what is under way stays so.
    pub(crate) fn forget_answered(&self) {
        self.kept().forget_answered();
    }

    /// An event was answered so before what is here began, at that moment. Those that came first are
    /// restored first.
    pub(crate) fn restore(&self, of: Of, answered: &Answered, at: Instant) {
        self.kept().restore(of, answered, at);
    }

    /// Counts answers that were forgotten before their time, and says so, once: a client could go on for ever.
    fn note_pushed_out(&self, answers: u64, event: &str) {
        if answers == 0 {
            return;
        }
        self.counters.add(Count::AnswersPushedOut, answers);
        if !self.is_warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                event,
                "answers to events with keys are forgotten before `once_window` is over, since there are more than                  a `max_once_…` of the limits says: what comes again with such a key is handled again"
            );
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Run {
    /// Of an event without a key, which is handled however often it comes.
    pub(crate) fn unkeyed() -> Self {
        Self(None)
    }

    /// Whether anything is kept of it.
    pub(crate) fn is_keyed(&self) -> bool {
        self.0.is_some()
    }

    /// Which event is handled, and whose, if it has a key.
    pub(crate) fn of(&self) -> Option<Of> {
        let under_way = self.0.as_ref()?;
        under_way.once.kept().of(under_way.number?)
    }

    /// Its handler has answered: it has had its effect, and a refusal is the handler's own.
    #[inline]
    pub(crate) fn finish(self, answered: &Answered) {
        if let Some(under_way) = self.0 {
            under_way.finish(answered);
        }
    }

    /// It is refused in its handler's place: it may come again. That its sender has lost a right, or is
    /// no member any more, concerns nobody who waits.
    pub(crate) fn fail(self, refusal: &Refusal) {
        if let Some(mut under_way) = self.0 {
            under_way.give_up(|| if is_own(refusal) { gone() } else { refusal.clone() });
        }
    }
}

impl UnderWay {
    fn finish(mut self, answered: &Answered) {
        let Some(number) = self.number.take() else { return };
        let mut kept = self.once.kept();
        let waiting = kept.finish(number, answered, clock::now());
        let pushed_out = kept.take_pushed_out();
        let event = (pushed_out > 0).then(|| kept.of(number)).flatten();
        drop(kept);
        let event = event.as_ref().map_or("", |of| &of.event);
        self.once.note_pushed_out(pushed_out, event);
        if is_lasting(answered) {
            let duplicates = u64::try_from(waiting.len()).unwrap_or(u64::MAX);
            self.once.counters.add(Count::DuplicatesAnswered, duplicates);
        }
        tell(waiting, answered);
    }

    fn give_up(&mut self, refusal: impl FnOnce() -> Refusal) {
        let Some(number) = self.number.take() else { return };
        let waiting = self.once.kept().remove(number);
        tell(waiting, &Err(refusal()));
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.give_up(|| if thread::panicking() { Refusal::logged_already() } else { gone() });
    }
}

/// The refusal of what waited for an answer that nobody gives any more.
pub(crate) fn gone() -> Refusal {
    let message = "what came first with this key has come to no answer; send it again";
    Refusal::new(Code::Disconnected, message)
}

fn tell(waiting: Waiting, answered: &Answered) {
    for waiting in waiting {
        // Whoever waited may be gone.
        let _ = waiting.send(answered.clone());
    }
}
