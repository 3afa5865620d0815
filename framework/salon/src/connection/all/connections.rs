//! All connections of one Salon: how each is opened, found, and counted.
//!
//! It must never make anything for one that is refused.

use std::{
    fmt,
    ops::Deref,
    rc::Rc,
    sync::{
        Arc, Once, Weak,
        atomic::{AtomicU64, Ordering},
    },
};

use actix::{Addr, Recipient, dev::channel};
use bytes::Bytes;

use super::{
    pending_start::{Parts, PendingStart, Speaks},
    registry::{NoRoom, Registry},
    worker::{Watch, Worker},
};
use crate::{
    app::{AllowedOrigins, Application, Settings},
    auth::{Handshake, Principal},
    base::{
        bye::Bye,
        contained::contain,
        disconnect::DisconnectReason,
        in_flight::InFlightLimit,
        meter::{Count, Counters},
        refusal::Refusal,
        turn::MAILBOX,
    },
    connection::{
        actor::ConnectionHandle,
        core::{Core, Declared, Supervise},
        placement::{Placement, Placements},
    },
    hub::{Broadcaster, ShardHandle},
    message::Layer,
    outbox::{Outbox, Terms, TransportKind},
    protocol::{Format, RawCodec, SocketIoCodec, Typed, TypedCodec, Wrap},
    session::session_id::SessionId,
};

/// The code by which a client is refused that comes while the server shuts down.
pub(crate) const SHUTTING_DOWN: &str = "shutting_down";

/// The code of a refusal that says to try again once others have gone.
pub(crate) const FULL: &str = "server_full";

/// The code of a refusal because of how many others come from the client's address.
pub(crate) const CROWDED: &str = "address_full";

/// What is logged once for all of them.
const CROWDED_ADVICE: &str = "an address has as many connections as it may, and more are refused: \
    if that is a proxy, say with Builder::client_address how clients are told apart, or raise \
    limits.max_connections_per_address";

/// How what watches over the connections of a worker is started.
pub(crate) type Watching = fn(&Arc<Connections>) -> Recipient<Watch>;

/// What connections have in common, by what their clients speak.
struct AllTerms {
    sessions: Arc<Terms>,
    /// The plain protocol.
    typed: Arc<Terms>,
    /// The same as MessagePack.
    #[cfg(feature = "msgpack")]
    typed_msgpack: Arc<Terms>,
    /// The same as streams of events.
    streams: Arc<Terms>,
    /// Messages as they are, over Engine.IO.
    messages: Arc<Terms>,
    /// Messages as they are, over a WebSocket of their own.
    plain: Arc<Terms>,
}

impl AllTerms {
    fn new(
        settings: &Settings,
        declared: &Declared,
        counters: &Arc<Counters>,
        in_flight: &Arc<InFlightLimit>,
    ) -> Self {
        let Settings { limits, heartbeat, timeouts, .. } = settings;
        let terms =
            |codec| Arc::new(Terms::new(limits, codec, counters.clone(), in_flight.clone()));
        let typed = |wrap| TypedCodec {
            wrap,
            heartbeat: *heartbeat,
            max_payload: limits.max_payload,
            retry_window: timeouts.shutdown,
        };
        Self {
            sessions: terms(Arc::new(SocketIoCodec::new(declared.parser.clone()))),
            typed: terms(Arc::new(typed(Wrap::Message(Format::Json)))),
            #[cfg(feature = "msgpack")]
            typed_msgpack: terms(Arc::new(typed(Wrap::Message(Format::Msgpack)))),
            streams: terms(Arc::new(typed(Wrap::Stream))),
            messages: terms(Arc::new(RawCodec { layer: Layer::EngineIo })),
            plain: terms(Arc::new(RawCodec { layer: Layer::Plain })),
        }
    }

    fn of(&self, speaks: &Speaks, transport: TransportKind) -> &Arc<Terms> {
        match speaks {
            Speaks::SocketIo => &self.sessions,
            Speaks::Typed(_) if transport == TransportKind::EventStream => &self.streams,
            Speaks::Typed(protocol) => match protocol.format() {
                Format::Json => &self.typed,
                #[cfg(feature = "msgpack")]
                Format::Msgpack => &self.typed_msgpack,
            },
            Speaks::Raw(_, Layer::EngineIo) => &self.messages,
            Speaks::Raw(_, Layer::Plain) => &self.plain,
        }
    }
}

