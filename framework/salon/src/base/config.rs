//! Every limit, interval and window of the framework, as plain data with defaults that say why.
//!
//! It must never contain behaviour: who enforces a value names it in its own documentation.

use std::time::Duration;

pub use salon_contract::Rate;

/// What a client may grow, and how far. The guide's page on [limits](crate::guide::limits) says what
/// happens at each.
///
/// ```
/// let salon = salon::Salon::builder().limits(|limits| limits.max_payload = 64 * 1024).build()?;
/// # Ok::<(), salon::BuildError>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of one message, and of one polling request body. 1,000,000 as the reference server
    /// has it, so that a client moved over meets no new limit.
    pub max_payload: usize,
    /// Connections at a time, over all workers and transports. 100,000: what one process with some
    /// gigabytes holds. That of the HTTP server does not see a WebSocket that was taken over from it.
    pub max_connections: usize,
    /// Connections at a time of one client's address; of IPv6 the first 64 bits are one, which is
    /// what one subscriber has. 1,000: many share an address behind a provider's translation, or in
    /// a school. Addresses that nobody on the internet has, such as those of a proxy beside the
    /// server, have no limit; see [`ClientAddress`].
    pub max_connections_per_address: usize,
    /// Connections at a time whose client has not connected to a namespace yet; the oldest goes for
    /// the next one, so that nobody keeps others out by handshakes alone. One whose authenticator is
    /// still at it does not count. `None`, the default, is a
    /// tenth of `max_connections`, and at least 16.
    pub max_unconnected: Option<usize>,
    /// Bytes of the URL and the headers of one request; those of the first are kept as long as its
    /// connection. 16 KiB: what Node takes.
    pub max_handshake_bytes: usize,
    /// Bytes of the `auth` object of one CONNECT, or of what refreshes it: it is kept as long as its
    /// session. 100,000: a tenth of a message, and many times the longest token.
    pub max_auth_bytes: usize,
    /// Binary attachments that one packet may announce. 10: beyond it a packet is cheaper to flood than
    /// to use. Packets of the msgpack parser announce none.
    pub max_attachments: usize,
    /// Bytes of all attachments of one packet together.
    pub max_attachment_bytes: usize,
    /// Fragments of one WebSocket message. A fragment costs two bytes to send and an allocation to
    /// keep, so their number is bounded as well as their sum.
    pub max_fragments: usize,
    /// Packets in one polling payload. No limit beside `max_payload`: a client sends what it has
    /// gathered at once, and it is handled in turns, as much in each as over a WebSocket.
    pub max_payload_packets: usize,
    /// Frames of the plain protocol in one message of a client. 4,096: what it has queued while it was away
    /// comes in one.
    pub max_frames_per_message: usize,
    /// Namespaces that one connection may have open.
    pub max_namespaces: usize,
    /// How often one connection may send CONNECT, each of which asks an authenticator; beyond it a
    /// CONNECT is refused as `rate_limited`. 10 a second, 256 at once: a client sends one for each of
    /// its namespaces. Twice `max_namespaces` at once always may, whatever this says.
    pub connect_rate: Rate,
    /// Untyped rooms that one session may be in, and, counted apart, typed ones.
    pub max_rooms: usize,
    /// Values that one room keeps for who joins: the newest of each key of each of its events that are
    /// `latest`; the oldest goes first. 1,000, and at most as many as take half of `max_outbox_bytes`.
    pub max_latest_keys: usize,
    /// Typed rooms that are open at a time, of all kinds, those included that are kept though they are
    /// empty; [`Room::MAX_OPEN`](crate::Room::MAX_OPEN) limits one kind. 250,000: some 350 MB, without
    /// what the app keeps in them.
    pub max_open_rooms: usize,
    /// Typed rooms that are open and that one connection has opened by its events. 2,048: twice of
    /// what a session may be in, since a room is kept for a while when it is empty.
    pub max_rooms_opened: usize,
    /// How often one connection may open a typed room by an event. 100 a second, 4,096 at once: more
    /// than it can be in, so that only who opens and leaves rooms without end meets it.
    pub room_rate: Rate,
    /// Bytes of a room's or a namespace's name when a client chooses it.
    pub max_name: usize,
    /// Events of one connection that are being handled; beyond it its socket is not read.
    pub max_events_in_flight: usize,
    /// Acknowledgements that the server waits for from one session.
    pub max_pending_acknowledgements: usize,
    /// Grants of an authority that are kept for one session; the oldest goes first, and is asked
    /// for again. 256: a session that is in as many rooms is rare, and 256 grants are some 20 KB.
    pub max_grants: usize,
    /// Bytes that the histories of all rooms keep together; a room that publishes while there is more
    /// gives up its own oldest. 256 MiB.
    pub max_history_bytes: usize,
    /// Users of whom one room knows what they have acknowledged of its events that are `acked`; of more, those
    /// who were there longest ago are forgotten. 10,000: some 2 MB.
    pub max_acked_users: usize,
    /// How often such an event is sent once more to a user that does not acknowledge it; then it is given up,
    /// and the user is cut off. 5.
    pub max_acked_times: usize,
    /// Turns of one [durable](crate::History::durable) room that wait for their commit; beyond it the room
    /// waits for its store. 1,024.
    pub max_uncommitted: usize,
    /// How long the answer to an event with a key is kept for whoever sends it again; of a room that
    /// is not durable no longer than it is open. 10 minutes: what a client still sends again after that is rare.
    pub once_window: Duration,
    /// Bytes of the key of an event. 256: four times those of a UUID in hexadecimal digits, and as
    /// many again.
    pub max_once_key: usize,
    /// Answers that one room keeps for events with keys; the oldest goes first. 4,096.
    pub max_once_in_room: usize,
    /// Answers that are kept for events of sessions with keys, of all sessions together; the oldest
    /// goes first. 65,536: some 25 MB, without what is in them.
    pub max_once_in_sessions: usize,
    /// Answers that are kept for one user (for one session if it is nobody's in particular) in one room,
    /// and of sessions in one namespace; its own oldest goes first. 256: more than it has unacknowledged,
    /// and few of those that are kept in all.
    pub max_once_per_user: usize,
    /// Bytes of the answers that one room keeps, and of those that are kept for sessions; the oldest goes
    /// first. 16 MiB.
    pub max_once_bytes: usize,
    /// Bytes of those that are kept for one user; an answer that is larger is not kept. 1 MiB.
    pub max_once_bytes_per_user: usize,
    /// Duplicates that wait while the event that came first is handled; one more is refused as
    /// `limit_exceeded`. 16.
    pub max_once_waiting: usize,
    /// Frames that are kept for clients that come back, if recovery is on.
    pub max_recovery_frames: usize,
    /// Bytes of the frames that are kept for clients that come back: of their names and payloads.
    pub max_recovery_bytes: usize,
    /// Sessions that are kept for clients that come back; the oldest goes first.
    pub max_recovery_sessions: usize,
    /// Users and tokens that are remembered as revoked; the oldest goes first.
    pub max_revocations: usize,
    /// Bytes that may wait in one connection's outbox. 1 MiB holds seconds of a busy room; a client
    /// that is further behind than that is better served by a reconnection. Four times as much may be
    /// sent to one that reads before there is a moment to write it in.
    pub max_outbox_bytes: usize,
    /// Frames that may wait in one connection's outbox; as of bytes, four times as many may be sent before
    /// there is a moment to write them in.
    pub max_outbox_frames: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_payload: 1_000_000,
            max_connections: 100_000,
            max_connections_per_address: 1_000,
            max_unconnected: None,
            max_handshake_bytes: 16 << 10,
            max_auth_bytes: 100_000,
            max_attachments: 10,
            max_attachment_bytes: 1_000_000,
            max_fragments: 1_024,
            max_payload_packets: usize::MAX,
            max_frames_per_message: 4_096,
            max_namespaces: 16,
            connect_rate: Rate::new(10, Duration::from_secs(1), 256),
            max_rooms: 1_024,
            max_latest_keys: 1_000,
            max_open_rooms: 250_000,
            max_rooms_opened: 2_048,
            room_rate: Rate::new(100, Duration::from_secs(1), 4_096),
            max_name: 256,
            max_events_in_flight: 64,
            max_pending_acknowledgements: 1_024,
            max_grants: 256,
            max_history_bytes: 256 << 20,
            max_acked_users: 10_000,
            max_acked_times: 5,
            max_uncommitted: 1_024,
            once_window: Duration::from_secs(10 * 60),
            max_once_key: 256,
            max_once_in_room: 4_096,
            max_once_in_sessions: 65_536,
            max_once_per_user: 256,
            max_once_bytes: 16 << 20,
            max_once_bytes_per_user: 1 << 20,
            max_once_waiting: 16,
            max_recovery_frames: 10_000,
            max_recovery_bytes: 16 << 20,
            max_recovery_sessions: 10_000,
            max_revocations: 100_000,
            max_outbox_bytes: 1 << 20,
            max_outbox_frames: 4_096,
        }
    }
}

