//! What all connections of one Salon share: settings, namespaces, and the registry of who is there.
//!
//! It must never hold a lock while it runs code of the application.

use std::{
    fmt,
    sync::{
        Arc, Once, OnceLock, Weak,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use actix::{Addr, Recipient, dev::channel};
use tokio::sync::Notify;

use super::{
    AllowedOrigins, Application, BuildError, ConnectionHandle, DisconnectReason, Hooks, Refusal,
    TransportKind,
    client_address::Address,
    namespaces::Namespaces,
    pending_start::{Parts, PendingStart},
    placement::{self, Placements},
    registry::{NoRoom, Registry},
    worker::{CoreNumber, Supervise, Watch, Worker},
};
use crate::{
    auth::{Handshake, Principal, Revocations},
    base::{
        clock::Instant,
        config::{ClientAddress, Heartbeat, Http, Lapses, Limits, Rate, Timeouts},
        data::Data,
        meter::{Count, Counters, Meter, Tally},
    },
    hub::{Broadcaster, Sessions},
    message::Layer,
    outbox::{Outbox, Terms},
    session::session_id::SessionId,
    wire::socket_io::Parser,
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

/// What actix gives a mailbox. It bounds nothing here, since connections are sent to without
/// waiting: what is bounded is what a link hands over before it waits.
const MAILBOX: usize = 16;

/// How a Salon is set up.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settings {
    pub(crate) limits: Limits,
    pub(crate) timeouts: Timeouts,
    pub(crate) heartbeat: Heartbeat,
    pub(crate) lapses: Lapses,
    pub(crate) http: Http,
    pub(crate) hooks: Hooks,
    /// How long what a client misses is kept for it; not at all if `None`.
    pub(crate) recovery: Option<Duration>,
}

impl Settings {
    /// Refuses what could not work.
    pub(crate) fn check(&self) -> Result<(), BuildError> {
        let transports = self.http.transports;
        if !transports.polling && !transports.websocket {
            return Err(BuildError::NoTransport);
        }
        if !self.http.path.starts_with('/') {
            return Err(BuildError::Path(self.http.path.clone()));
        }
        let day = Duration::from_secs(24 * 60 * 60);
        let spans = [
            ("ping_interval", self.heartbeat.ping_interval),
            ("ping_timeout", self.heartbeat.ping_timeout),
            ("timeouts.connect", self.timeouts.connect),
            ("timeouts.upgrade", self.timeouts.upgrade),
            ("timeouts.close", self.timeouts.close),
            ("timeouts.middleware", self.timeouts.middleware),
            ("timeouts.shutdown", self.timeouts.shutdown),
            ("timeouts.handler", self.timeouts.handler.unwrap_or(day)),
            ("lapses.reevaluate_every", self.lapses.reevaluate_every.unwrap_or(day)),
            ("lapses.notice", self.lapses.notice),
        ];
        if let Some((name, span)) = spans.iter().find(|(_, span)| span.is_zero() || *span > day) {
            let found = format!("{span:?}");
            return Err(BuildError::Setting { name, found, wanted: "more than 0, a day at most" });
        }
        if let ClientAddress::Header { name, proxies } = &self.http.client_address {
            if *proxies == 0 {
                let (name, wanted) = ("client_address.proxies", "at least 1");
                return Err(BuildError::Setting { name, found: "0".to_owned(), wanted });
            }
            let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
            if name.is_empty() || !name.bytes().all(is_name) {
                let (name, found) = ("client_address.name", format!("{name:?}"));
                return Err(BuildError::Setting { name, found, wanted: "the name of a header" });
            }
        }
        if self.limits.max_events_in_flight == 0 {
            let (name, wanted) = ("limits.max_events_in_flight", "at least 1");
            return Err(BuildError::Setting { name, found: "0".to_owned(), wanted });
        }
        Ok(())
    }
}

/// What the application has declared, and how its clients write.
pub(crate) struct Declared {
    pub(crate) namespaces: Namespaces,
    pub(crate) parser: Arc<dyn Parser>,
    pub(crate) data: Data,
    pub(crate) application: Option<Arc<dyn Application>>,
}

/// One Salon, as its connections see it.
pub(crate) struct Core {
    number: CoreNumber,
    settings: Settings,
    origins: AllowedOrigins,
    namespaces: Namespaces,
    broadcaster: Arc<Broadcaster>,
    parser: Arc<dyn Parser>,
    pub(super) outbox_terms: Arc<Terms>,
    data: Data,
    application: Option<Arc<dyn Application>>,
    supervise: Supervise,
    revocations: Revocations,
    pub(super) placements: Arc<Placements>,
    registry: Registry,
    crowded: Once,
    opened: AtomicU64,
    /// Until when clients are parted with, once it is closing.
    pub(super) closing: OnceLock<Instant>,
    /// Told while it is closing, when a connection is forgotten.
    pub(super) forgotten: Notify,
}

impl Core {
    pub(crate) fn new(
        settings: Settings,
        origins: AllowedOrigins,
        declared: Declared,
        broadcaster: Arc<Broadcaster>,
        supervise: Supervise,
    ) -> Self {
        let Declared { namespaces, parser, data, application } = declared;
        let memory = settings.lapses.revocation_memory;
        let revocations = Revocations::new(memory, settings.limits.max_revocations);
        let (codec, counters) = (broadcaster.codec().clone(), broadcaster.counters.clone());
        let outbox_terms = Arc::new(Terms::new(&settings.limits, codec, counters));
        Self {
            number: CoreNumber::next(),
            revocations,
            settings,
            origins,
            namespaces,
            broadcaster,
            parser,
            outbox_terms,
            data,
            application,
            supervise,
            placements: Arc::default(),
            registry: Registry::default(),
            crowded: Once::new(),
            opened: AtomicU64::new(0),
            closing: OnceLock::new(),
            forgotten: Notify::new(),
        }
    }

    /// What reads Socket.IO here.
    pub(crate) fn parser(&self) -> &Arc<dyn Parser> {
        &self.parser
    }

    pub(super) fn number(&self) -> CoreNumber {
        self.number
    }

    pub(crate) fn http(&self) -> &Http {
        &self.settings.http
    }

    pub(crate) fn origins(&self) -> &AllowedOrigins {
        &self.origins
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.settings.limits
    }

    /// How often a connection may send CONNECT.
    pub(super) fn connect_rate(&self) -> Rate {
        let limits = self.limits();
        limits.connect_rate.with_room_for(limits.max_namespaces.saturating_mul(2))
    }

    pub(crate) fn timeouts(&self) -> &Timeouts {
        &self.settings.timeouts
    }

    pub(crate) fn heartbeat(&self) -> &Heartbeat {
        &self.settings.heartbeat
    }

    pub(crate) fn hooks(&self) -> &Hooks {
        &self.settings.hooks
    }

    /// When rights end, and what goes before.
    pub(crate) fn lapses(&self) -> &Lapses {
        &self.settings.lapses
    }

    /// All sessions.
    pub(crate) fn sessions(&self) -> &Sessions {
        &self.broadcaster.sessions
    }

    /// What was revoked.
    pub(crate) fn revocations(&self) -> &Revocations {
        &self.revocations
    }

    pub(super) fn namespaces(&self) -> &Namespaces {
        &self.namespaces
    }

    pub(crate) fn broadcaster(&self) -> &Arc<Broadcaster> {
        &self.broadcaster
    }

    pub(super) fn data(&self) -> &Data {
        &self.data
    }

    pub(crate) fn counters(&self) -> &Arc<Counters> {
        &self.broadcaster.counters
    }

    /// Where panics of the application's values count.
    pub(super) fn tally(&self) -> Tally {
        self.broadcaster.tally
    }

    pub(super) fn supervise(self: &Arc<Self>) -> Recipient<Watch> {
        (self.supervise)(self)
    }

    /// Makes this thread one of the Salon's workers.
    pub(crate) fn enlist(self: &Arc<Self>) {
        Worker::current(self);
    }

    /// How many rooms are open, of all kinds.
    pub(crate) fn open_rooms(&self) -> usize {
        self.namespaces.directories.values().map(|directory| directory.open_rooms()).sum()
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
    pub(super) fn has(&self, handle: &ConnectionHandle) -> bool {
        self.registry.find(handle.sid()).is_some()
    }

    /// All connections.
    pub(crate) fn connections(&self) -> Vec<Arc<ConnectionHandle>> {
        self.registry.all()
    }

    /// The session id of a connection is unknown from now on, and what it was not sent is dropped.
    pub(crate) fn forget(&self, handle: &ConnectionHandle) {
        handle.abort(DisconnectReason::TransportClose);
        self.unlist(handle);
    }

    /// The session id of a connection that has ended is unknown from now on; a request that has found
    /// it before still gets what is queued.
    pub(crate) fn unlist(&self, handle: &ConnectionHandle) {
        self.registry.remove(handle, self.address(handle));
        if self.is_closing() {
            self.forgotten.notify_waiters();
        }
    }

    /// A connection's client has connected to a namespace; or, where there are none, it is there.
    pub(crate) fn connected(&self, handle: &ConnectionHandle) {
        if handle.set_connected() {
            self.registry.keep(handle, self.address(handle));
        }
    }

    /// A connection's client waits to hear whether it may connect to a namespace.
    pub(super) fn connecting(&self, handle: &ConnectionHandle) {
        if !handle.has_connected() {
            self.registry.keep(handle, self.address(handle));
        }
    }

    /// A connection's client waits no more, and may have been refused.
    pub(super) fn decided(&self, handle: &Arc<ConnectionHandle>) {
        if !handle.has_connected() {
            self.registry.release(handle, self.address(handle));
        }
    }

    /// What a connection is counted by.
    fn address(&self, handle: &ConnectionHandle) -> Option<Address> {
        Address::of(handle.handshake(), &self.http().client_address)
    }

    /// Whether the application wants to see the requests that bring messages.
    pub(crate) fn wants_requests(&self) -> bool {
        self.application.is_some()
    }

    /// Starts a connection, on this worker unless it belongs to others. Its link has to send the open
    /// packet.
    pub(crate) fn open(
        self: &Arc<Self>,
        handshake: Arc<Handshake>,
        principal: Principal,
        transport: TransportKind,
    ) -> Result<Arc<ConnectionHandle>, Refusal> {
        let raw = self.application.clone().map(|application| (application, Layer::EngineIo));
        self.start(handshake, principal, transport, raw)
    }

    /// Starts a connection without Engine.IO, on this worker unless it belongs to others; its pings
    /// are the WebSocket's own.
    pub(crate) fn open_plain(
        self: &Arc<Self>,
        handshake: Arc<Handshake>,
        principal: Principal,
        application: Arc<dyn Application>,
    ) -> Result<Arc<ConnectionHandle>, Refusal> {
        let raw = Some((application, Layer::Plain));
        self.start(handshake, principal, TransportKind::WebSocket, raw)
    }

    fn start(
        self: &Arc<Self>,
        handshake: Arc<Handshake>,
        principal: Principal,
        transport: TransportKind,
        raw: Option<(Arc<dyn Application>, Layer)>,
    ) -> Result<Arc<ConnectionHandle>, Refusal> {
        if self.is_closing() {
            return Err(Refusal::other(SHUTTING_DOWN, "the server is shutting down"));
        }
        if self.count() >= self.limits().max_connections {
            // Nothing is made for one that is not to be.
            return Err(no_room(NoRoom::Full));
        }
        let sid = SessionId::random()?;
        let here = Worker::current(self);
        let (placement, elsewhere) = placement::find(self, &handshake, &here.shard)?;
        let (sender, receiver) = channel::channel(MAILBOX);
        let number = self.opened.fetch_add(1, Ordering::Relaxed);
        let handle = Arc::new_cyclic(|owner: &Weak<ConnectionHandle>| {
            let outbox = Outbox::new(self.outbox_terms.clone(), transport, owner.clone());
            let (outbox, address) = (Arc::new(outbox), Addr::new(sender));
            ConnectionHandle::new(number, sid, handshake, principal, outbox, address, placement)
        });
        // Whoever has a WebSocket open for raw messages may listen for good.
        if raw.is_some() && transport == TransportKind::WebSocket {
            handle.set_connected();
        }
        // Before it starts: on another worker it may have ended when this returns.
        let replaced = self.registry.insert(&handle, self.limits(), |one| self.address(one));
        if matches!(replaced, Err(NoRoom::Crowded)) {
            self.crowded.call_once(|| tracing::warn!("{CROWDED_ADVICE}"));
        }
        if let Some(replaced) = replaced.map_err(no_room)? {
            self.counters().one(Count::UnconnectedReplaced);
            tracing::debug!(
                connection = replaced.number(),
                "it did not connect in time for others"
            );
            replaced.close(DisconnectReason::ForcedServerClose);
        }
        self.counters().one(Count::ConnectionsOpened);
        let started = handle.clone();
        let parts = Parts { core: self.clone(), handle: started, receiver, raw };
        let pending_start = PendingStart::new(parts);
        match elsewhere {
            None => pending_start.start(&here),
            Some(home) => {
                let core = self.clone();
                home.run(move || pending_start.start(&Worker::current(&core)));
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

impl fmt::Debug for Core {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Core").field("number", &self.number).finish_non_exhaustive()
    }
}
