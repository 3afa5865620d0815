//! What a room or a session has asked to be done later, by the moment when it is due.
//!
//! It must never run anything by itself: its actor takes what is due, one by one, so that each may
//! void what comes after it.

use std::{collections::BTreeMap, fmt, rc::Rc, time::Duration};

use actix::{Actor, AsyncContext, Context, SpawnHandle};

use super::{
    clock::{self, Instant},
    contained::discard,
    meter::Tally,
    number::TimerNumber,
};

/// Something that was asked for with `after` or `every`, for it to be cancelled. It may be dropped:
/// what was asked for is done all the same.
///
/// One that was done, or whose room or session has ended, may still be cancelled: nothing happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Timer(TimerNumber);

/// The timers of one `T`, whose code gets a `C` beside itself. Without any it holds nothing.
pub(crate) struct Timers<T, C>(Option<Box<Lists<T, C>>>);

struct Lists<T, C> {
    pending: BTreeMap<(Instant, TimerNumber), Pending<T, C>>,
    /// When each is due, to find it by its number.
    due: BTreeMap<TimerNumber, Instant>,
    /// Where a panic of what is dropped counts.
    tally: Tally,
}

enum Pending<T, C> {
    Once(Once<T, C>),
    Every { interval: Duration, tick: Rc<Tick<T, C>> },
}

type Once<T, C> = Box<dyn FnOnce(&mut T, &mut C)>;
type Tick<T, C> = dyn Fn(&mut T, &mut C);

/// What is due now, for one time.
pub(crate) type Due<T, C> = Once<T, C>;

/// The timers that there were at a moment and that were due then. What is asked for later is none
/// of them, even if it is due at once: who asks again and again does not hold up its thread.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Round {
    now: Instant,
    before: TimerNumber,
}

impl Round {
    pub(crate) fn now() -> Self {
        Self { now: clock::now(), before: TimerNumber::next() }
    }
}

impl<T: 'static, C: 'static> Timers<T, C> {
    /// Asks for something to be done once, a while from now.
    pub(crate) fn after(
        &mut self,
        delay: Duration,
        tally: Tally,
        once: impl FnOnce(&mut T, &mut C) + 'static,
    ) -> Timer {
        self.add(clock::after(delay), tally, Pending::Once(Box::new(once)))
    }

    /// Asks for something to be done again and again, the first time after one interval.
    pub(crate) fn every(
        &mut self,
        interval: Duration,
        tally: Tally,
        tick: impl Fn(&mut T, &mut C) + 'static,
    ) -> Timer {
        // What the clock can tell apart.
        let interval = interval.max(Duration::from_millis(1));
        let every = Pending::Every { interval, tick: Rc::new(tick) };
        self.add(clock::after(interval), tally, every)
    }

    fn add(&mut self, at: Instant, tally: Tally, pending: Pending<T, C>) -> Timer {
        let number = TimerNumber::next();
        self.0.get_or_insert_with(|| Box::new(Lists::new(tally))).insert(at, number, pending);
        Timer(number)
    }

    /// Gives up what a timer was for; true if it was still to come.
    pub(crate) fn cancel(&mut self, Timer(number): Timer) -> bool {
        let Some(lists) = &mut self.0 else { return false };
        let cancelled =
            lists.due.remove(&number).and_then(|at| lists.pending.remove(&(at, number)));
        let was_to_come = cancelled.is_some();
        discard(cancelled, lists.tally);
        was_to_come
    }

    /// When the next one is due.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.0.as_ref()?.pending.keys().next().map(|(at, _)| *at)
    }

    /// Takes the next one of a round; one that comes again has its next time noted already.
    pub(crate) fn take(&mut self, round: Round) -> Option<Due<T, C>> {
        let lists = self.0.as_mut()?;
        let first = lists.pending.first_entry()?;
        let (at, number) = *first.key();
        if at > round.now || number > round.before {
            return None;
        }
        lists.due.remove(&number);
        match first.remove() {
            Pending::Once(once) => Some(once),
            Pending::Every { interval, tick } => {
                let again = Pending::Every { interval, tick: tick.clone() };
                lists.insert(after_now(at, interval), number, again);
                Some(Box::new(move |of, cx| tick(of, cx)))
            }
        }
    }
}

/// The next moment that is a whole number of intervals after `at`: those that have passed while the
/// actor was busy are left out, and none of the others is late because of them.
fn after_now(at: Instant, interval: Duration) -> Instant {
    let now = clock::now();
    let over = now.saturating_duration_since(at).as_nanos() % interval.as_nanos();
    let over = Duration::from_nanos(u64::try_from(over).unwrap_or(u64::MAX));
    clock::after(interval.saturating_sub(over))
}

/// What wakes an actor for the next of its timers.
///
/// Boxed: most rooms and sessions have none.
#[derive(Debug, Default)]
pub(crate) struct Alarm(Option<Box<Set>>);

#[derive(Debug)]
struct Set {
    at: Instant,
    timer: SpawnHandle,
}

