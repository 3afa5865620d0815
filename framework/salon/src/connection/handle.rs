//! A connection as its links, its supervisor and the registry see it.
//!
//! It must never need the actor's mailbox to be moving for what liveness depends on: pongs and
//! closes are recorded here first.

use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU8, Ordering},
    },
};

use actix::{Actor, Addr};
use tokio::sync::oneshot;

use super::{
    beat::{Beat, Look},
    mailbox::{BelowLimit, Client, Closed, EndSession, HasMissed, Received},
    numbered::Numbered,
    placement::Placement,
    receive_window::ReceiveWindow,
};
use crate::{
    auth::{Handshake, Principal},
    base::{
        clock::Instant,
        config::Heartbeat,
        disconnect::DisconnectReason,
        in_flight::{CountsInFlight, InFlight, InFlightGuard},
        number::SessionNumber,
    },
    outbox::{Control, End, Outbox, Owner, TransportKind},
    session::session_id::{Identified, SessionId},
    wire::socket_io::Messages,
};

/// How many WebSockets at a time are told that they are not a connection's own. Each is kept for a
/// while, and counted nowhere else; a client that loses its way tries one after the other.
const MOST_STRANGERS: u8 = 8;

/// The connection has ended; what was sent to it was not handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the connection has ended")]
pub(crate) struct Ended;

/// The shared part of one connection, whose actor is an `A`.
pub(crate) struct Handle<A: Actor> {
    number: u64,
    sid: SessionId,
    handshake: Arc<Handshake>,
    principal: Principal,
    outbox: Arc<Outbox>,
    address: Addr<A>,
    /// Whether each kind of request is under way: taken and given back by a [`Claim`], which says what
    /// they are ordered by.
    upgrading: AtomicBool,
    polling: AtomicBool,
    posting: AtomicBool,
    /// Whether the POST that is under way has been answered, and only the rest of it is to be handled.
    /// Set before the answer leaves, and looked at by the request that the client makes of it: in one
    /// order with the claims, or a client that is quick would be told that it sends two at a time.
    answered: AtomicBool,
    /// Whether another POST waits for that.
    behind: AtomicBool,
    /// Whether its client has connected. Whoever looks for a place to take may see it late, and guards
    /// itself by the lock of the registry.
    connected: AtomicBool,
    /// Whether it is asked for signs of life by messages: a page does not see its transport's pings.
    beats_by_messages: AtomicBool,
    /// How many strangers there are: a count that guards nothing else.
    strangers: AtomicU8,
    in_flight: InFlight,
    beat: Beat,
    /// Boxed: most connections have nothing of it.
    rare: Option<Box<Rare>>,
}

/// What few connections have.
struct Rare {
    /// There is one if somebody listens.
    span: Option<tracing::Span>,
    /// Its place where others live that it belongs to, until its actor is gone.
    placement: Mutex<Option<Placement>>,
    /// Where both sides number what goes by requests.
    numbered: Numbered,
}

impl<A: Client> Handle<A> {
    pub(super) fn new(
        number: u64,
        sid: SessionId,
        handshake: Arc<Handshake>,
        principal: Principal,
        outbox: Arc<Outbox>,
        address: Addr<A>,
        placement: Option<Placement>,
    ) -> Self {
        let span = tracing::debug_span!("salon.connection", connection = number);
        let span = Some(span).filter(|span| !span.is_disabled());
        let is_numbered = outbox.transport().numbers_posts();
        let is_rare = span.is_some() || placement.is_some() || is_numbered;
        let rare = || {
            let placement = Mutex::new(placement);
            Box::new(Rare { span, placement, numbered: Numbered::default() })
        };
        let rare = is_rare.then(rare);
        Self {
            number,
            sid,
            handshake,
            principal,
            outbox,
            address,
            upgrading: AtomicBool::new(false),
            polling: AtomicBool::new(false),
            posting: AtomicBool::new(false),
            answered: AtomicBool::new(false),
            behind: AtomicBool::new(false),
            connected: AtomicBool::new(false),
            beats_by_messages: AtomicBool::new(false),
            strangers: AtomicU8::new(0),
            in_flight: InFlight::default(),
            beat: Beat::new(),
            rare,
        }
    }

    /// What logs call it: the session id is a secret of the client.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// What its logs are in, if anybody listens.
    pub(super) fn span(&self) -> Option<&tracing::Span> {
        self.rare.as_ref()?.span.as_ref()
    }

    /// Its actor is gone, or never started: it takes no place any more where others live.
    pub(super) fn move_out(&self) {
        if let Some(rare) = &self.rare {
            drop(rare.placement.lock().unwrap_or_else(PoisonError::into_inner).take());
        }
    }

    /// Whether its client has connected to a namespace.
    pub(super) fn has_connected(&self) -> bool {
        self.connected.load(Ordering::Relaxed)
    }

