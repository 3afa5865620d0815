//! How a lab is to be.
//!
//! It must never start anything before everything is said.

use std::{
    cell::Cell,
    rc::Rc,
    sync::Arc,
    time::{Duration, SystemTime},
};

use actix_web::web::ServiceConfig;

use super::{
    alone::Alone,
    door::Door,
    journal::Journal,
    lab::{Lab, PATIENCE},
    port::Port,
    seed,
    server::{Configure, Workers},
    stopped_clock::{self, StoppedClock},
    world::World,
};
use crate::{
    base::{clock, simulation::Simulation},
    salon::Salon,
};

/// What a socket holds on both sides together, before its writer has to wait.
pub(super) const WINDOW: usize = 64 * 1024;

/// How many workers serve a real port.
const SERVED_WORKERS: usize = 2;

/// How a [`Lab`] is to be.
pub struct LabBuilder {
    pub(super) salon: Salon,
    /// As many as usual if none is said.
    pub(super) workers: Option<usize>,
    pub(super) seed: Option<u64>,
    pub(super) wall: Option<SystemTime>,
    pub(super) window: usize,
    pub(super) configure: Option<Configure>,
}

impl Lab {
    /// Describes a lab.
    #[must_use]
    pub fn builder(salon: Salon) -> LabBuilder {
        let (seed, wall, configure) = (None, None, None);
        LabBuilder { salon, workers: None, seed, wall, window: WINDOW, configure }
    }
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
        if let Some(simulation) = &simulation {
            let world = Rc::downgrade(&world);
            simulation.set_turn(move || world.upgrade().is_some_and(|world| world.turn_for_test()));
        }
        let journal = Journal::new(seed);
        let dispatch = journal.dispatch();
        let subscriber = tracing::dispatcher::set_default(&dispatch);
        let configure = self.configure.unwrap_or_else(|| Arc::new(self.salon.routes()));
        let workers = Workers::start(&world, &configure);
        world.settle().await;
        workers.check();
        Lab {
            salon: self.salon,
            world,
            door: Rc::new(Door::to(workers)),
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
        let dispatch = journal.dispatch();
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

impl std::fmt::Debug for LabBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { workers, seed, wall, window, .. } = self;
        let mut debug = f.debug_struct("LabBuilder");
        debug.field("workers", workers).field("seed", seed).field("wall", wall);
        debug.field("window", window).finish_non_exhaustive()
    }
}
