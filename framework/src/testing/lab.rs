//! A server under test, its clients and its clock.
//!
//! It must never be needed twice at once on a thread: there is one clock.

use std::{
    cell::Cell,
    net::{Ipv4Addr, SocketAddr},
    panic::Location,
    rc::Rc,
    sync::Arc,
    time::{Duration, SystemTime},
};

use actix_web::web::ServiceConfig;
use serde::Serialize;
use tracing::{Dispatch, subscriber::DefaultGuard};

use super::{
    alone::Alone,
    client::{Client, ConnectError},
    door::Door,
    journal::{Actor, Journal, Transcript},
    last_words,
    link::Wire,
    port::Port,
    seed,
    server::{Configure, Workers},
    stopped_clock::{self, StoppedClock},
    visitor::Visitor,
    world::{UnitIndex, World},
};
use crate::{clock, event::Event, meter::Counters, salon::Salon, simulation::Simulation};

/// What a socket holds on both sides together, before its writer has to wait.
const WINDOW: usize = 64 * 1024;

/// How long what comes over a real socket is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long a test waits at most for what it has set no end to.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How many workers serve a real port.
const SERVED_WORKERS: usize = 2;

/// A server under test, without a socket and on a clock of its own.
///
/// The app's routes, connections, rooms, supervisors and frames are the real ones; the lines to the
/// clients, the clock and chance are simulated. Nothing sleeps: time stands until
/// [`advance`](Self::advance) moves it. See the guide's page on
/// [testing](crate::guide::testing_your_app).
///
/// The server ends when the lab is dropped, with every connection and every actor; a client that is
/// still there panics when it is used.
///
/// ```
/// use salon::{prelude::*, testing::Lab};
///
/// #[derive(Serialize, Deserialize, Event)]
/// #[event("double", reply = u64)]
/// struct Double(u64);
///
/// struct Calculator;
///
/// impl Session for Calculator {
///     type Identity = ();
///     type Events = (Double,);
///
///     fn connect(_: &Candidate<'_, ()>) -> Result<Self, Refusal> {
///         Ok(Self)
///     }
/// }
///
/// impl On<Double> for Calculator {
///     fn on(&mut self, Double(number): Double, _: &mut SessionContext<Self>) -> Result<u64, Refusal> {
///         Ok(2 * number)
///     }
/// }
///
/// # salon::testing::run(async {
/// let salon = Salon::builder().session::<Calculator>().build()?;
/// let lab = Lab::new(salon).await;
/// let client = lab.connect(()).await?;
/// assert_eq!(client.send(Double(21)).await?, 42);
/// # Ok(())
/// # });
/// ```
pub struct Lab {
    salon: Salon,
    world: Rc<World>,
    door: Rc<Door>,
    journal: Journal,
    simulation: Option<Simulation>,
    seed: u64,
    clients: Cell<u16>,
    window: usize,
    _clock: Option<StoppedClock>,
    _subscriber: DefaultGuard,
    /// The last to go: then another lab may come.
    _alone: Alone,
}

/// How a [`Lab`] is to be.
pub struct LabBuilder {
    salon: Salon,
    /// As many as usual if none is said.
    workers: Option<usize>,
    seed: Option<u64>,
    wall: Option<SystemTime>,
    window: usize,
    configure: Option<Configure>,
}

impl LabBuilder {
    /// How many workers serve; 1 by default, and 2 behind a port. They take turns in an order that the seed decides.
    #[must_use]
    pub fn workers(mut self, workers: usize) -> Self {
        self.workers = Some(workers.max(1));
        self
    }

    /// What decides everything that is left to chance: session ids, turns of workers, jitter. By
    /// default that of [`for_seeds`](super::for_seeds), else 0. The environment variable
    /// `SALON_SEED` overrides both.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// The wall time at the start; now by default.
    #[must_use]
    pub fn wall(mut self, wall: SystemTime) -> Self {
        self.wall = Some(wall);
        self
    }

    /// How many bytes a line holds in each direction before its writer has to wait; 64 KiB by
    /// default, about what sockets hold.
    #[must_use]
    pub fn window(mut self, bytes: usize) -> Self {
        self.window = bytes.max(1);
        self
    }

    /// The routes of the whole app, if they are more than [`Salon::routes`]. Behind a port each
    /// worker calls it on a thread of its own.
    #[must_use]
    pub fn configure(
        mut self,
        configure: impl Fn(&mut ServiceConfig) + Send + Sync + 'static,
    ) -> Self {
        self.configure = Some(Arc::new(configure));
        self
    }

