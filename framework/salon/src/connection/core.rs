//! What all connections of one Salon share: settings, what is declared, and where what they say goes.
//!
//! It must never know which connections there are: that is for who opens them.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use super::{call_rates::CallRates, handle::Handle, mailbox::Client};
use crate::{
    app::{AllowedOrigins, Application, Hooks, Namespaces, Settings},
    auth::{Handshake, Revocations},
    base::{
        config::{Heartbeat, Http, Lapses, Limits, Rate, Timeouts},
        data::Data,
        disconnect::DisconnectReason,
        meter::{Counters, Tally},
    },
    hub::{Broadcaster, Sessions},
    session::{handle::SessionHandle, session_id::SessionId},
    wire::socket_io::Parser,
};

/// Which Salon, of those in this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct CoreNumber(u64);

impl CoreNumber {
    fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// Which connections there are, as one of them sees it. It knows each by its session id, and by the
/// handshake whose it is counted.
pub(super) trait Register: Send + Sync {
    /// No newcomer takes the place of this connection: its client has connected to a namespace, or
    /// waits to hear whether it may.
    fn keep(&self, sid: &SessionId, handshake: &Handshake);
    /// A newcomer may take the place of this connection again: its client has been refused.
    fn release(&self, sid: &SessionId, handshake: &Handshake);
    /// The session id is unknown from now on.
    fn remove(&self, sid: &SessionId, handshake: &Handshake);
}

/// How the rights of a session are watched, on the worker on which it is.
pub(crate) type Supervise = fn(&Arc<Core>, &Arc<SessionHandle>);

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
    data: Data,
    application: Option<Arc<dyn Application>>,
    supervise: Supervise,
    revocations: Revocations,
    register: Arc<dyn Register>,
    call_rates: CallRates,
}

impl Core {
    pub(super) fn new(
        settings: Settings,
        origins: AllowedOrigins,
        declared: Declared,
        broadcaster: Arc<Broadcaster>,
        supervise: Supervise,
        register: Arc<dyn Register>,
    ) -> Self {
        let Declared { namespaces, parser, data, application } = declared;
        let memory = settings.lapses.revocation_memory;
        let revocations = Revocations::new(memory, settings.limits.max_revocations);
        Self {
            number: CoreNumber::next(),
            settings,
            origins,
            namespaces,
            broadcaster,
            parser,
            data,
            application,
            supervise,
            revocations,
            register,
            call_rates: CallRates::default(),
        }
    }

    /// What reads Socket.IO here.
    pub(crate) fn parser(&self) -> &Arc<dyn Parser> {
        &self.parser
    }

    /// What those may still do who call events one by one.
    pub(super) fn call_rates(&self) -> &CallRates {
        &self.call_rates
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

    pub(crate) fn namespaces(&self) -> &Namespaces {
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

    /// Has the rights of a session watched, on this worker.
    pub(super) fn supervise(self: &Arc<Self>, handle: &Arc<SessionHandle>) {
        (self.supervise)(self, handle);
    }

    /// The session id of a connection is unknown from now on, and what it was not sent is dropped.
    pub(crate) fn forget<A: Client>(&self, handle: &Handle<A>) {
        handle.abort(DisconnectReason::TransportClose);
        self.unlist(handle);
    }

    /// The session id of a connection that has ended is unknown from now on; a request that has found
    /// it before still gets what is queued.
    pub(crate) fn unlist<A: Client>(&self, handle: &Handle<A>) {
        self.register.remove(handle.sid(), handle.handshake());
    }

    /// A connection's client has connected to a namespace, or there is none that it could.
    pub(crate) fn connected<A: Client>(&self, handle: &Handle<A>) {
        if handle.set_connected() {
            self.register.keep(handle.sid(), handle.handshake());
        }
    }

    /// A connection's client waits to hear whether it may connect.
    pub(super) fn waits_to_connect<A: Client>(&self, handle: &Handle<A>) {
        if !handle.has_connected() {
            self.register.keep(handle.sid(), handle.handshake());
        }
    }

    /// A connection's client waits no longer to hear whether it may connect.
    pub(super) fn waits_no_longer<A: Client>(&self, handle: &Handle<A>) {
        if !handle.has_connected() {
            self.register.release(handle.sid(), handle.handshake());
        }
    }

    /// How many rooms are open, of all kinds.
    pub(crate) fn open_rooms(&self) -> usize {
        self.namespaces.directories.values().map(|directory| directory.open_rooms()).sum()
    }

    /// Who takes messages in place of sessions, if somebody does.
    pub(crate) fn application(&self) -> Option<&Arc<dyn Application>> {
        self.application.as_ref()
    }
}

impl fmt::Debug for Core {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Core").field("number", &self.number).finish_non_exhaustive()
    }
}
