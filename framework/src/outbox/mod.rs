//! The bounded outgoing queue of one connection, between whoever emits and the link that writes.
//!
//! It must never wait: a producer that finds it full gets told, and the connection is closed.
//! Control packets have a lane of their own, so that data cannot starve liveness.

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Waker},
};

use tokio::sync::Notify;

use crate::{
    config::Limits,
    disconnect::DisconnectReason,
    frame::Frame,
    number::{MembershipNumber, RoomNumber},
    refusal::{Code, Refusal},
    wire::{engine_io, socket_io::Parser},
};

/// The outgoing queue of one connection.
///
/// Producers are on any thread. One link at a time drains it: a link [`attach`](Self::attach)es
/// itself and thereby replaces the one before it.
pub(crate) struct Outbox {
    state: Mutex<State>,
    max_bytes: usize,
    max_frames: usize,
    max_barred: usize,
    parser: Arc<dyn Parser>,
    on_end: Box<dyn Fn(DisconnectReason) + Send + Sync>,
    upgraded: AtomicBool,
    ended: Notify,
}

struct State {
    control: VecDeque<engine_io::Packet>,
    frames: VecDeque<Frame>,
    bytes: usize,
    link: LinkNumber,
    waker: Option<Waker>,
    closed: Option<DisconnectReason>,
    /// Rooms whose frames are withheld, and up to which membership.
    /// Boxed: most connections never lose a room.
    barred: Option<Box<Barred>>,
}

type Barred = HashMap<RoomNumber, MembershipNumber>;

/// The transport that a connection is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransportKind {
    /// Engine.IO long polling.
    Polling,
    /// A WebSocket.
    WebSocket,
}

impl TransportKind {
    /// The name in the `transport` query parameter.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Polling => "polling",
            Self::WebSocket => "websocket",
        }
    }
}

/// Which of the links that one connection has had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LinkNumber(u32);

impl LinkNumber {
    /// The link that a connection has from its start: all polls of one that began with polling.
    pub(crate) const FIRST: Self = Self(0);
}

/// What a link found when it drained the outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Drained {
    /// Something was handed to the sink; there may be more by the next call.
    Something,
    /// Another link has taken over: this one writes no more.
    Replaced,
    /// Everything was written and the connection is at its end: the link closes.
    Closed(DisconnectReason),
}

/// Where a link wants the outgoing packets.
pub(crate) trait Sink {
    /// A control packet.
    fn control(&mut self, packet: &engine_io::Packet);
    /// Takes frames from the front, after the control packets, and says how many. What is left stays
    /// queued: it counts, and can still be revoked.
    fn frames(&mut self, frames: &VecDeque<Frame>) -> usize;
}

/// Why a frame was not queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotQueued {
    /// The connection is closed or closing.
    #[error("the connection is closed")]
    Closed,
    /// The frame is volatile and the link is not writable.
    #[error("the frame is volatile and the connection is not writable")]
    NotWritable,
    /// The session has lost the right to the frame's room.
    #[error("the session is no member of the frame's room any more")]
    Lapsed,
    /// The queue is over its limit; the connection is being closed for it.
    #[error("the outbox is full ({bytes} bytes in {frames} frames): the connection is closed")]
    Overflow {
        /// Bytes that were waiting.
        bytes: usize,
        /// Frames that were waiting.
        frames: usize,
    },
}

impl Outbox {
    /// An empty outbox. `on_end` is called once, with the reason, when the end is decided.
    pub(crate) fn new(
        limits: &Limits,
        transport: TransportKind,
        parser: Arc<dyn Parser>,
        on_end: impl Fn(DisconnectReason) + Send + Sync + 'static,
    ) -> Self {
        Self {
            state: Mutex::new(State {
                control: VecDeque::new(),
                frames: VecDeque::new(),
                bytes: 0,
                link: LinkNumber::FIRST,
                waker: None,
                closed: None,
                barred: None,
            }),
            max_bytes: limits.max_outbox_bytes,
            max_frames: limits.max_outbox_frames,
            max_barred: limits.max_rooms.saturating_mul(2),
            parser,
            on_end: Box::new(on_end),
            upgraded: AtomicBool::new(transport == TransportKind::WebSocket),
            ended: Notify::new(),
        }
    }