/// The connections of one Salon, and what they share.
pub(crate) struct Connections {
    core: Arc<Core>,
    pub(in crate::connection) registry: Arc<Registry>,
    placements: Arc<Placements>,
    pub(in crate::connection) in_flight: Arc<InFlightLimit>,
    terms: AllTerms,
    watching: Watching,
    crowded: Once,
    opened: AtomicU64,
}

impl Connections {
    pub(crate) fn new(
        settings: Settings,
        origins: AllowedOrigins,
        declared: Declared,
        broadcaster: Arc<Broadcaster>,
        supervise: Supervise,
        watching: Watching,
    ) -> Self {
        let in_flight = Arc::new(InFlightLimit::new(settings.limits.max_events_in_flight));
        let counters = &broadcaster.counters;
        let terms = AllTerms::new(&settings, &declared, counters, &in_flight);
        let registry = Arc::new(Registry::new(&settings));
        let register = registry.clone();
        let core = Core::new(settings, origins, declared, broadcaster, supervise, register);
        Self {
            core: Arc::new(core),
            registry,
            placements: Arc::default(),
            in_flight,
            terms,
            watching,
            crowded: Once::new(),
            opened: AtomicU64::new(0),
        }
    }

    /// What they share.
    pub(crate) fn core(&self) -> &Arc<Core> {
        &self.core
    }

    /// Makes this thread one of the Salon's workers.
    pub(crate) fn enlist(self: &Arc<Self>) {
        self.worker();
    }

    pub(in crate::connection) fn worker(self: &Arc<Self>) -> Rc<Worker> {
        Worker::current(&self.core, || (self.watching)(self))
    }

    /// The connection of a session id; also one that is closed, until its link has said so to the
    /// client.
    pub(crate) fn find(&self, sid: &str) -> Option<Arc<ConnectionHandle>> {
        self.registry.find(&SessionId::parse(sid)?)
    }

    /// How many connections there are.
    pub(crate) fn count(&self) -> usize {
        self.registry.len()
    }

    /// Whether a connection is not forgotten yet.
    pub(in crate::connection) fn has(&self, handle: &ConnectionHandle) -> bool {
        self.registry.find(handle.sid()).is_some()
    }

    /// All connections.
    pub(crate) fn all(&self) -> Vec<Arc<ConnectionHandle>> {
        self.registry.all()
    }

    /// Whether the application wants to see the requests that bring messages.
    pub(crate) fn wants_requests(&self) -> bool {
        self.core.application().is_some()
    }

    /// Starts a connection, on this worker unless it belongs to others. Its link has to send the open
    /// packet.
    pub(crate) fn open(
        self: &Arc<Self>,
        handshake: Arc<Handshake>,
        principal: Principal,
        transport: TransportKind,
    ) -> Result<Arc<ConnectionHandle>, Refusal> {
        let speaks = match self.core.application().cloned() {
            Some(application) => Speaks::Raw(application, Layer::EngineIo),
            None => Speaks::SocketIo,
        };
        self.start(handshake, principal, transport, speaks)
    }

    /// Starts a connection without Engine.IO, on this worker unless it belongs to others; its pings
    /// are the WebSocket's own.
    pub(crate) fn open_plain(
        self: &Arc<Self>,
        handshake: Arc<Handshake>,
        principal: Principal,
        application: Arc<dyn Application>,
    ) -> Result<Arc<ConnectionHandle>, Refusal> {
        let speaks = Speaks::Raw(application, Layer::Plain);
        self.start(handshake, principal, TransportKind::WebSocket, speaks)
    }

    /// What a client of a stream of events is told that there is no room for.
    pub(crate) fn last_words(&self, bye: Bye) -> Bytes {
        let farewell = self.terms.streams.farewell(bye);
        farewell.map(|farewell| farewell.message.into_bytes()).unwrap_or_default()
    }

