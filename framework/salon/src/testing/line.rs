//! The line between one client and the server: bytes in order, with a window, and what can go wrong.
//!
//! It must never change or reorder bytes: a line is late, slow, dead or gone, as TCP is.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    future::poll_fn,
    pin::{Pin, pin},
    rc::Rc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use bytes::Bytes;
use tokio::time::{Sleep, sleep_until};

use crate::base::clock::{self, Instant};

/// The line was reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the line was reset")]
pub(super) struct Reset;

/// How one direction of a line is: shared by all that goes that way.
#[derive(Default)]
pub(super) struct Direction {
    blocked: Cell<bool>,
    latency: Cell<Duration>,
    jitter: Cell<Duration>,
    bytes_per_second: Cell<Option<usize>>,
    random: RefCell<fastrand::Rng>,
    waiting: RefCell<Vec<Waker>>,
}

impl Direction {
    pub(super) fn new(random: fastrand::Rng) -> Rc<Self> {
        Rc::new(Self { random: RefCell::new(random), ..Self::default() })
    }

    /// One for another connection of the same client: as late, and nothing is blocked.
    pub(super) fn anew(&self) -> Rc<Self> {
        let new = Self::new(self.random.borrow_mut().fork());
        new.delay(self.latency.get(), self.jitter.get());
        new.pace(self.bytes_per_second.get());
        new
    }

    /// Nothing arrives any more, or again.
    pub(super) fn block(&self, blocked: bool) {
        self.blocked.set(blocked);
        self.wake();
    }

    /// How long bytes are under way: at least, and how much longer at most.
    pub(super) fn delay(&self, latency: Duration, jitter: Duration) {
        self.latency.set(latency);
        self.jitter.set(jitter);
    }

    /// How many bytes arrive in a second.
    pub(super) fn pace(&self, bytes_per_second: Option<usize>) {
        self.bytes_per_second.set(bytes_per_second);
        self.wake();
    }

    /// When what is sent now arrives.
    fn arrival(&self) -> Instant {
        let jitter = u64::try_from(self.jitter.get().as_micros()).unwrap_or(u64::MAX);
        let more = if jitter == 0 { 0 } else { self.random.borrow_mut().u64(..=jitter) };
        clock::after(self.latency.get() + Duration::from_micros(more))
    }

    /// Waits as long as a message of so many bytes takes, for what is no stream.
    pub(super) async fn pass(&self, bytes: usize) {
        let arrival = self.arrival();
        if arrival > clock::now() {
            sleep_until(arrival).await;
        }
        let mut slow = pin!(self.bytes_per_second.get().map_or_else(
            || sleep_until(clock::now()),
            |rate| sleep_until(clock::after(span_of(bytes, rate)))
        ));
        poll_fn(|cx| {
            // Whoever is slow no longer does not wait for what it would have taken.
            if self.bytes_per_second.get().is_none() {
                return Poll::Ready(());
            }
            self.register(cx);
            slow.as_mut().poll(cx)
        })
        .await;
        poll_fn(|cx| self.poll_open(cx)).await;
    }

    fn poll_open(&self, cx: &mut Context<'_>) -> Poll<()> {
        if !self.blocked.get() {
            return Poll::Ready(());
        }
        self.register(cx);
        Poll::Pending
    }

    /// Has a task woken when anything about this direction changes.
    fn register(&self, cx: &Context<'_>) {
        let mut waiting = self.waiting.borrow_mut();
        if !waiting.iter().any(|waker| waker.will_wake(cx.waker())) {
            waiting.push(cx.waker().clone());
        }
    }

    fn wake(&self) {
        for waker in self.waiting.take() {
            waker.wake();
        }
    }
}

/// How long so many bytes take.
fn span_of(bytes: usize, bytes_per_second: usize) -> Duration {
    Duration::from_secs_f64(bytes as f64 / bytes_per_second.max(1) as f64)
}

/// One direction of one stream.
#[derive(Clone)]
pub(super) struct Pipe(Rc<Inner>);

struct Inner {
    direction: Rc<Direction>,
    window: usize,
    state: RefCell<State>,
}