    /// Starts the server.
    ///
    /// # Panics
    /// Outside of [`#[salon::test]`](crate::test) and of runtimes like it, of one thread; and where
    /// a lab is alive already on this thread; and when the app's configuration panics.
    pub async fn start(self) -> Lab {
        let alone = Alone::take();
        let seed = seed::choose(self.seed);
        let stopped = StoppedClock::stop();
        let wall = self.wall.unwrap_or_else(clock::wall);
        // Two streams: else session ids would follow from the turns that were taken.
        let mut random = fastrand::Rng::with_seed(seed);
        let simulation = Simulation::start(clock::now(), wall, random.fork());
        assert!(simulation.is_some(), "something is simulated on this thread without a lab");
        let world = Rc::new(World::new(self.workers.unwrap_or(1), random.fork(), Duration::ZERO));
        let journal = Journal::new(seed);
        let dispatch = Dispatch::new(journal.subscriber());
        let subscriber = tracing::dispatcher::set_default(&dispatch);
        let configure = self.configure.unwrap_or_else(|| Arc::new(self.salon.routes()));
        let workers = Workers::start(&world, &configure);
        world.settle().await;
        workers.check();
        Lab {
            salon: self.salon,
            world,
            door: Rc::new(Door::Workers(workers)),
            journal,
            simulation,
            seed,
            clients: Cell::new(0),
            window: self.window,
            _clock: Some(stopped),
            _subscriber: subscriber,
            _alone: alone,
        }
    }

    /// Serves the app behind a real port of this machine; see [`Lab::serve`]. There the wall clock
    /// is the real one.
    ///
    /// # Errors
    /// When no port can be listened on.
    ///
    /// # Panics
    /// As [`start`](Self::start).
    #[expect(clippy::unused_async, reason = "as `start`; it needs a runtime as well")]
    pub async fn serve(self) -> std::io::Result<Lab> {
        let alone = Alone::take();
        stopped_clock::let_pass();
        let seed = seed::choose(self.seed);
        let journal = Journal::new(seed);
        let dispatch = Dispatch::new(journal.subscriber());
        let configure = self.configure.unwrap_or_else(|| Arc::new(self.salon.routes()));
        let workers = self.workers.unwrap_or(SERVED_WORKERS);
        let port = Port::serve(&configure, workers, &dispatch)?;
        Ok(Lab {
            salon: self.salon,
            world: Rc::new(World::new(0, fastrand::Rng::with_seed(seed), PATIENCE)),
            door: Rc::new(Door::Port(port)),
            journal,
            simulation: None,
            seed,
            clients: Cell::new(0),
            window: self.window,
            _clock: None,
            _subscriber: tracing::dispatcher::set_default(&dispatch),
            _alone: alone,
        })
    }
}

impl Lab {
    /// Serves an app on one worker; see [`builder`](Self::builder) for more.
    ///
    /// # Panics
    /// As [`LabBuilder::start`].
    pub async fn new(salon: Salon) -> Self {
        Self::builder(salon).start().await
    }

    /// Serves an app behind a real port of this machine, on two workers, for the same tests: there
    /// time is real, and nothing is simulated but what goes wrong on a client's own side.
    ///
    /// What is awaited is waited for up to 10 seconds. To [`settle`](Self::settle), and so to check
    /// that nothing came, takes until nothing has come over any socket for 100 milliseconds, and no
    /// longer than 10 seconds: a server that takes longer to answer is not waited for.
    ///
    /// # Errors
    /// When no port can be listened on.
    ///
    /// # Panics
    /// As [`LabBuilder::start`].
    pub async fn serve(salon: Salon) -> std::io::Result<Self> {
        Self::builder(salon).serve().await
    }

    /// Describes a lab.
    #[must_use]
    pub fn builder(salon: Salon) -> LabBuilder {
        let (seed, wall, configure) = (None, None, None);
        LabBuilder { salon, workers: None, seed, wall, window: WINDOW, configure }
    }

    /// The server under test.
    #[must_use]
    pub fn salon(&self) -> &Salon {
        &self.salon
    }

    /// What the server has counted.
    #[must_use]
    pub fn counters(&self) -> &Counters {
        self.salon.counters()
    }

    /// What decides what is left to chance here.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Connects a client over WebSocket, with an `auth` object; `()` is none.
    ///
    /// # Errors
    /// [`ConnectError`] says why it could not.
    pub async fn connect(&self, auth: impl Serialize) -> Result<Client, ConnectError> {
        self.visitor().auth(auth).connect().await
    }

    /// As [`connect`](Self::connect), over any wire.
    ///
    /// # Errors
    /// [`ConnectError`] says why it could not.
    pub async fn connect_over(
        &self,
        wire: Wire,
        auth: impl Serialize,
    ) -> Result<Client, ConnectError> {
        self.visitor().wire(wire).auth(auth).connect().await
    }

