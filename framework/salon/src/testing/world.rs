//! The workers and the clients of one lab, run by hand on one thread.
//!
//! It must never wait for time on its own: what has nothing left to do is at rest, and the clock
//! stands until a test moves it.

use std::{
    cell::{Cell, RefCell},
    future::{pending, poll_fn},
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    time::Duration,
};

use futures_util::{
    FutureExt,
    future::{Either, select},
    task::AtomicWaker,
};
use tokio::{
    task::{JoinHandle, LocalSet, yield_now},
    time::{Sleep, sleep_until},
};

use crate::base::{
    clock::{self, Instant},
    simulation,
};

/// How often something may run before a lab that comes to no rest is given up.
const RESTLESS: usize = 50_000_000;

/// How long nothing comes over a real socket before a lab behind a port counts as settled.
const QUIET: Duration = Duration::from_millis(100);

/// Everything that runs in a lab.
pub(super) struct World {
    units: Vec<Unit>,
    /// Whether the lab has ended.
    over: Cell<bool>,
    /// Whether a unit runs.
    turning: Cell<bool>,
    /// How many turns there have been.
    turns: Cell<usize>,
    root: Arc<AtomicWaker>,
    random: RefCell<fastrand::Rng>,
    started: Instant,
    /// What the server has done wrong, as its clients have seen: nobody can be told while they run.
    mistakes: RefCell<Vec<String>>,
    /// How long other threads are waited for, in real time; none in a lab of one thread.
    patience: Duration,
}

/// How long other threads are waited for, in a lab behind a port; elsewhere there are none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wait {
    /// Not at all.
    Not,
    /// Until nothing has come for [`QUIET`].
    Quiet,
    /// As long as the lab is patient.
    Patience,
}

/// Which part of the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct UnitIndex(usize);

impl UnitIndex {
    /// What the clients run in.
    pub(super) const CLIENTS: Self = Self(0);

    /// What a worker runs in; the first is 0.
    pub(super) fn worker(number: usize) -> Self {
        Self(number + 1)
    }
}

/// A set of tasks that run in turn: one worker, or all clients.
struct Unit {
    /// None once it has ended, or the lab has.
    tasks: RefCell<Option<LocalSet>>,
    signal: Arc<Signal>,
    stalled: Cell<bool>,
}

/// Whether a unit has something to do.
struct Signal {
    woken: AtomicBool,
    root: Arc<AtomicWaker>,
}

impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.woken.store(true, Ordering::Release);
        self.root.wake();
    }
}

impl World {
    /// A world of some workers, which chance decides the turns of.
    pub(super) fn new(workers: usize, random: fastrand::Rng, patience: Duration) -> Self {
        let root = Arc::<AtomicWaker>::default();
        let unit = |_| {
            let signal = Signal { woken: AtomicBool::new(false), root: root.clone() };
            let tasks = RefCell::new(Some(LocalSet::new()));
            Unit { tasks, signal: Arc::new(signal), stalled: Cell::new(false) }
        };
        Self {
            units: (0..=workers).map(unit).collect(),
            over: Cell::new(false),
            turning: Cell::new(false),
            turns: Cell::new(0),
            root,
            random: RefCell::new(random),
            started: clock::now(),
            mistakes: RefCell::default(),
            patience,
        }
    }

    /// How many workers there are.
    pub(super) fn workers(&self) -> usize {
        self.units.len() - 1
    }

    /// The time since the world began.
    pub(super) fn elapsed(&self) -> Duration {
        clock::now().saturating_duration_since(self.started)
    }

    /// Chance, as the seed has it.
    pub(super) fn random<T>(&self, draw: impl FnOnce(&mut fastrand::Rng) -> T) -> T {
        draw(&mut self.random.borrow_mut())
    }

    /// The worker of a request: that one, or whichever chance has it be.
    pub(super) fn pick_worker(&self, worker: Option<usize>) -> usize {
        let workers = self.workers().max(1);
        worker.unwrap_or_else(|| self.random(|random| random.usize(..workers)))
    }

    /// Drops everything that runs: connections and actors end, whoever still has a client.
    pub(super) fn end(&self) {
        self.over.set(true);
        for (index, unit) in self.units.iter().enumerate() {
            let tasks = unit.tasks.take();
            simulation::enter_worker(index as u32, || drop(tasks));
        }
    }