    /// Its client has connected to a namespace; whether that is new.
    pub(super) fn set_connected(&self) -> bool {
        !self.connected.swap(true, Ordering::Relaxed)
    }

    /// The Engine.IO session id.
    pub(crate) fn sid(&self) -> &SessionId {
        &self.sid
    }

    /// The request that opened the connection.
    pub(crate) fn handshake(&self) -> &Arc<Handshake> {
        &self.handshake
    }

    /// Whom the session id is bound to.
    pub(crate) fn principal(&self) -> &Principal {
        &self.principal
    }

    /// Its outgoing queue.
    pub(crate) fn outbox(&self) -> &Arc<Outbox> {
        &self.outbox
    }

    /// The transport it is on now.
    pub(crate) fn transport(&self) -> TransportKind {
        self.outbox.transport()
    }

    /// From now on it is on WebSocket; polling requests are refused on every worker.
    pub(crate) fn upgraded(&self) {
        self.outbox.upgraded();
    }

    /// Claims the one upgrade that may be under way. `None` when there is one already, or the
    /// connection is upgraded.
    pub(crate) fn begin_upgrade(self: &Arc<Self>) -> Option<Claim<A>> {
        if self.transport() != TransportKind::Polling {
            return None;
        }
        Claim::take(self, |handle| &handle.upgrading)
    }

    /// Counts a WebSocket that names this connection and will not be its own, while it is told so.
    /// `None` when there are as many as may be.
    pub(crate) fn begin_refusal(self: &Arc<Self>) -> Option<Stranger<A>> {
        let counted = self.strangers.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| {
            (count < MOST_STRANGERS).then_some(count + 1)
        });
        counted.ok().map(|_| Stranger(self.clone()))
    }

    /// Whether an upgrade is under way.
    pub(crate) fn is_upgrading(&self) -> bool {
        self.upgrading.load(Ordering::SeqCst)
    }

    /// Whether there is a socket to be closed: one that polls has none between two polls.
    pub(crate) fn has_link(&self) -> bool {
        !self.outbox.is_polled() || self.is_polled()
    }

    /// Whether a GET is pending.
    pub(crate) fn is_polled(&self) -> bool {
        self.polling.load(Ordering::SeqCst)
    }

    /// Claims the one GET that may be pending, with why the connection had ended in that moment, if it
    /// had: an end that comes later finds the GET pending, on whichever worker.
    pub(crate) fn begin_poll(self: &Arc<Self>) -> Option<(Claim<A>, Option<DisconnectReason>)> {
        self.outbox.at_once(|closed| {
            let claim = Claim::take(self, |handle| &handle.polling)?;
            Some((claim, closed))
        })
    }

    /// Claims the one POST that may be under way.
    pub(crate) fn begin_post(self: &Arc<Self>) -> Option<Claim<A>> {
        let claim = Claim::take(self, |handle| &handle.posting)?;
        self.answered.store(false, Ordering::SeqCst);
        Some(claim)
    }

    /// The POST that is under way is answered, though the rest of it is still to be handled.
    pub(crate) fn answer_post(&self) {
        self.answered.store(true, Ordering::SeqCst);
    }

    /// Claims the place of the one POST that may wait until all of the one before it is handled. `None`
    /// when there is one already, or when the one before it is not answered: a client sends one at a
    /// time.
    pub(crate) fn wait_behind_post(self: &Arc<Self>) -> Option<Claim<A>> {
        let is_answered = self.answered.load(Ordering::SeqCst);
        is_answered.then(|| Claim::take(self, |handle| &handle.behind)).flatten()
    }

    /// Hands over messages in the order they arrived, and does not wait: that a link does which finds
    /// no room in its `window` then.
    pub(crate) fn hand_over(&self, messages: Messages, window: &Arc<ReceiveWindow>) {
        messages.iter().for_each(|message| window.add(message));
        let window = Some(window.clone());
        self.address.do_send(Received { messages, request: None, window, done: None });
    }

    /// What is numbered; there is that wherever the transport does so.
    pub(crate) fn numbered(&self) -> Option<&Numbered> {
        self.rare.as_deref().map(|rare| &rare.numbered)
    }

    /// Where its actor is sent what this handle has no words for.
    pub(super) fn address(&self) -> &Addr<A> {
        &self.address
    }

    /// The right to begin one more event, if it may be.
    pub(super) fn begin(self: &Arc<Self>) -> Option<InFlightGuard> {
        let begun = self.in_flight.begin(&self.outbox.terms().in_flight);
        begun.then(|| InFlightGuard::new(self.clone()))
    }

    /// Whether one more event may begin; if not, its actor is told once one may.
    pub(super) fn may_begin(&self) -> bool {
        self.in_flight.may_begin(&self.outbox.terms().in_flight)
    }

    /// Whether no new work is taken any more. To be asked with a guard in hand.
    pub(super) fn is_stopping(&self) -> bool {
        self.outbox.terms().in_flight.is_stopping()
    }

    /// Waits until no event is in flight. To be called once none begins any more.
    pub(super) async fn until_idle(&self) {
        self.in_flight.until_idle(&self.outbox.terms().in_flight).await;
    }

    /// Hands over messages with the request that brought them, if that is wanted, and waits until
    /// their handling has begun: while too many events are in flight that takes until some are done.
    ///
    /// # Errors
    /// [`Ended`] if the connection ended first.
    pub(crate) async fn receive(
        &self,
        messages: Messages,
        request: Option<Arc<Handshake>>,
    ) -> Result<(), Ended> {
        if messages.is_empty() {
            return Ok(());
        }
        let (done, handled) = oneshot::channel();
        self.address.do_send(Received { messages, request, window: None, done: Some(done) });
        handled.await.map_err(|_| Ended)
    }

    /// Records a pong. One that comes while its ping still waits to be sent is no answer, and no
    /// sign that the client reads.
    pub(crate) fn pong(&self) {
        let _ = self.beat.pong(|| self.outbox.has_undelivered_ping());
    }

    /// Its client has polled, by which it shows that it is there, whether or not what it was asked has come
    /// to it.
    pub(crate) fn polled(&self) {
        self.beat.shown();
    }

    /// When its heartbeat is first looked at.
    pub(crate) fn first_look(&self, heartbeat: &Heartbeat) -> Instant {
        self.beat.first(heartbeat)
    }

    /// Looks at its heartbeat: queues a ping if one is due.
    pub(crate) fn look(&self, heartbeat: &Heartbeat) -> Look {
        self.beat.look(heartbeat, || {
            let by_messages = self.beats_by_messages.load(Ordering::Relaxed);
            self.outbox.control(if by_messages { Control::Heartbeat } else { Control::Ping });
        })
    }

    /// From now on it is asked for signs of life by messages, or by its transport's pings again. What waits
    /// for an answer goes on to: both are one.
    pub(super) fn beat_by(&self, messages: bool) {
        self.beats_by_messages.store(messages, Ordering::Relaxed);
    }

    /// A heartbeat came as a message; whether it is to be answered by one: what answers the server's own is
    /// not.
    pub(crate) fn heartbeat(&self) -> bool {
        let by_messages = self.beats_by_messages.load(Ordering::Relaxed);
        !(by_messages && self.beat.pong(|| self.outbox.has_undelivered_ping()))
    }

    /// Whether its client has not answered in time, though its supervisor may not have looked yet.
    pub(crate) fn is_overdue(&self, heartbeat: &Heartbeat) -> bool {
        self.beat.is_over(heartbeat)
    }

    /// Ends the connection: its link writes what is queued and closes, its sessions are told.
    pub(crate) fn close(&self, reason: DisconnectReason) {
        self.outbox.close(reason);
    }

    /// Ends the connection at once: what is queued is dropped.
    pub(crate) fn abort(&self, reason: DisconnectReason) {
        self.outbox.discard(reason);
    }
}

