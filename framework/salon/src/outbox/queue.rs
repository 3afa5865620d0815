//! The queue of one connection, between whoever emits and the link that writes.
//!
//! It must never wait: a producer that finds it full gets told, and the connection is closed.

use std::{
    fmt,
    sync::{Arc, PoisonError, Weak},
    task::{Context, Poll},
};

use super::{
    control::Control,
    drain::{Drained, LinkNumber, Sink},
    lag::{Held, Lag},
    not_queued::NotQueued,
    state::State,
    terms::{End, Owner, Terms},
    transport_kind::TransportKind,
};
use crate::{
    base::{
        bye::Bye,
        disconnect::DisconnectReason,
        meter::Counters,
        number::SessionNumber,
        sync::{
            Mutex, MutexGuard,
            atomic::{AtomicBool, Ordering},
        },
    },
    message::{Class, Farewell, Publication, Reader},
};

/// The outgoing queue of one connection.
///
/// Producers are on any thread. One link at a time drains it: a link [`attach`](Self::attach)es
/// itself and thereby replaces the one before it.
pub(crate) struct Outbox {
    state: Mutex<State>,
    pub(super) terms: Arc<Terms>,
    /// Weak: whoever has an outbox does not keep its connection.
    owner: Weak<dyn Owner>,
    /// What its connection began with.
    transport: TransportKind,
    /// Whether its link was polling, and is a WebSocket or is about to be. In one order with the claims on a
    /// connection's requests: of an upgrade and a POST that begin at once, the POST finds it set, or the
    /// upgrade waits for the POST.
    upgraded: AtomicBool,
}

impl Outbox {
    /// An empty outbox. `owner` is told once, with the reason, when the end is decided.
    pub(crate) fn new(terms: Arc<Terms>, transport: TransportKind, owner: Weak<dyn Owner>) -> Self {
        Self { state: Mutex::default(), terms, owner, transport, upgraded: AtomicBool::new(false) }
    }

    /// Queues a publication: one that is no room's, or that is sent once more.
    ///
    /// # Errors
    /// [`NotQueued`] says why it was not; on overflow what was queued is dropped as well.
    pub(crate) fn push(&self, publication: &Publication) -> Result<(), NotQueued> {
        self.push_as(publication, None)
    }

