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
use tracing::subscriber::DefaultGuard;

use super::{
    alone::Alone,
    client::{Client, ConnectError},
    door::Door,
    happened::Happened,
    journal::{Actor, Journal, Transcript},
    last_words,
    server::{Configure, Workers},
    stopped_clock::StoppedClock,
    wire::Wire,
    world::{UnitIndex, World},
};
use crate::{
    base::{clock, meter::Counters, simulation::Simulation},
    event::Event,
    salon::Salon,
};

/// How long what comes over a real socket is waited for.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// How long a test waits at most for what it has set no end to.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

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
///     type Sends = ();
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
    pub(super) salon: Salon,
    pub(super) world: Rc<World>,
    pub(super) door: Rc<Door>,
    pub(super) journal: Journal,
    pub(super) simulation: Option<Simulation>,
    pub(super) seed: u64,
    pub(super) clients: Cell<u16>,
    pub(super) window: usize,
    pub(super) _clock: Option<StoppedClock>,
    pub(super) _subscriber: DefaultGuard,
    /// The last to go: then another lab may come.
    pub(super) _alone: Alone,
}

impl Lab {
    /// Serves an app on one worker; see [`builder`](Self::builder) for more.
    ///
    /// # Panics
    /// As [`LabBuilder::start`](super::LabBuilder::start).
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
    /// As [`LabBuilder::start`](super::LabBuilder::start).
    pub async fn serve(salon: Salon) -> std::io::Result<Self> {
        Self::builder(salon).serve().await
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
        self.journal.note(Actor::Test, Happened::Noted(format!("worker {worker} stalls")));
        self.world.stall(UnitIndex::worker(worker), true);
    }

    /// A worker goes on.
    ///
    /// # Panics
    /// As [`stall`](Self::stall).
    #[track_caller]
    pub fn resume(&self, worker: usize) {
        self.world.check_worker(worker);
        self.journal.note(Actor::Test, Happened::Noted(format!("worker {worker} goes on")));
        self.world.stall(UnitIndex::worker(worker), false);
    }

    /// A worker ends with all that is on it, such as its connections and rooms, as one does whose
    /// thread ends; the first is 0. Requests that come to it from now on are reset. Behind
    /// [`HttpServer`](actix_web::HttpServer) another one would take its place, here none does.
    ///
    /// # Panics
    /// As [`stall`](Self::stall).
    ///
    /// ```
    /// use salon::{Salon, testing::Lab};
    ///
    /// # salon::testing::run(async {
    /// let lab = Lab::builder(Salon::builder().build()?).workers(2).start().await;
    /// let client = lab.visitor().worker(0).connect().await?;
    /// lab.end_worker(0);
    /// lab.settle().await;
    /// assert!(!client.is_connected());
    /// lab.visitor().worker(1).connect().await?;
    /// # Ok(())
    /// # });
    /// ```
    #[track_caller]
    pub fn end_worker(&self, worker: usize) {
        self.world.check_worker(worker);
        self.journal.note(Actor::Test, Happened::Noted(format!("worker {worker} ends")));
        self.world.end_unit(UnitIndex::worker(worker));
    }

    /// The server is killed, with its connections and rooms, and another one takes its place, with that
    /// app and as many workers: a new process, as far as clients can tell. Their links are reset; they come
    /// back by [`reconnect`](super::Client::reconnect) or [`resume`](super::Client::resume). Time and chance
    /// go on.
    ///
    /// What outlives a process is for the app to keep: its new Salon is given the
    /// [store](crate::store::MemoryStore) that the one before had.
    ///
    /// # Panics
    /// As [`LabBuilder::start`](super::LabBuilder::start); and where the server is behind a port.
    ///
    /// ```
    /// use salon::{History, Salon, prelude::*, store::MemoryStore, testing::Lab};
    ///
    /// #[derive(Serialize, Deserialize, Event)]
    /// #[event("tally:count", room = Tally(tally), join, reply = u64)]
    /// struct Count { tally: u32 }
    ///
    /// #[derive(Default, Serialize, Deserialize)]
    /// struct Tally(u64);
    ///
    /// #[salon::room(key = u32, history = History::NONE.durable())]
    /// impl Tally {
    ///     #[hook]
    ///     fn open(_: &u32, cx: &mut RoomContext<Self>) -> Result<Self, Refusal> {
    ///         Ok(cx.kept()?.unwrap_or_default())
    ///     }
    ///
    ///     #[on]
    ///     fn count(&mut self, _: Count, cx: &mut EventContext<Self>) -> Result<u64, Refusal> {
    ///         self.0 += 1;
    ///         cx.keep(self)?;
    ///         Ok(self.0)
    ///     }
    /// }
    ///
    /// # salon::testing::run(async {
    /// let store = MemoryStore::new();
    /// let app = || Salon::builder().store(store.clone()).room::<Tally>().build();
    /// let mut lab = Lab::new(app()?).await;
    /// let ada = lab.connect(()).await?;
    /// assert_eq!(ada.send(Count { tally: 1 }).await?, 1);
    /// lab.restart(app()?).await;
    /// ada.reconnect().await?;
    /// assert_eq!(ada.send(Count { tally: 1 }).await?, 2);
    /// # Ok(())
    /// # });
    /// ```
    pub async fn restart(&mut self, salon: Salon) {
        let routes = salon.routes();
        self.restart_with(salon, routes).await;
    }

    /// As [`restart`](Self::restart), for an app with routes of its own: see
    /// [`LabBuilder::configure`](super::LabBuilder::configure).
    ///
    /// # Panics
    /// As there.
    pub async fn restart_with(
        &mut self,
        salon: Salon,
        configure: impl Fn(&mut ServiceConfig) + Send + Sync + 'static,
    ) {
        self.journal.note(Actor::Test, Happened::Noted("the server is killed".to_owned()));
        for worker in 0..self.world.workers() {
            self.world.begin_unit(UnitIndex::worker(worker));
        }
        // Its clients hear of that before they can find another.
        self.world.settle().await;
        self.salon = salon;
        let configure: Configure = Arc::new(configure);
        let workers = Workers::start(&self.world, &configure);
        self.world.settle().await;
        workers.check();
        self.door.lead_to(workers);
        self.journal.note(Actor::Test, Happened::Noted("another server is there".to_owned()));
    }

    /// The next handler of that event panics instead of doing anything. What is not spent when the
    /// lab is dropped is named on standard error.
    ///
    /// # Panics
    /// Where the server is not on this thread.
    pub fn panic_in<E: Event>(&self) {
        self.journal.note(
            Actor::Test,
            Happened::Noted(format!("the next handler of {} will panic", E::NAME)),
        );
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
        if !std::thread::panicking() {
            self.world.check_mistakes();
        }
        for event in self.simulation.iter().flat_map(Simulation::unspent_panics) {
            eprintln!("the panic that was ordered in the handler of {event:?} never came");
        }
        last_words::leave(&self.journal);
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