/// When a connection is asked for a sign of life, and when it is given up.
///
/// ```
/// let heartbeat = salon::config::Heartbeat::default();
/// assert_eq!(heartbeat.ping_interval.as_secs(), 25);
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Heartbeat {
    /// Between a pong and the next ping. 25 s passes the idle limits of common proxies (30 to 60 s).
    pub ping_interval: Duration,
    /// Between a ping and the connection's end if no pong came. 20 s, the reference's value: a
    /// phone that changes networks is often silent for longer than 10.
    pub ping_timeout: Duration,
}

impl Default for Heartbeat {
    fn default() -> Self {
        Self { ping_interval: Duration::from_secs(25), ping_timeout: Duration::from_secs(20) }
    }
}

/// When rights end, and what goes before.
///
/// ```
/// use std::time::Duration;
///
/// let salon = salon::Salon::builder()
///     .lapses(|lapses| lapses.reevaluate_every = Some(Duration::from_secs(300)))
///     .build()?;
/// # Ok::<(), salon::BuildError>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Lapses {
    /// How long before its identity lapses a client is told, by `salon:lapsing`. 30 s: enough to
    /// fetch a token over a bad network.
    pub notice: Duration,
    /// How long before the end of a grant that keeps a member in a room the authority is asked
    /// again, so that a right that goes on has no gap. At most half of what is left of the grant.
    pub ask_ahead: Duration,
    /// How often the authority is asked again about what keeps members in rooms, and the
    /// authenticator about who they are, though nothing has ended; never by default.
    pub reevaluate_every: Option<Duration>,
    /// How long it is remembered who was revoked. A day: the tokens that were issued before should
    /// be over by then.
    pub revocation_memory: Duration,
}

