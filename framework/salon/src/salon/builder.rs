//! The builder: everything that a Salon is, said before it runs.
//!
//! It must refuse what could only fail later, and say which two things do not go together.

use std::{fmt, hash::Hash, sync::Arc, time::Duration};

use futures_util::FutureExt;

use super::handle::Salon;
use crate::{
    app::{
        self, AllowedOrigins, Application, BuildError, Described, Namespace, Namespaces, Settings,
    },
    auth::{Handshake, Principal, Unidentified, WhoIs},
    base::{
        config::{ClientAddress, Heartbeat, Lapses, Limits, Origins, Timeouts, Transports},
        data::DataBuilder,
        meter::Counters,
        refusal::Refusal,
        threads,
    },
    connection::{Connections, Declared},
    hub::{Broadcaster, Recovery},
    store::Store,
    supervisor::{Supervisor, supervise},
    wire::socket_io::{JsonParser, Parser},
};

/// Describes a [`Salon`]: its main [`Namespace`], `/`, with all that may be said of one, and the rest.
///
/// ```
/// use std::time::Duration;
///
/// use salon::Salon;
///
/// let salon = Salon::builder()
///     .path("/realtime")
///     .heartbeat(Duration::from_secs(20), Duration::from_secs(15))
///     .on("hello", |socket, _| {
///         socket.emit_named("hello to you", ());
///     })
///     .build()?;
/// # Ok::<(), salon::BuildError>(())
/// ```
pub type Builder<W = Unidentified> = Namespace<W, Rest>;

/// What a Salon is beside its main namespace.
pub struct Rest {
    settings: Settings,
    others: Vec<Described>,
    parser: Arc<dyn Parser>,
    data: DataBuilder,
    store: Option<Arc<dyn Store>>,
    has_two_stores: bool,
    application: Option<Arc<dyn Application>>,
}

impl Default for Builder {
    fn default() -> Self {
        Namespace::new("/").beside(Rest {
            settings: Settings::default(),
            others: Vec::new(),
            parser: Arc::new(JsonParser),
            data: DataBuilder::default(),
            store: None,
            has_two_stores: false,
            application: None,
        })
    }
}

impl Salon {
    /// Starts to describe a Salon.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::default()
    }
}

/// What is said of the whole Salon.
impl<W: WhoIs> Builder<W> {
    /// Another namespace, whoever its clients are. The main one, `/`, is what the builder is: a second
    /// one of that name is a [`BuildError`].
    ///
    /// A function that describes several namespaces alike takes each as a `Namespace<W, T>`: the builder is
    /// one as well.
    ///
    /// ```
    /// use salon::{Namespace, Salon, auth::WhoIs};
    ///
    /// fn with_echo<W: WhoIs, T>(namespace: Namespace<W, T>) -> Namespace<W, T> {
    ///     namespace.on("echo", |_, event| {
    ///         let echo = (event.payload.len(),);
    ///         let _ = event.acknowledge(echo);
    ///     })
    /// }
    ///
    /// let other = with_echo(Namespace::new("/other"));
    /// let salon = with_echo(Salon::builder()).namespace(other).build()?;
    /// # Ok::<(), salon::BuildError>(())
    /// ```
    #[must_use]
    pub fn namespace<V: WhoIs>(mut self, namespace: Namespace<V>) -> Self {
        self.beside.others.push(namespace.described);
        self
    }

