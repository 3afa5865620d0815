//! The line between one client and the server: bytes in order, with a window, and what can go wrong.
//!
//! It must never change or reorder bytes: a line is late, slow, dead or gone, as TCP is.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    future::poll_fn,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use bytes::Bytes;
use tokio::time::{Sleep, sleep_until};

use crate::clock::{self, Instant};

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
        if let Some(rate) = self.bytes_per_second.get() {
            let seconds = bytes as f64 / rate.max(1) as f64;
            tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
        }
        poll_fn(|cx| self.poll_open(cx)).await;
    }

    fn poll_open(&self, cx: &mut Context<'_>) -> Poll<()> {
        if !self.blocked.get() {
            return Poll::Ready(());
        }
        self.waiting.borrow_mut().push(cx.waker().clone());
        Poll::Pending
    }

    fn wake(&self) {
        for waker in self.waiting.take() {
            waker.wake();
        }
    }
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
    chunks: VecDeque<(Instant, Bytes)>,
    bytes: usize,
    last: Option<Instant>,
    /// When a slow line gives out the next bytes.
    not_before: Option<Instant>,
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
        let at = state.last.map_or(at, |last| last.max(at));
        state.last = Some(at);
        state.bytes += bytes.len();
        state.chunks.push_back((at, bytes));
        wake(&mut state.reader);
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
        let Some((at, _)) = state.chunks.front() else {
            return if state.ended { Poll::Ready(Ok(None)) } else { Poll::Pending };
        };
        let at = state.not_before.map_or(*at, |not_before| not_before.max(*at));
        if at > clock::now() {
            let timer = state.timer.insert(Box::pin(sleep_until(at)));
            if timer.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
        }
        Poll::Ready(Ok(state.take(self.0.direction.bytes_per_second.get())))
    }

    /// No more bytes come; those that are in it still arrive.
    pub(super) fn end(&self) {
        let mut state = self.0.state.borrow_mut();
        state.ended = true;
        wake(&mut state.reader);
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
    fn take(&mut self, bytes_per_second: Option<usize>) -> Option<Bytes> {
        let (_, mut chunk) = self.chunks.pop_front()?;
        if let Some(rate) = bytes_per_second {
            let rest = chunk.split_off(chunk.len().min(rate.max(1)));
            if !rest.is_empty() {
                self.chunks.push_front((clock::now(), rest));
            }
            self.not_before = Some(clock::after(Duration::from_secs(1)));
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