impl Alarm {
    /// Sets the alarm to the moment when the next timer is due; without one it is off.
    pub(crate) fn set<A: Actor<Context = Context<A>>>(
        &mut self,
        next: Option<Instant>,
        ctx: &mut Context<A>,
        ring: impl FnOnce(&mut A, &mut Context<A>) + 'static,
    ) {
        if self.0.as_ref().map(|set| set.at) == next {
            return;
        }
        self.turn_off(ctx);
        self.0 = next.map(|at| {
            let wait = at.saturating_duration_since(clock::now());
            Box::new(Set { at, timer: ctx.run_later(wait, ring) })
        });
    }

    /// It has rung.
    pub(crate) fn rung(&mut self) {
        self.0 = None;
    }

    /// The actor is not woken any more.
    pub(crate) fn turn_off<A: Actor<Context = Context<A>>>(&mut self, ctx: &mut Context<A>) {
        if let Some(set) = self.0.take() {
            ctx.cancel_future(set.timer);
        }
    }
}

impl<T, C> Default for Timers<T, C> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T, C> Lists<T, C> {
    fn new(tally: Tally) -> Self {
        Self { pending: BTreeMap::new(), due: BTreeMap::new(), tally }
    }

    fn insert(&mut self, at: Instant, number: TimerNumber, pending: Pending<T, C>) {
        self.due.insert(number, at);
        self.pending.insert((at, number), pending);
    }
}

impl<T, C> Drop for Lists<T, C> {
    fn drop(&mut self) {
        // One by one: of two that panic together the second would end the process.
        while let Some((_, pending)) = self.pending.pop_first() {
            discard(pending, self.tally);
        }
    }
}

impl<T, C> fmt::Debug for Timers<T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pending = self.0.as_ref().map_or(0, |lists| lists.pending.len());
        f.debug_tuple("Timers").field(&pending).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Log = Timers<Vec<&'static str>, ()>;

    const SECOND: Duration = Duration::from_secs(1);

    /// What is done when `span` has passed at once.
    async fn pass(timers: &mut Log, span: Duration) -> Vec<&'static str> {
        tokio::time::advance(span).await;
        let (round, mut log) = (Round::now(), Vec::new());
        while let Some(due) = timers.take(round) {
            due(&mut log, &mut ());
        }
        log
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_due_is_done_in_the_order_of_its_moments_and_then_of_the_asking() {
        let mut timers = Log::default();
        timers.after(2 * SECOND, Tally::NONE, |log, ()| log.push("c"));
        timers.after(SECOND, Tally::NONE, |log, ()| log.push("a"));
        timers.after(SECOND, Tally::NONE, |log, ()| log.push("b"));
        assert_eq!(timers.next(), Some(clock::after(SECOND)));
        assert!(pass(&mut timers, SECOND / 2).await.is_empty());
        assert_eq!(pass(&mut timers, 2 * SECOND).await, ["a", "b", "c"]);
        assert_eq!(timers.next(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_tick_keeps_to_its_grid_and_there_is_no_burst_after_a_pause() {
        let mut timers = Log::default();
        let timer = timers.every(SECOND, Tally::NONE, |log, ()| log.push("tick"));
        let began = clock::now();
        assert_eq!(pass(&mut timers, SECOND + SECOND / 10).await, ["tick"]);
        assert_eq!(timers.next(), Some(began + 2 * SECOND), "not a second from now");
        assert_eq!(pass(&mut timers, 5 * SECOND).await, ["tick"], "one for all that was missed");
        assert_eq!(timers.next(), Some(began + 7 * SECOND));
        assert!(timers.cancel(timer) && !timers.cancel(timer));
        assert!(pass(&mut timers, 5 * SECOND).await.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_cancelled_is_not_done_and_the_rest_is() {
        let mut timers = Log::default();
        let a = timers.after(SECOND, Tally::NONE, |log, ()| log.push("a"));
        timers.after(SECOND, Tally::NONE, |log, ()| log.push("b"));
        assert!(timers.cancel(a));
        assert_eq!(pass(&mut timers, SECOND).await, ["b"]);
        assert!(!timers.cancel(a));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_asked_for_in_a_round_is_of_the_next() {
        let mut timers = Log::default();
        let round = Round::now();
        timers.after(Duration::ZERO, Tally::NONE, |log, ()| log.push("a"));
        assert!(timers.take(round).is_none());
        assert_eq!(pass(&mut timers, Duration::ZERO).await, ["a"]);
    }

    #[tokio::test(start_paused = true)]
    async fn no_interval_and_no_end_of_time_are_taken_as_the_nearest_that_the_clock_has() {
        let mut timers = Log::default();
        let often = timers.every(Duration::ZERO, Tally::NONE, |log, ()| log.push("tick"));
        assert_eq!(pass(&mut timers, Duration::from_millis(1)).await, ["tick"]);
        timers.cancel(often);
        timers.every(Duration::MAX, Tally::NONE, |log, ()| log.push("tick"));
        timers.after(Duration::MAX, Tally::NONE, |log, ()| log.push("once"));
        assert!(pass(&mut timers, 24 * 3_600 * SECOND).await.is_empty());
    }
}