    /// Queues a frame.
    ///
    /// # Errors
    /// [`NotQueued`] says why it was not; on overflow what was queued is dropped as well.
    pub(crate) fn push(&self, frame: &Frame) -> Result<(), NotQueued> {
        let mut state = self.lock();
        if state.closed.is_some() {
            return Err(NotQueued::Closed);
        }
        if frame.is_volatile() && !state.is_writable() {
            return Err(NotQueued::NotWritable);
        }
        if state.withholds(frame) {
            if let Some(instead) = frame.withheld(&*self.parser, &lapsed()) {
                state.queue(instead);
            }
            return Err(NotQueued::Lapsed);
        }
        let (bytes, frames) = (state.bytes + frame.cost(), state.frames.len() + 1);
        // A single frame over the limit is let through an empty outbox: refusing it would close
        // every member of a room for what one handler sent.
        if frames > self.max_frames || (bytes > self.max_bytes && frames > 1) {
            let overflow = NotQueued::Overflow { bytes: state.bytes, frames: state.frames.len() };
            self.end(state, DisconnectReason::OutboxOverflow, true);
            return Err(overflow);
        }
        state.queue(frame.clone());
        Ok(())
    }

    /// Withholds the frames of a room from now on, also those that are queued: the session has lost
    /// its membership of that number. Whoever awaits an acknowledgement among them is refused. How
    /// many were queued.
    pub(crate) fn bar(&self, room: RoomNumber, membership: MembershipNumber) -> u64 {
        let mut state = self.lock();
        let last = state.barred.get_or_insert_default().entry(room).or_insert(membership);
        *last = membership.max(*last);
        let frames = std::mem::take(&mut state.frames);
        state.bytes = 0;
        let mut withheld = 0;
        for frame in frames {
            if frame.room() != Some(room) {
                state.queue(frame);
                continue;
            }
            withheld += 1;
            if let Some(instead) = frame.withheld(&*self.parser, &lapsed()) {
                state.queue(instead);
            }
        }
        // A client that joins and loses rooms without end is one to be rid of.
        if state.barred.as_ref().is_some_and(|barred| barred.len() > self.max_barred) {
            self.end(state, DisconnectReason::ForcedServerClose, true);
        }
        withheld
    }

    /// Drops the frames that are queued: the connection is about to end, and its client has lost the
    /// right to them.
    pub(crate) fn drop_frames(&self) {
        let mut state = self.lock();
        state.frames = VecDeque::new();
        state.bytes = 0;
    }

    /// Whether the frames of a room are withheld.
    pub(crate) fn withholds(&self, room: RoomNumber) -> bool {
        self.lock().bars(room)
    }

    /// The frames of a room are for this session again, if the membership is a later one than that
    /// which it lost.
    pub(crate) fn lift(&self, room: RoomNumber, membership: MembershipNumber) {
        let mut state = self.lock();
        if let Some(barred) = &mut state.barred
            && barred.get(&room).is_some_and(|last| *last < membership)
        {
            barred.remove(&room);
        }
    }

    /// Queues a control packet; it overtakes the frames.
    pub(crate) fn control(&self, packet: engine_io::Packet) {
        let mut state = self.lock();
        if state.closed.is_none() {
            state.control.push_back(packet);
            state.wake();
        }
    }

    /// Whether a ping waits that the link has not taken: no pong can be its answer.
    pub(crate) fn has_undelivered_ping(&self) -> bool {
        let is_ping = |packet: &engine_io::Packet| matches!(packet, engine_io::Packet::Ping(_));
        self.lock().control.iter().any(is_ping)
    }

    /// Ends the connection: nothing more is queued; the link writes what is queued, then closes.
    /// The first reason stands.
    pub(crate) fn close(&self, reason: DisconnectReason) {
        self.end(self.lock(), reason, false);
    }

    /// Like [`close`](Self::close), but drops what is queued.
    pub(crate) fn discard(&self, reason: DisconnectReason) {
        self.end(self.lock(), reason, true);
    }

    /// The reason of the close, once it is decided.
    pub(crate) fn closed(&self) -> Option<DisconnectReason> {
        self.lock().closed
    }

    /// Waits for the decision to close, whether or not a link makes progress.
    pub(crate) async fn until_closed(&self) -> DisconnectReason {
        loop {
            let ended = self.ended.notified();
            // Made before the look, so that a close in between is not missed.
            if let Some(reason) = self.closed() {
                return reason;
            }
            ended.await;
        }
    }

    /// Makes a new link the one that drains; the one before is told so.
    pub(crate) fn attach(&self) -> LinkNumber {
        let mut state = self.lock();
        state.link = LinkNumber(state.link.0.wrapping_add(1));
        state.wake();
        state.link
    }

    /// A link waits no longer, for instance because its request was dropped: until it drains
    /// again, the connection is not writable.
    pub(crate) fn park(&self, link: LinkNumber) {
        let mut state = self.lock();
        if state.link == link {
            state.waker = None;
        }
    }