    /// Queues a publication for one of the connection's sessions, in its order: if there is no place for
    /// it, and a room keeps it, it is read there later, as `reader` says.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub(crate) fn push_for(
        &self,
        publication: &Publication,
        reader: &dyn Fn() -> Reader,
    ) -> Result<(), NotQueued> {
        self.push_as(publication, Some(reader))
    }

    fn push_as(
        &self,
        publication: &Publication,
        reader: Option<&dyn Fn() -> Reader>,
    ) -> Result<(), NotQueued> {
        let form = self.terms.form(publication);
        if form.is_nothing() {
            return self.push_skipped(publication, reader);
        }
        let mut state = self.lock();
        if state.closed.is_some() {
            return Err(NotQueued::Closed);
        }
        // Mostly: of what follows nothing can be the case.
        if publication.class().is_reliable() && state.is_plain() {
            state.begin_turn(|| self.is_polled());
            if state.admits_plainly(publication, form.cost(), &self.terms) {
                state.queue(publication.clone(), form.cost());
                return Ok(());
            }
        }
        if *publication.class() == Class::Volatile && !state.is_writable() {
            return Err(NotQueued::NotWritable);
        }
        if !state.suppresses(publication) {
            return match publication.topic() {
                Some(topic) => self.queue_lossy(state, publication, topic, form.cost()),
                None => self.queue(state, publication, form.cost(), reader),
            };
        }
        drop(state);
        if let Some(instead) = self.instead_of(publication) {
            let state = self.lock();
            if state.closed.is_some() {
                return Err(NotQueued::Closed);
            }
            let cost = self.terms.form(&instead).cost();
            self.queue(state, &instead, cost, reader)?;
        }
        Err(NotQueued::Lapsed)
    }

    /// Queues what tells of the number of something that has no form for this client, if it has a number.
    fn push_skipped(
        &self,
        publication: &Publication,
        reader: Option<&dyn Fn() -> Reader>,
    ) -> Result<(), NotQueued> {
        match publication.skipped().filter(|it| !self.terms.form(it).is_nothing()) {
            Some(skipped) => self.push_as(&skipped, reader)?,
            None => self.lock().pass_over(publication),
        }
        Err(NotQueued::Unserializable)
    }

    pub(super) fn queue(
        &self,
        mut state: MutexGuard<'_, State>,
        publication: &Publication,
        cost: usize,
        reader: Option<&dyn Fn() -> Reader>,
    ) -> Result<(), NotQueued> {
        let mut is_full = false;
        // Mostly nobody is behind.
        if reader.is_some() && state.is_behind() {
            match state.hold_back(publication, cost, &self.terms) {
                Held::Passes => {}
                Held::Later => return Ok(()),
                Held::Missed => return Err(NotQueued::NotWritable),
                Held::Full => is_full = true,
            }
        }
        // One that polls has no link between two polls, and comes for what waits.
        state.begin_turn(|| self.is_polled());
        if !is_full && state.admits(publication, cost, &self.terms) {
            state.queue(publication.clone(), cost);
            self.make_room(state, false);
            return Ok(());
        }
        if !is_full
            && let (Some(reader), Some(kept)) =
                (reader, publication.kept().filter(|kept| !kept.closes))
            && let (Some(room), Some(log)) = (publication.room(), kept.log.upgrade())
        {
            drop(state);
            return self.fall_behind(Lag::of_one_that_is_slow(room, log, reader(), kept.seq));
        }
        let overflow = NotQueued::Overflow { bytes: state.bytes, frames: state.frames.len() };
        self.end(state, DisconnectReason::OutboxOverflow, true);
        Err(overflow)
    }

    /// Whether these find room in one half of it, so that the other is there for what comes next.
    pub(crate) fn has_room_for(&self, publications: &[Publication]) -> bool {
        let cost = |it: &Publication| self.terms.form(it).cost();
        let bytes = publications.iter().map(cost).sum::<usize>();
        let state = self.lock();
        state.frames.len() + publications.len() <= self.terms.max_frames / 2
            && state.bytes + bytes <= self.terms.max_bytes / 2
    }

    /// A client has come back, and has more to be sent that it missed than an outbox holds. Until at
    /// most half of what that holds waits, the frames that are kept for all who come back have a
    /// limit of their own: as many of them as are kept, beside those that an outbox holds.
    pub(crate) fn catch_up(&self) {
        self.lock().catch_up(&self.terms);
    }

    /// Drops the frames that are queued: the connection is about to end, and its client has lost the
    /// right to them.
    pub(crate) fn drop_frames(&self) {
        let mut state = self.lock();
        state.drop_frames();
    }

    /// Tells the link something; it overtakes the frames.
    pub(crate) fn control(&self, control: Control) {
        let mut state = self.lock();
        if state.closed.is_none() {
            state.queue_control(control);
        }
    }

    /// Whether a ping waits that the link has not taken: no pong can be its answer.
    pub(crate) fn has_undelivered_ping(&self) -> bool {
        self.lock().has_ping()
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

    /// Says what its client is told once its end comes, in place of what goes with the reason of that. The
    /// first stands.
    pub(crate) fn say_bye(&self, bye: Bye) {
        self.lock().bye.get_or_insert(bye);
    }

    /// Why its client is parted with, if that is for the client to know.
    pub(crate) fn bye(&self, reason: DisconnectReason) -> Option<Bye> {
        self.lock().bye.or_else(|| Bye::of_reason(reason))
    }

    /// What its client is told last, if its protocol has words for that.
    pub(crate) fn farewell(&self, reason: DisconnectReason) -> Option<Farewell> {
        self.terms.farewell(self.bye(reason)?)
    }

    /// The reason of the close, once it is decided.
    pub(crate) fn closed(&self) -> Option<DisconnectReason> {
        self.lock().closed
    }

    /// Waits for the decision to close, whether or not a link makes progress.
    pub(crate) async fn until_closed(&self) -> DisconnectReason {
        let changed = self.lock().changed.get_or_insert_default().clone();
        loop {
            let changed = changed.notified();
            // Made before the look, so that a close in between is not missed.
            if let Some(reason) = self.closed() {
                return reason;
            }
            changed.await;
        }
    }

    /// Looks at whether it is closed, and does something in the same moment: an end that is decided
    /// later finds it done.
    pub(crate) fn at_once<T>(&self, act: impl FnOnce(Option<DisconnectReason>) -> T) -> T {
        act(self.lock().closed)
    }

    /// Makes a new link the one that drains; the one before is told so.
    pub(crate) fn attach(&self) -> LinkNumber {
        let mut state = self.lock();
        state.link = state.link.next();
        state.wake();
        state.link
    }

    /// Whether that link is the one that drains.
    pub(crate) fn is_drained_by(&self, link: LinkNumber) -> bool {
        self.lock().link == link
    }

    /// A link waits no longer, for instance because its request was dropped: until it drains
    /// again, the connection is not writable.
    pub(crate) fn park(&self, link: LinkNumber) {
        let mut state = self.lock();
        if state.link == link {
            state.wait_no_more();
        }
    }

    /// Hands what is queued to `sink`, the lane of control first, or waits for something. While the sink
    /// has it nothing is revoked, so that what was revoked before is not in its hands. A sink that
    /// takes nothing of what there is is not called again before its link drains again.
    pub(crate) fn poll_drain<S: Sink>(
        &self,
        cx: &mut Context<'_>,
        link: LinkNumber,
        sink: &mut S,
    ) -> Poll<Drained> {
        let mut state = self.lock();
        if state.link != link {
            return Poll::Ready(Drained::Replaced);
        }
        let drained = self.drain(&mut state, cx, sink);
        let is_behind = state.is_behind();
        drop(state);
        if is_behind {
            self.read_on();
        }
        drained
    }

    fn drain<S: Sink>(
        &self,
        state: &mut State,
        cx: &mut Context<'_>,
        sink: &mut S,
    ) -> Poll<Drained> {
        let control = state.take_control();
        let mut something = !control.is_empty();
        if something {
            control.iter().for_each(|control| sink.control(control));
        }
        if something || state.offers_something() {
            something |= state.take(&self.terms, |frames| sink.frames(frames));
            if S::STAYS && !state.offers_something() && state.closed.is_none() {
                state.wait(cx.waker());
                return Poll::Ready(Drained::Everything);
            }
            state.wait_no_more();
            return if something { Poll::Ready(Drained::Something) } else { Poll::Pending };
        }
        if let Some(reason) = state.closed {
            return Poll::Ready(Drained::Closed(reason));
        }
        state.wait(cx.waker());
        Poll::Pending
    }

    /// Has the connection tell its client what it has missed, a while from now.
    pub(super) fn request_telling(&self) {
        if let Some(owner) = self.owner.upgrade() {
            owner.has_missed();
        }
    }

    /// Has the connection end a session, or itself because of it.
    pub(crate) fn request_end(&self, session: SessionNumber, end: End) {
        if let Some(owner) = self.owner.upgrade() {
            owner.end_session(session, end);
        }
    }

    /// What it has in common with others.
    pub(crate) fn terms(&self) -> &Terms {
        &self.terms
    }

    /// What its Salon counts.
    pub(crate) fn counters(&self) -> &Counters {
        &self.terms.counters
    }

    /// Whether its client polls: then it has no link between two polls.
    #[inline]
    pub(crate) fn is_polled(&self) -> bool {
        match self.transport {
            TransportKind::Polling => !self.upgraded.load(Ordering::SeqCst),
            TransportKind::PlainPolling => true,
            TransportKind::WebSocket | TransportKind::EventStream | TransportKind::Call => false,
        }
    }

    /// The transport that the connection is on.
    pub(crate) fn transport(&self) -> TransportKind {
        match self.transport {
            TransportKind::Polling if !self.is_polled() => TransportKind::WebSocket,
            transport => transport,
        }
    }

    /// From now on the connection is on WebSocket.
    pub(crate) fn upgraded(&self) {
        self.upgraded.store(true, Ordering::SeqCst);
    }

    pub(super) fn end(
        &self,
        mut state: MutexGuard<'_, State>,
        reason: DisconnectReason,
        discard: bool,
    ) {
        let first = state.end(reason, discard, &self.terms);
        drop(state);
        if first && let Some(owner) = self.owner.upgrade() {
            owner.ended(reason);
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that runs under the lock leaves the state half-changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
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

#[cfg(all(test, salon_loom))]
mod models;

#[cfg(test)]
mod tests;
