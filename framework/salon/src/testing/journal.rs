//! What happened in a lab, in order: what each client sent and got, and what the server says it did.
//!
//! It must never hold anything that differs from run to run: times are virtual, and nothing has an
//! address.

use std::{
    collections::VecDeque,
    fmt, io,
    panic::Location,
    sync::{
        Arc, LazyLock, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tracing::{Dispatch, Level, Metadata, Subscriber, subscriber::NoSubscriber};
use tracing_subscriber::{Layer as _, filter::filter_fn, fmt::MakeWriter, layer::SubscriberExt};

use super::happened::Happened;
use crate::base::clock::{self, Instant};

/// How many entries are kept; the oldest go first.
const MAX_ENTRIES: usize = 20_000;

/// How many entries a failure shows; the newest.
const MAX_SHOWN: usize = 200;

/// Who did something.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Actor {
    /// The server, by its own account: the spans and events that it traces.
    Server,
    /// A client, by its name.
    Client(Arc<str>),
    /// The test itself.
    Test,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Server => f.pad("server"),
            Self::Client(name) => f.pad(name),
            Self::Test => f.pad("test"),
        }
    }
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// When, since the lab began.
    pub at: Duration,
    /// Who did it.
    pub who: Actor,
    /// What it was.
    pub what: Happened,
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, who, what } = self;
        write!(f, "{:>10.3} s  {who:<10} {what}", at.as_secs_f64())
    }
}

/// What happened in a lab, or in one part of it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Transcript(pub(super) Vec<Entry>);

impl Transcript {
    /// The entries, in order.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.0
    }

    /// What one client sent and got.
    #[must_use]
    pub fn of(&self, client: &str) -> Self {
        let is_client = |who: &Actor| matches!(who, Actor::Client(name) if **name == *client);
        Self(self.0.iter().filter(|entry| is_client(&entry.who)).cloned().collect())
    }

    /// What the server has traced, line by line.
    pub fn traced(&self) -> impl Iterator<Item = &str> {
        let of_server = self.0.iter().filter(|entry| entry.who == Actor::Server);
        of_server.filter_map(|entry| match &entry.what {
            Happened::Noted(line) => Some(&**line),
            Happened::Sent(_) | Happened::Came(_) => None,
        })
    }

    /// As a failure shows it: its last entries, and how many came before them.
    pub(super) fn shortened(&self) -> impl fmt::Display + '_ {
        let cut = self.0.len().saturating_sub(MAX_SHOWN);
        fmt::from_fn(move |f| {
            if cut > 0 {
                writeln!(f, "({cut} earlier entries are left out)")?;
            }
            self.0[cut..].iter().try_for_each(|entry| writeln!(f, "{entry}"))
        })
    }
}

/// As it is displayed: a test that prints it wants to read it.
impl fmt::Debug for Transcript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Transcript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|entry| writeln!(f, "{entry}"))
    }
}

/// Where everything is written down.
#[derive(Clone)]
pub(super) struct Journal {
    seed: u64,
    started: Instant,
    entries: Arc<Mutex<VecDeque<Entry>>>,
    /// Whether a failure has shown it.
    told: Arc<AtomicBool>,
}

impl Journal {
    /// An empty journal, of a lab with that seed, that begins now.
    pub(super) fn new(seed: u64) -> Self {
        Self { seed, started: clock::now(), entries: Arc::default(), told: Arc::default() }
    }

    /// Takes down that a failure shows it; whether it is the first to do so.
    pub(super) fn tell(&self) -> bool {
        !self.told.swap(true, Ordering::Relaxed)
    }

    /// What to do to see the same again.
    pub(super) fn how_again(&self) -> String {
        let seed = self.seed;
        format!("with seed {seed} (SALON_SEED={seed} runs it again)")
    }

    /// Writes something down.
    pub(super) fn note(&self, who: Actor, what: Happened) {
        let at = clock::now().saturating_duration_since(self.started);
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() == MAX_ENTRIES {
            entries.pop_front();
        }
        entries.push_back(Entry { at, who, what });
    }

    /// Everything so far.
    pub(super) fn transcript(&self) -> Transcript {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        Transcript(entries.iter().cloned().collect())
    }

    /// What matters to a failure of one client: its own entries, and the server's.
    pub(super) fn around(&self, client: &Arc<str>) -> Transcript {
        let own = Actor::Client(client.clone());
        let mut transcript = self.transcript();
        transcript.0.retain(|entry| entry.who == own || entry.who == Actor::Server);
        transcript
    }

    /// Fails the test of a client, with what led to it.
    pub(super) fn fail(&self, client: &Arc<str>, caller: &Location<'_>, what: &str) -> ! {
        let failure = self.failure(client, &format!("{caller}: {client} {what}"));
        self.tell();
        panic!("{failure}")
    }

    /// Something that is wrong, with what led to it.
    pub(super) fn failure(&self, client: &Arc<str>, what: &str) -> String {
        let (around, again) = (self.around(client), self.how_again());
        let around = around.shortened();
        format!("{what}\n\nWhat {client} and the server did {again}:\n{around}")
    }

    /// What takes down what the server traces: all of Salon's, and what an app finds worth knowing.
    pub(super) fn dispatch(&self) -> Dispatch {
        // While there is but one subscriber, tracing asks that of whichever thread comes first to a
        // place that logs whether anybody is interested there, and remembers it for all: a test on
        // another thread may have none. With a second one it asks both.
        static SECOND: LazyLock<Dispatch> =
            LazyLock::new(|| Dispatch::new(NoSubscriber::default()));
        LazyLock::force(&SECOND);
        Dispatch::new(self.subscriber())
    }

    fn subscriber(&self) -> impl Subscriber + Send + Sync + use<> {
        let layer = tracing_subscriber::fmt::layer()
            .without_time()
            .with_ansi(false)
            .with_level(false)
            .with_target(false)
            .with_writer(self.clone());
        tracing_subscriber::registry().with(layer.with_filter(filter_fn(is_told)))
    }
}

fn is_told(metadata: &Metadata<'_>) -> bool {
    let target = metadata.target();
    target == "salon" || target.starts_with("salon::") || *metadata.level() <= Level::INFO
}

impl<'a> MakeWriter<'a> for Journal {
    type Writer = &'a Self;

    fn make_writer(&'a self) -> Self::Writer {
        self
    }
}

/// Each write is one line.
impl io::Write for &Journal {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        self.note(Actor::Server, Happened::Noted(text.trim_end().to_owned()));
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