    /// A value that sessions and rooms can ask their context for, by its type.
    #[must_use]
    pub fn data<T: Send + Sync + 'static>(mut self, value: T) -> Self {
        self.beside.data.insert(value);
        self
    }

    /// Where [durable](crate::History::durable) rooms are kept, beyond their life and that of the process.
    /// [`MemoryStore`](crate::store::MemoryStore) lasts as long as the process; the crate `salon-sqlite`
    /// has one in a file.
    ///
    /// ```
    /// use salon::{Salon, store::MemoryStore};
    ///
    /// let salon = Salon::builder().store(MemoryStore::new()).build()?;
    /// # Ok::<(), salon::BuildError>(())
    /// ```
    #[must_use]
    pub fn store(mut self, store: impl Store) -> Self {
        let former = self.beside.store.replace(Arc::new(store));
        self.beside.has_two_stores |= former.is_some();
        self
    }

    /// How packets are written; JSON by default. Clients must use the same.
    #[must_use]
    pub fn parser(mut self, parser: impl Parser) -> Self {
        self.beside.parser = Arc::new(parser);
        self
    }

    /// An application in place of Socket.IO: it gets the Engine.IO messages as they come.
    #[must_use]
    pub fn application(mut self, application: impl Application) -> Self {
        self.beside.application = Some(Arc::new(application));
        self
    }

    /// The path of the endpoint; `/socket.io` by default.
    #[must_use]
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.beside.settings.http.path = path.into();
        self
    }

    /// The path of the plain protocol's endpoint, at which a WebSocket needs no library; `/salon` by
    /// default, and `None` turns it off.
    ///
    /// ```
    /// use salon::Salon;
    ///
    /// let salon = Salon::builder().plain_path("/realtime/plain".to_owned()).build()?;
    /// let without = Salon::builder().plain_path(None).build()?;
    /// # Ok::<(), salon::BuildError>(())
    /// ```
    #[must_use]
    pub fn plain_path(mut self, path: impl Into<Option<String>>) -> Self {
        self.beside.settings.http.plain_path = path.into();
        self
    }

    /// Whether the [contract](crate::contract) of the app is a page at `/salon/contract`, with a client to
    /// try it: connect as somebody, send, see what arrives, cut the line and see it resume. It is in a debug
    /// build, and is not in a release unless it is asked for here: whoever can reach it sees every event.
    ///
    /// ```
    /// let salon = salon::Salon::builder().contract_page(true).build()?;
    /// # Ok::<(), salon::BuildError>(())
    /// ```
    #[cfg(feature = "contract")]
    #[must_use]
    pub fn contract_page(mut self, is_served: bool) -> Self {
        self.beside.settings.http.contract_page = is_served;
        self
    }

    /// Changes which transports are offered; both are by default.
    ///
    /// ```
    /// let salon = salon::Salon::builder().transports(|offered| offered.polling = false).build()?;
    /// # Ok::<(), salon::BuildError>(())
    /// ```
    #[must_use]
    pub fn transports(mut self, change: impl FnOnce(&mut Transports)) -> Self {
        change(&mut self.beside.settings.http.transports);
        self
    }

    /// Which pages of other origins may connect; none by default. An entry of [`Origins::Listed`]
    /// that no page could have is a [`BuildError::Origin`].
    #[must_use]
    pub fn origins(mut self, origins: Origins) -> Self {
        self.beside.settings.http.origins = origins;
        self
    }

    /// Where the address is found that a client's connections are counted by; at the other end of the
    /// TCP connection by default. Say so where the app is behind proxies.
    #[must_use]
    pub fn client_address(mut self, mut address: ClientAddress) -> Self {
        if let ClientAddress::Header { name, .. } = &mut address {
            // As handshakes have them.
            name.make_ascii_lowercase();
        }
        self.beside.settings.http.client_address = address;
        self
    }

    /// From how many bytes on a polling response is compressed; `None` turns it off.
    #[must_use]
    pub fn gzip_from(mut self, bytes: Option<usize>) -> Self {
        self.beside.settings.http.gzip_from = bytes;
        self
    }

    /// Changes what a client may grow.
    #[must_use]
    pub fn limits(mut self, change: impl FnOnce(&mut Limits)) -> Self {
        change(&mut self.beside.settings.limits);
        self
    }

    /// Changes when rights end, and what goes before.
    #[must_use]
    pub fn lapses(mut self, change: impl FnOnce(&mut Lapses)) -> Self {
        change(&mut self.beside.settings.lapses);
        self
    }

    /// Changes how long the framework waits for a client.
    #[must_use]
    pub fn timeouts(mut self, change: impl FnOnce(&mut Timeouts)) -> Self {
        change(&mut self.beside.settings.timeouts);
        self
    }

    /// Between a pong and the next ping, and between a ping and the end if no pong comes.
    #[must_use]
    pub fn heartbeat(mut self, ping_interval: Duration, ping_timeout: Duration) -> Self {
        self.beside.settings.heartbeat = Heartbeat { ping_interval, ping_timeout };
        self
    }

    /// Keeps what a client misses while it is away, for as long as `window`: when it comes back in
    /// time it has the same session id and untyped rooms, and gets what was sent to them meanwhile. If
    /// its old connection has not been found to be lost yet, that ends first.
    ///
    /// Off by default, since every event then carries an offset as its last argument, as the
    /// reference server has it. It is authenticated anew; typed rooms have to be joined anew. What is
    /// sent to one client goes through its own worker then, in order with what is sent to many:
    /// [`Socket::try_emit`](crate::Socket::try_emit) says whether it is on its way.
    #[must_use]
    pub fn recovery(mut self, window: Duration) -> Self {
        self.beside.settings.recovery = Some(window);
        self
    }

    /// Has the connections that name the same key live on one worker; `None` is for one that belongs
    /// to no others. It is asked once, with the request that opens a connection, whichever transport
    /// that is for.
    ///
    /// A room opens on the worker of its first member, and what its members say and hear costs least
    /// while all of them are there too: see the guide's page on
    /// [speed](crate::guide::measuring#members-at-home). Without this a connection lives on the
    /// worker that accepted it, which is a matter of chance.
    ///
    /// ```
    /// use salon::Salon;
    ///
    /// // A page connects with `io({ query: { lobby: "7" } })`.
    /// let salon = Salon::builder()
    ///     .affinity(|handshake| handshake.query("lobby").map(str::to_owned))
    ///     .build()?;
    /// # Ok::<(), salon::BuildError>(())
    /// ```
    ///
    /// The first connection of a key chooses the worker: the one with the fewest connections that
    /// have a key, its own if several have as few. The last one to end gives the key up. Of a key
    /// only a hash is kept, so it may be as long as it likes. If the worker has ended, the next
    /// connection chooses again.
    ///
    /// It says where a connection lives, and nothing about what it may do. Everybody with one key
    /// shares one core: take care that no key has a large part of all clients. What clients write
    /// into a query they may all write alike; where that matters yield `None` for what you did not
    /// give out. If the function panics the connection is refused.
    #[must_use]
    pub fn affinity<K: Hash>(
        mut self,
        key: impl Fn(&Handshake) -> Option<K> + Send + Sync + 'static,
    ) -> Self {
        self.beside.settings.hooks.affinity = Some(app::affinity(key));
        self
    }

    /// Asked for every HTTP request of a client, before anything else is done with it. The
    /// principal that it yields owns the session id: a request of another one does not find it.
    #[must_use]
    pub fn allow_request<F, R>(mut self, decide: F) -> Self
    where
        F: Fn(Arc<Handshake>) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Principal, Refusal>> + 'static,
    {
        let admission = move |handshake| decide(handshake).boxed_local();
        self.beside.settings.hooks.admission = Some(Arc::new(admission));
        self
    }

    /// Headers of the response that opens a connection, such as cookies. One that is malformed is
    /// left out, and logged.
    #[must_use]
    pub fn initial_headers(
        mut self,
        headers: impl Fn(&Handshake) -> Vec<(String, String)> + Send + Sync + 'static,
    ) -> Self {
        self.beside.settings.hooks.initial_headers = Some(Arc::new(headers));
        self
    }

    /// Headers of every response. One that is malformed is left out, and logged.
    #[must_use]
    pub fn headers(
        mut self,
        headers: impl Fn(&Handshake) -> Vec<(String, String)> + Send + Sync + 'static,
    ) -> Self {
        self.beside.settings.hooks.headers = Some(Arc::new(headers));
        self
    }

    /// Checks what was described, and builds it.
    ///
    /// # Errors
    /// A [`BuildError`] says which two things do not go together.
    pub fn build(self) -> Result<Salon, BuildError> {
        warn_of_worker();
        self.beside.settings.check()?;
        if self.beside.has_two_stores {
            return Err(BuildError::TwoStores);
        }
        let origins = AllowedOrigins::new(&self.beside.settings.http.origins)?;
        let counters = Arc::<Counters>::default();
        let limits = &self.beside.settings.limits;
        let recovery = self.beside.settings.recovery.map(|window| Recovery::new(window, limits));
        let timeouts = &self.beside.settings.timeouts;
        let store = self.beside.store;
        let broadcaster = Broadcaster::new(limits, timeouts, recovery, store, counters);
        let broadcaster = Arc::new(broadcaster);
        let data = self.beside.data.build();
        let mut namespaces = Namespaces::default();
        for namespace in std::iter::once(self.described).chain(self.beside.others) {
            namespace.check_cookies(&self.beside.settings.http.origins)?;
            namespaces.add(namespace, &broadcaster, &data)?;
        }
        let Rest { settings, application, parser, .. } = self.beside;
        let declared = Declared { namespaces, parser, data, application };
        let all = Connections::new(
            settings,
            origins,
            declared,
            broadcaster,
            supervise,
            Supervisor::start_for,
        );
        Ok(Salon { connections: Arc::new(all) })
    }
}

/// Says so if each worker is to have a Salon of its own, which is never what was meant.
fn warn_of_worker() {
    if threads::is_worker() {
        tracing::error!(
            "a Salon is built inside the closure of `HttpServer::new`, once for each worker: whoever is on another \
             worker is in other rooms, and long polling finds no session; build it before, and move a clone into \
             the closure"
        );
    }
}

impl fmt::Debug for Rest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rest")
            .field("settings", &self.settings)
            .field("others", &self.others)
            .finish_non_exhaustive()
    }
}