    /// Hands what is queued to `sink`, control packets first, or waits for something. While the sink
    /// has it nothing is revoked, so that what was revoked before is not in its hands. A sink that
    /// takes nothing of what there is is not called again before its link drains again.
    pub(crate) fn poll_drain(
        &self,
        cx: &mut Context<'_>,
        link: LinkNumber,
        sink: &mut impl Sink,
    ) -> Poll<Drained> {
        let mut state = self.lock();
        if state.link != link {
            return Poll::Ready(Drained::Replaced);
        }
        let mut something = false;
        while let Some(packet) = state.control.pop_front() {
            sink.control(&packet);
            something = true;
        }
        if something {
            // They are rare: an idle connection holds no buffer for them.
            state.control = VecDeque::new();
        }
        if something || !state.frames.is_empty() {
            state.waker = None;
            something |= state.take(|frames| sink.frames(frames));
            return if something { Poll::Ready(Drained::Something) } else { Poll::Pending };
        }
        if let Some(reason) = state.closed {
            return Poll::Ready(Drained::Closed(reason));
        }
        match &mut state.waker {
            Some(waker) => waker.clone_from(cx.waker()),
            waker @ None => *waker = Some(cx.waker().clone()),
        }
        Poll::Pending
    }

    /// The transport that the connection is on.
    pub(crate) fn transport(&self) -> TransportKind {
        if self.upgraded.load(Ordering::Acquire) {
            TransportKind::WebSocket
        } else {
            TransportKind::Polling
        }
    }

    /// From now on the connection is on WebSocket.
    pub(crate) fn upgraded(&self) {
        self.upgraded.store(true, Ordering::Release);
    }

    fn end(&self, mut state: MutexGuard<'_, State>, reason: DisconnectReason, discard: bool) {
        let first = state.end(reason, discard);
        drop(state);
        if first {
            self.ended.notify_waiters();
            (self.on_end)(reason);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that runs under the lock leaves the state half-changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn withholds(&self, frame: &Frame) -> bool {
        frame.room().is_some_and(|room| self.bars(room))
    }

    fn bars(&self, room: RoomNumber) -> bool {
        self.barred.as_ref().is_some_and(|barred| barred.contains_key(&room))
    }

    fn queue(&mut self, frame: Frame) {
        self.bytes += frame.cost();
        self.frames.push_back(frame);
        self.wake();
    }

    /// Takes as many frames as `count` says; whether that is any.
    fn take(&mut self, count: impl FnOnce(&VecDeque<Frame>) -> usize) -> bool {
        let count = count(&self.frames);
        for frame in self.frames.drain(..count) {
            self.bytes -= frame.cost();
        }
        count > 0
    }

    /// Whether a link is waiting for something to write.
    fn is_writable(&self) -> bool {
        self.waker.is_some() && self.frames.is_empty()
    }

    /// Ends it; true if it had not ended before.
    fn end(&mut self, reason: DisconnectReason, discard: bool) -> bool {
        let first = self.closed.is_none();
        self.closed.get_or_insert(reason);
        if discard {
            self.control = VecDeque::new();
            self.frames = VecDeque::new();
            self.bytes = 0;
        }
        self.wake();
        first
    }

    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

/// What a session is told that awaits an answer from a room that it is no member of any more.
fn lapsed() -> Refusal {
    Refusal::new(Code::Lapsed, "the right to be in the room has lapsed")
}

impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.lock();
        f.debug_struct("Outbox")
            .field("frames", &state.frames.len())
            .field("bytes", &state.bytes)
            .field("closed", &state.closed)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use super::*;
    use crate::{frame::Layer, wire::socket_io::JsonParser};

    fn frame() -> Frame {
        Frame::message(engine_io::Message::Text("0123456789".into()), Layer::EngineIo)
    }

    #[test]
    fn one_frame_too_many_ends_the_connection_and_drops_what_waited() {
        let limits = Limits { max_outbox_frames: 3, ..Limits::default() };
        let ends = Arc::<AtomicUsize>::default();
        let counted = ends.clone();
        let outbox =
            Outbox::new(&limits, TransportKind::WebSocket, Arc::new(JsonParser), move |_| {
                counted.fetch_add(1, Ordering::Relaxed);
            });
        for _ in 0..3 {
            assert_eq!(outbox.push(&frame()), Ok(()));
        }
        let overflow = NotQueued::Overflow { bytes: 30, frames: 3 };
        assert_eq!(outbox.push(&frame()), Err(overflow));
        assert_eq!(outbox.closed(), Some(DisconnectReason::OutboxOverflow));
        assert_eq!(outbox.push(&frame()), Err(NotQueued::Closed));
        outbox.close(DisconnectReason::TransportClose);
        assert_eq!(ends.load(Ordering::Relaxed), 1, "the end is told once");
    }

    #[test]
    fn a_single_frame_over_the_limit_passes_an_empty_outbox_alone() {
        let limits = Limits { max_outbox_bytes: 5, ..Limits::default() };
        let outbox = Outbox::new(&limits, TransportKind::WebSocket, Arc::new(JsonParser), |_| {});
        assert_eq!(outbox.push(&frame()), Ok(()));
        assert!(matches!(outbox.push(&frame()), Err(NotQueued::Overflow { .. })));
    }
}