    /// Starts a connection of the plain protocol, on this worker unless it belongs to others.
    pub(crate) fn open_typed(
        self: &Arc<Self>,
        handshake: Arc<Handshake>,
        principal: Principal,
        transport: TransportKind,
        protocol: Typed,
    ) -> Result<Arc<ConnectionHandle>, Refusal> {
        self.start(handshake, principal, transport, Speaks::Typed(protocol))
    }

    /// Finds a home for a connection that came to the worker `here`, if the application says that it
    /// belongs to others; and which worker that is, unless it is this one.
    ///
    /// # Errors
    /// If the application's code panics.
    fn place(
        &self,
        handshake: &Handshake,
        here: &ShardHandle,
    ) -> Result<(Option<Placement>, Option<ShardHandle>), Refusal> {
        let Some(affinity) = &self.hooks().affinity else { return Ok((None, None)) };
        // What it had in hand was the handshake, and that is plain data.
        let key = contain(|| affinity(handshake)).map_err(|panicked| {
            self.counters().one(Count::HandlerPanics);
            tracing::error!("the affinity panicked: a connection is refused");
            Refusal::from(panicked)
        })?;
        let Some(key) = key else { return Ok((None, None)) };
        let (placement, home) = self.placements.take_in(key, here, &self.broadcaster().shards());
        Ok((Some(placement), Some(home).filter(|home| home.number() != here.number())))
    }

    fn start(
        self: &Arc<Self>,
        handshake: Arc<Handshake>,
        principal: Principal,
        transport: TransportKind,
        speaks: Speaks,
    ) -> Result<Arc<ConnectionHandle>, Refusal> {
        if self.is_closing() {
            return Err(Refusal::other(SHUTTING_DOWN, "the server is shutting down"));
        }
        if self.count() >= self.limits().max_connections {
            // Nothing is made for one that is not to be.
            return Err(no_room(NoRoom::Full));
        }
        let sid = SessionId::random()?;
        let here = self.worker();
        let (placement, elsewhere) = self.place(&handshake, &here.shard)?;
        let (sender, receiver) = channel::channel(MAILBOX);
        let number = self.opened.fetch_add(1, Ordering::Relaxed);
        let terms = self.terms.of(&speaks, transport).clone();
        let handle = Arc::new_cyclic(|owner: &Weak<ConnectionHandle>| {
            let outbox = Outbox::new(terms, transport, owner.clone());
            let (outbox, address) = (Arc::new(outbox), Addr::new(sender));
            ConnectionHandle::new(number, sid, handshake, principal, outbox, address, placement)
        });
        // Whoever has a WebSocket open for raw messages may listen for good.
        if matches!(speaks, Speaks::Raw(..)) && transport == TransportKind::WebSocket {
            handle.set_connected();
        }
        // Before it starts: on another worker it may have ended when this returns.
        let replaced = self.registry.insert(&handle);
        if matches!(replaced, Err(NoRoom::Crowded)) {
            self.crowded.call_once(|| tracing::warn!("{CROWDED_ADVICE}"));
        }
        if let Some(replaced) = replaced.map_err(no_room)? {
            self.counters().one(Count::UnconnectedReplaced);
            tracing::debug!(
                connection = replaced.number(),
                "it did not connect in time for others"
            );
            replaced.outbox().say_bye(Bye::TooMany);
            replaced.close(DisconnectReason::ForcedServerClose);
        }
        self.counters().one(Count::ConnectionsOpened);
        let started = handle.clone();
        let parts = Parts { core: self.core.clone(), handle: started, receiver, speaks };
        let pending_start = PendingStart::new(parts);
        match elsewhere {
            None => pending_start.start(&here),
            Some(home) => {
                let connections = self.clone();
                home.run(move || pending_start.start(&connections.worker()));
            }
        }
        if self.is_closing() {
            // Whoever closes all connections may not have seen this one.
            handle.close(DisconnectReason::ServerShuttingDown);
        }
        Ok(handle)
    }
}

fn no_room(why: NoRoom) -> Refusal {
    match why {
        NoRoom::Full => Refusal::other(FULL, "the server has as many connections as it may"),
        NoRoom::Crowded => {
            Refusal::other(CROWDED, "your address has as many connections as it may")
        }
    }
}

impl Deref for Connections {
    type Target = Core;

    fn deref(&self) -> &Core {
        &self.core
    }
}

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.core.fmt(f)
    }
}