impl Default for Lapses {
    fn default() -> Self {
        Self {
            notice: Duration::from_secs(30),
            ask_ahead: Duration::from_secs(2),
            reevaluate_every: None,
            revocation_memory: Duration::from_secs(24 * 60 * 60),
        }
    }
}

/// How long the framework waits for a client in each step, and for the application's checks and
/// answers.
///
/// ```
/// use std::time::Duration;
///
/// let salon = salon::Salon::builder()
///     .timeouts(|timeouts| timeouts.connect = Duration::from_secs(10))
///     .build()?;
/// # Ok::<(), salon::BuildError>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Timeouts {
    /// From the Engine.IO handshake to the first Socket.IO CONNECT; afterwards the connection is
    /// closed. 45 s, the reference's value.
    pub connect: Duration,
    /// From the opening of a WebSocket with a session id to its upgrade packet. 10 s, the
    /// reference's value.
    pub upgrade: Duration,
    /// From a close that Salon starts to the end of the TCP connection, whether or not the client
    /// answers it.
    pub close: Duration,
    /// For all that is asked about one event before its handler gets it: the namespace's checks of
    /// events once, and the authority and the event's guards once more. 5 s: the client's later
    /// events wait as long.
    pub middleware: Duration,
    /// From an event to the answer of a handler that answers [`Later`](crate::event::Later);
    /// afterwards the event is refused as `timeout`. Its future goes on for as long again, if its
    /// session does, and then is dropped. 30 s: longer than any request that a person waits for.
    /// With `None` there is no limit but the session's end.
    pub handler: Option<Duration>,
    /// For a room that [loads](crate::RoomContext::load) its state, from its opening on; afterwards
    /// whoever waits for it is refused as `timeout`. 10 s: all that comes for the room waits as long,
    /// and clients commonly wait for an acknowledgement no longer than that.
    pub loading: Duration,
    /// For parting with all clients when the server is stopped by a signal: what is under way comes to
    /// its end, clients are told, and get what is queued for them. 5 s: half of what is usually
    /// allowed before a process is killed.
    pub shutdown: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(45),
            upgrade: Duration::from_secs(10),
            close: Duration::from_secs(2),
            middleware: Duration::from_secs(5),
            handler: Some(Duration::from_secs(30)),
            loading: Duration::from_secs(10),
            shutdown: Duration::from_secs(5),
        }
    }
}