#[derive(Default)]
struct State {
    /// What is under way, and when it arrives; nothing is the end.
    chunks: VecDeque<(Instant, Option<Bytes>)>,
    bytes: usize,
    last: Option<Instant>,
    /// When a slow line gives out the next bytes.
    not_before: Option<Instant>,
    /// Whether the end is among them.
    ended: bool,
    reset: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Pipe {
    /// A pipe that holds `window` bytes before its writer has to wait.
    pub(super) fn new(direction: &Rc<Direction>, window: usize) -> Self {
        let (direction, state) = (direction.clone(), RefCell::default());
        Self(Rc::new(Inner { direction, window, state }))
    }

    /// Puts bytes in, as soon as there is room.
    ///
    /// # Errors
    /// [`Reset`] once the line is.
    pub(super) async fn write(&self, bytes: Bytes) -> Result<(), Reset> {
        poll_fn(|cx| self.poll_room(cx)).await?;
        let at = self.0.direction.arrival();
        let mut state = self.0.state.borrow_mut();
        state.bytes += bytes.len();
        state.queue(at, Some(bytes));
        Ok(())
    }

    fn poll_room(&self, cx: &mut Context<'_>) -> Poll<Result<(), Reset>> {
        let mut state = self.0.state.borrow_mut();
        if state.reset {
            return Poll::Ready(Err(Reset));
        }
        if state.bytes < self.0.window {
            return Poll::Ready(Ok(()));
        }
        state.writer = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Takes the next bytes out; `None` at the end.
    ///
    /// # Errors
    /// [`Reset`] once the line is.
    pub(super) async fn read(&self) -> Result<Option<Bytes>, Reset> {
        poll_fn(|cx| self.poll_read(cx)).await
    }

    /// As [`read`](Self::read), for streams.
    pub(super) fn poll_read(&self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Reset>> {
        let mut state = self.0.state.borrow_mut();
        if state.reset {
            return Poll::Ready(Err(Reset));
        }
        state.reader = Some(cx.waker().clone());
        if self.0.direction.poll_open(cx).is_pending() {
            return Poll::Pending;
        }
        let Some((at, _)) = state.chunks.front() else { return Poll::Pending };
        let rate = self.0.direction.bytes_per_second.get();
        // Whoever is slow no longer reads at once what has arrived.
        let not_before = state.not_before.filter(|_| rate.is_some());
        let at = not_before.map_or(*at, |not_before| not_before.max(*at));
        if at > clock::now() {
            self.0.direction.register(cx);
            let timer = state.timer.insert(Box::pin(sleep_until(at)));
            if timer.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
        }
        Poll::Ready(Ok(state.take(rate)))
    }

    /// Waits until nobody has taken what has been in it for so long.
    pub(super) async fn until_given_up(&self, span: Duration) {
        loop {
            let oldest = self.0.state.borrow().chunks.front().map(|(at, _)| *at + span);
            if oldest.is_some_and(|end| end <= clock::now()) {
                return;
            }
            sleep_until(oldest.unwrap_or_else(|| clock::after(span / 20))).await;
        }
    }

    /// No more bytes come; those that are in it still arrive, and the end after them.
    pub(super) fn end(&self) {
        let at = self.0.direction.arrival();
        let mut state = self.0.state.borrow_mut();
        if !std::mem::replace(&mut state.ended, true) {
            state.queue(at, None);
        }
    }

    /// Ends it at once for both sides; what is in it is lost.
    pub(super) fn reset(&self) {
        let mut state = self.0.state.borrow_mut();
        state.reset = true;
        state.chunks.clear();
        wake(&mut state.reader);
        wake(&mut state.writer);
    }
}

impl State {
    /// Nothing arrives before what was sent before it.
    fn queue(&mut self, at: Instant, what: Option<Bytes>) {
        let at = self.last.map_or(at, |last| last.max(at));
        self.last = Some(at);
        self.chunks.push_back((at, what));
        wake(&mut self.reader);
    }

    fn take(&mut self, bytes_per_second: Option<usize>) -> Option<Bytes> {
        let (at, chunk) = self.chunks.pop_front()?;
        let Some(mut chunk) = chunk else {
            // The end stays: whoever reads on finds it again.
            self.chunks.push_front((at, None));
            return None;
        };
        if let Some(rate) = bytes_per_second {
            let rest = chunk.split_off(chunk.len().min(rate.max(1)));
            if !rest.is_empty() {
                self.chunks.push_front((at, Some(rest)));
            }
            self.not_before = Some(clock::after(span_of(chunk.len(), rate)));
        }
        self.bytes -= chunk.len();
        wake(&mut self.writer);
        Some(chunk)
    }
}

fn wake(waker: &mut Option<Waker>) {
    if let Some(waker) = waker.take() {
        waker.wake();
    }
}