    /// Drops everything that runs in one unit, for good.
    pub(super) fn end_unit(&self, unit: UnitIndex) {
        let tasks = self.units[unit.0].tasks.take();
        simulation::enter_worker(unit.0 as u32, || drop(tasks));
    }

    /// A unit begins anew, with nothing to do: what was in it has ended.
    pub(super) fn begin_unit(&self, unit: UnitIndex) {
        self.end_unit(unit);
        let unit = &self.units[unit.0];
        unit.tasks.replace(Some(LocalSet::new()));
        unit.stalled.set(false);
    }

    /// Whether a unit has ended, alone or with the world.
    pub(super) fn has_ended(&self, unit: UnitIndex) -> bool {
        self.units[unit.0].tasks.borrow().is_none()
    }

    /// Whether it has ended.
    pub(super) fn is_over(&self) -> bool {
        self.over.get()
    }

    /// Checks that there is something that could run still.
    ///
    /// # Panics
    /// When it has ended.
    pub(super) fn check(&self) {
        assert!(
            !self.is_over(),
            "the lab of this client was dropped, and the server with it; keep the lab for as long \
             as its clients are used"
        );
    }

    /// A client has seen the server do something wrong: it fails the test as soon as that looks.
    pub(super) fn note_mistake(&self, mistake: String) {
        self.mistakes.borrow_mut().push(mistake);
    }

    /// Checks that no client has seen the server do anything wrong.
    ///
    /// # Panics
    /// When one has.
    pub(super) fn check_mistakes(&self) {
        let mistake = self.mistakes.borrow_mut().drain(..).next();
        if let Some(mistake) = mistake {
            panic!("{mistake}");
        }
    }

    /// Checks that there is a worker of that number.
    ///
    /// # Panics
    /// When there is none.
    #[track_caller]
    pub(super) fn check_worker(&self, worker: usize) {
        let workers = self.workers();
        assert!(
            worker < workers,
            "there is no worker {worker}: this lab has {workers}, and the first is 0"
        );
    }