/// How clients reach the framework over HTTP.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Http {
    /// The path of the Engine.IO endpoint, with or without a trailing slash; clients may leave the
    /// slash out or add it. `/socket.io`, where Socket.IO clients look by default.
    pub path: String,
    /// The path of the plain protocol's endpoint, `/salon` by default; `None` turns it off. What stands
    /// behind it names a namespace: `/salon/admin` is that of `/admin`.
    pub plain_path: Option<String>,
    /// Whether the page of the contract is served beside it.
    #[cfg(feature = "contract")]
    pub contract_page: bool,
    /// Which transports are offered.
    pub transports: Transports,
    /// Which pages of other origins may connect. A page served by the same host always may.
    pub origins: Origins,
    /// Where the address is found that a client's connections are counted by.
    pub client_address: ClientAddress,
    /// Polling responses of at least this many bytes are compressed with gzip for clients that
    /// accept it; `None` turns it off. 1,024 as the reference has it: below, gzip rarely pays.
    pub gzip_from: Option<usize>,
}

impl Default for Http {
    fn default() -> Self {
        Self {
            path: "/socket.io".to_owned(),
            plain_path: Some("/salon".to_owned()),
            #[cfg(feature = "contract")]
            contract_page: cfg!(debug_assertions),
            transports: Transports::default(),
            origins: Origins::default(),
            client_address: ClientAddress::default(),
            gzip_from: Some(1_024),
        }
    }
}

/// The transports that are offered; at least one must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Transports {
    /// Long polling.
    pub polling: bool,
    /// WebSocket, and the upgrade to it if polling is offered as well.
    pub websocket: bool,
}

impl Default for Transports {
    fn default() -> Self {
        Self { polling: true, websocket: true }
    }
}

/// Which origins may connect, beside the page's own host and clients that send no `Origin`.
///
/// ```
/// use salon::{Salon, config::Origins};
///
/// let pages = ["https://example.com", "https://*.example.com", "http://localhost:3000"];
/// let pages = Origins::Listed(pages.map(str::to_owned).to_vec());
/// let salon = Salon::builder().origins(pages).build()?;
/// # Ok::<(), salon::BuildError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origins {
    /// None: the `Origin` must be the host that was asked.
    #[default]
    SameOrigin,
    /// These, as browsers send them: `https://example.com`, with the port if it is not the
    /// scheme's own. `https://*.example.com` stands for one whole label or more in front of
    /// `example.com`, such as `https://a.example.com` and `https://a.b.example.com`, with the same
    /// scheme and port; not for `https://example.com` itself. The origin `null`, which every
    /// sandboxed page has, and every file in a browser, cannot be listed; `file://`, which files have
    /// in the web views of some apps, can.
    Listed(Vec<String>),
    /// Any, `null` included. What a browser adds by itself is then never accepted from another
    /// origin: cookies, and an `Authorization` of the schemes that it answers without the page.
    Any,
}

/// Where the address is found that a client's connections are
/// [counted by](Limits::max_connections_per_address).
///
/// ```
/// use salon::{Salon, config::ClientAddress};
///
/// // nginx on another machine, with `proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for`.
/// let nginx = ClientAddress::Header { name: "x-forwarded-for".to_owned(), proxies: 1 };
/// let salon = Salon::builder().client_address(nginx).build()?;
/// # Ok::<(), salon::BuildError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientAddress {
    /// At the other end of the TCP connection. Addresses that nobody on the internet has are not
    /// counted, since a proxy may be there with all its clients: loopback, link-local, private, and
    /// those shared behind a provider's translation.
    #[default]
    Peer,
    /// In a header that proxies write, such as `x-forwarded-for`, `forwarded` or `x-real-ip`: of what
    /// is listed there the entry that the first of so many `proxies` has added, which is that many
    /// from the end. Only where every request comes through them: whoever reaches the server past
    /// them can write what it likes. A request without such an entry counts as from its peer.
    Header {
        /// The header.
        name: String,
        /// How many proxies of one's own a request comes through; at least 1.
        proxies: usize,
    },
}