    /// Describes a client that is to connect: its name, its namespace, its headers.
    pub fn visitor(&self) -> Visitor<'_> {
        let number = self.clients.get();
        self.clients.set(number.wrapping_add(1));
        Visitor::new(self, number)
    }

    /// The time since the lab began.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.world.elapsed()
    }

    /// The wall time.
    #[must_use]
    pub fn wall(&self) -> SystemTime {
        clock::wall()
    }

    /// Sets the wall clock alone, as somebody who corrects it does.
    ///
    /// # Panics
    /// Where time is real.
    pub fn set_wall(&self, wall: SystemTime) {
        self.simulation().set_wall(wall, clock::now());
    }

    /// Runs until nothing is left to do at this moment; over a port, until nothing has come for 100
    /// milliseconds of real time, or for 10 seconds.
    pub async fn settle(&self) {
        self.world.settle().await;
    }

    /// Lets time pass, timer by timer, and everything run that is due.
    pub async fn advance(&self, span: Duration) {
        self.world.advance(span).await;
    }

    /// Lets time pass until something happens, and says how much; `None` if nothing did for a day.
    pub async fn advance_to_next_timer(&self) -> Option<Duration> {
        self.world.advance_to_next_timer(DAY).await
    }

    /// Awaits a future of the app's own, such as [`Salon::shutdown`], while the server and its
    /// clients go on; time passes only where nothing else is left to do.
    ///
    /// # Panics
    /// When it is not done within a day, or over a port within 10 seconds.
    #[track_caller]
    pub fn drive<T>(&self, future: impl Future<Output = T>) -> impl Future<Output = T> {
        let caller = Location::caller();
        async move {
            let output = self.world.drive(future, Some(DAY)).await;
            output.unwrap_or_else(|| match self.world.bounded(DAY) {
                DAY => panic!("{caller}: what was awaited was not done within a day"),
                span => panic!("{caller}: what was awaited was not done within {span:?}"),
            })
        }
    }

    /// A worker does nothing from now on, until it is [resumed](Self::resume); the first is 0.
    ///
    /// # Panics
    /// When there is no such worker; a lab behind a port has none of its own.
    #[track_caller]
    pub fn stall(&self, worker: usize) {
        self.world.check_worker(worker);
        self.journal.note(Actor::Test, format!("worker {worker} stalls"));
        self.world.stall(UnitIndex::worker(worker), true);
    }

    /// A worker goes on.
    ///
    /// # Panics
    /// As [`stall`](Self::stall).
    #[track_caller]
    pub fn resume(&self, worker: usize) {
        self.world.check_worker(worker);
        self.journal.note(Actor::Test, format!("worker {worker} goes on"));
        self.world.stall(UnitIndex::worker(worker), false);
    }

    /// The next handler of that event panics instead of doing anything. What is not spent when the
    /// lab is dropped is named on standard error.
    ///
    /// # Panics
    /// Where the server is not on this thread.
    pub fn panic_in<E: Event>(&self) {
        self.journal.note(Actor::Test, format!("the next handler of {} will panic", E::NAME));
        self.simulation().order_panic(E::NAME);
    }

    /// What everybody did, in order.
    #[must_use]
    pub fn transcript(&self) -> Transcript {
        self.journal.transcript()
    }

    fn simulation(&self) -> &Simulation {
        self.simulation.as_ref().expect("this needs a lab that is not behind a port")
    }

    pub(super) fn world(&self) -> &Rc<World> {
        &self.world
    }

    pub(super) fn door(&self) -> &Rc<Door> {
        &self.door
    }

    pub(super) fn journal(&self) -> &Journal {
        &self.journal
    }

    pub(super) fn window(&self) -> usize {
        self.window
    }

    pub(super) fn address(number: u16) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, number.wrapping_add(20_000)))
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        self.world.end();
        for event in self.simulation.iter().flat_map(Simulation::unspent_panics) {
            eprintln!("the panic that was ordered in the handler of {event:?} never came");
        }
        last_words::leave(&self.journal);
    }
}

impl std::fmt::Debug for LabBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { workers, seed, wall, window, .. } = self;
        let mut debug = f.debug_struct("LabBuilder");
        debug.field("workers", workers).field("seed", seed).field("wall", wall);
        debug.field("window", window).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Lab {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lab").field("seed", &self.seed).finish_non_exhaustive()
    }
}

/// A client's name by default.
pub(super) fn name(number: u16) -> Arc<str> {
    format!("client {number}").into()
}