impl<A: Client> Owner for Handle<A> {
    fn ended(&self, reason: DisconnectReason) {
        self.address.do_send(Closed { reason });
    }

    fn end_session(&self, session: SessionNumber, end: End) {
        self.address.do_send(EndSession { session, end });
    }

    fn has_missed(&self) {
        self.address.do_send(HasMissed);
    }
}

impl<A: Client> CountsInFlight for Handle<A> {
    fn ended(&self) {
        if self.in_flight.end(&self.outbox.terms().in_flight) {
            self.address.do_send(BelowLimit);
        }
    }
}

impl<A: Actor> Identified for Handle<A> {
    fn session_id(&self) -> &SessionId {
        &self.sid
    }
}

impl<A: Actor> fmt::Debug for Handle<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle")
            .field("number", &self.number)
            .field("transport", &self.outbox.transport())
            .finish_non_exhaustive()
    }
}

/// A WebSocket that is told that it is not a connection's, until this is dropped.
pub(crate) struct Stranger<A: Actor>(Arc<Handle<A>>);

impl<A: Actor> Drop for Stranger<A> {
    fn drop(&mut self) {
        self.0.strangers.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The exclusive right to one kind of request on a connection, given back when dropped.
pub(crate) struct Claim<A: Actor> {
    handle: Arc<Handle<A>>,
    flag: fn(&Handle<A>) -> &AtomicBool,
}

impl<A: Actor> Claim<A> {
    fn take(handle: &Arc<Handle<A>>, flag: fn(&Handle<A>) -> &AtomicBool) -> Option<Self> {
        // In one order with the looks at other flags: of a GET and an upgrade that begin at once, one
        // sees the other.
        (!flag(handle).swap(true, Ordering::SeqCst)).then(|| Self { handle: handle.clone(), flag })
    }
}

impl<A: Actor> Drop for Claim<A> {
    fn drop(&mut self) {
        (self.flag)(&self.handle).store(false, Ordering::SeqCst);
    }
}