    /// Starts a task.
    ///
    /// # Panics
    /// When the world has ended, or the unit.
    pub(super) fn spawn<T: 'static>(
        &self,
        unit: UnitIndex,
        task: impl Future<Output = T> + 'static,
    ) -> JoinHandle<T> {
        self.check();
        let unit = &self.units[unit.0];
        let tasks = unit.tasks.borrow();
        let tasks = tasks.as_ref().expect("a unit that has not ended has its tasks");
        let handle = tasks.spawn_local(task);
        unit.signal.wake_by_ref();
        handle
    }

    /// Stops a unit from running, or lets it go on.
    pub(super) fn stall(&self, unit: UnitIndex, stalled: bool) {
        self.units[unit.0].stalled.set(stalled);
    }

    /// Runs until nothing is left to do at this moment; over a port, until nothing has come for a
    /// while, and no longer than the lab is patient.
    pub(super) async fn settle(&self) {
        self.until(|| None::<()>, Wait::Quiet).await;
    }

    /// Runs until `found` finds something; `None` when nothing is left to do, or over a port when the
    /// patience is at its end.
    pub(super) async fn find<T>(&self, found: impl FnMut() -> Option<T>) -> Option<T> {
        self.until(found, Wait::Patience).await
    }

    async fn until<T>(&self, mut found: impl FnMut() -> Option<T>, wait: Wait) -> Option<T> {
        self.check();
        let patience = clock::after(self.patience);
        let mut turns = 0;
        loop {
            self.check_mistakes();
            if let Some(found) = found() {
                return Some(found);
            }
            turns += 1;
            assert!(turns < RESTLESS, "the app comes to no rest: it wakes itself again and again");
            if self.turn() {
                // Over all that is waited for: what has yielded to the runtime is woken by it, also where
                // each wait is short.
                self.turns.set(self.turns.get().wrapping_add(1));
                if self.turns.get().is_multiple_of(64) {
                    yield_now().await;
                }
            } else if !self.is_woken_by_others().await {
                let end = match wait {
                    Wait::Quiet => patience.min(clock::after(QUIET)),
                    Wait::Not | Wait::Patience => patience,
                };
                let waits = wait != Wait::Not && !self.patience.is_zero();
                if !waits || !self.woken_before(pin!(sleep_until(end))).await {
                    return found();
                }
            }
        }
    }

    /// Lets time pass, timer by timer, and everything run that is due.
    pub(super) async fn advance(&self, span: Duration) {
        self.find_within(span, || None::<()>).await;
    }

    /// As [`find`](Self::find), while time passes.
    pub(super) async fn find_within<T>(
        &self,
        span: Duration,
        mut found: impl FnMut() -> Option<T>,
    ) -> Option<T> {
        let mut end = pin!(sleep_until(clock::after(span)));
        loop {
            if let Some(found) = self.until(&mut found, Wait::Not).await {
                return Some(found);
            }
            if !self.woken_before(end.as_mut()).await {
                return self.until(&mut found, Wait::Not).await;
            }
        }
    }

    /// Runs a future and everything else until it is done; `None` when nothing is left to do, or,
    /// with a span, when that has passed; over a port when the patience is at its end.
    pub(super) async fn drive<T>(
        &self,
        future: impl Future<Output = T>,
        span: Option<Duration>,
    ) -> Option<T> {
        let mut future = pin!(future);
        let rest = async {
            match span {
                Some(span) => self.advance(self.bounded(span)).await,
                None => drop(self.find(|| None::<()>).await),
            }
        };
        match select(future.as_mut(), pin!(rest)).await {
            Either::Left((output, _)) => Some(output),
            Either::Right(_) => future.now_or_never(),
        }
    }

    /// No more than the patience, where there is one.
    pub(super) fn bounded(&self, span: Duration) -> Duration {
        if self.patience.is_zero() { span } else { span.min(self.patience) }
    }

    /// Lets time pass until something runs, and says how much; `None` if that was all of `span`.
    pub(super) async fn advance_to_next_timer(&self, span: Duration) -> Option<Duration> {
        self.settle().await;
        let before = clock::now();
        let mut end = pin!(sleep_until(clock::after(span)));
        let woken = self.woken_before(end.as_mut()).await;
        self.settle().await;
        woken.then(|| clock::now().saturating_duration_since(before))
    }

    /// Runs one unit that has something to do; false if there is none.
    fn turn(&self) -> bool {
        let ready = || self.units.iter().enumerate().filter(|(_, unit)| unit.is_ready());
        let count = ready().count();
        if count == 0 {
            return false;
        }
        let chosen = self.random(|random| random.usize(..count));
        if let Some((index, unit)) = ready().nth(chosen) {
            // 0 is whoever belongs to no worker: the clients, and the test itself.
            self.turning.set(true);
            simulation::enter_worker(index as u32, || unit.run());
            self.turning.set(false);
        }
        true
    }

    /// As [`turn`](Self::turn), for a test that waits for something of the app's own: nothing if what waits
    /// is run by a unit itself.
    pub(super) fn turn_for_test(&self) -> bool {
        !self.turning.get() && !self.is_over() && self.turn()
    }

    fn is_ready(&self) -> bool {
        self.units.iter().any(Unit::is_ready)
    }

    /// Lets the runtime's own tasks and the timers that are due now run; whether that woke a unit.
    async fn is_woken_by_others(&self) -> bool {
        for _ in 0..3 {
            yield_now().await;
            if self.is_ready() {
                return true;
            }
        }
        false
    }

    /// Waits until a unit has something to do; false if the end came first. With nothing to run
    /// the runtime moves a paused clock from timer to timer.
    async fn woken_before(&self, mut end: Pin<&mut Sleep>) -> bool {
        poll_fn(|cx| {
            self.root.register(cx.waker());
            if self.is_ready() {
                return Poll::Ready(true);
            }
            end.as_mut().poll(cx).map(|()| false)
        })
        .await
    }
}

impl Unit {
    fn is_ready(&self) -> bool {
        !self.stalled.get() && self.signal.woken.load(Ordering::Acquire)
    }

    /// Runs what is woken, up to what the set does in one go.
    fn run(&self) {
        self.signal.woken.store(false, Ordering::Release);
        let waker = Waker::from(self.signal.clone());
        let tasks = self.tasks.borrow();
        let Some(tasks) = &*tasks else { return };
        let turn = pin!(tasks.run_until(pending::<()>()));
        // It is pending by its nature: the tasks are what runs.
        let _ = turn.poll(&mut Context::from_waker(&waker));
    }
}
