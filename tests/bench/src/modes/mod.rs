//! What a server is put through, one module per mode.
//!
//! It must never report a figure of a run in which something was lost without saying so.

mod churn;
mod echo;
mod fan_out;
mod idle;
#[cfg(test)]
mod lossy;
mod moderate;
mod polling;
mod rooms;
mod slow;
mod storm;
mod streams;

use std::time::Duration;

use hdrhistogram::Histogram;
use salon_tests::Result;

use crate::{load::Driven, machine::Machine, peer::Peer, server::Server};

/// Bytes of text in a message.
const PAYLOAD: usize = 64;

/// One way to use a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Echo100,
    Echo1000,
    FanOut,
    Streams,
    Rooms,
    Places,
    Workers,
    Moderate,
    Churn,
    Polling,
    Idle,
    Storm,
    Slow,
}

impl Mode {
    pub(crate) const ALL: [Self; 13] = [
        Self::Echo100,
        Self::Echo1000,
        Self::FanOut,
        Self::Streams,
        Self::Rooms,
        Self::Places,
        Self::Workers,
        Self::Moderate,
        Self::Churn,
        Self::Polling,
        Self::Idle,
        Self::Storm,
        Self::Slow,
    ];

    /// Its name in arguments and results.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Echo100 => "echo-100",
            Self::Echo1000 => "echo-1000",
            Self::FanOut => "fan-out",
            Self::Streams => "streams",
            Self::Rooms => "rooms",
            Self::Places => "places",
            Self::Workers => "workers",
            Self::Moderate => "moderate",
            Self::Churn => "churn",
            Self::Polling => "polling",
            Self::Idle => "idle",
            Self::Storm => "storm",
            Self::Slow => "slow",
        }
    }

    /// Whether a peer can be put through it.
    pub(crate) fn fits(self, peer: Peer) -> bool {
        match self {
            Self::Places => matches!(peer, Peer::Salon | Peer::Numbered),
            Self::Workers => {
                matches!(peer, Peer::Salon | Peer::Together | Peer::TwoWorkers | Peer::AtHome)
            }
            Self::Polling => peer.polls(),
            Self::Streams => matches!(peer, Peer::Plain | Peer::ActixWs),
            _ => !peer.is_variant(),
        }
    }

    /// Puts a fresh server through it.
    pub(crate) fn run(
        self,
        peer: Peer,
        server: &Server,
        machine: &Machine,
        extent: &Extent,
    ) -> Result<Outcome> {
        match self {
            Self::Echo100 => echo::run(server, extent, 100),
            Self::Echo1000 => echo::run(server, extent, 1000),
            Self::FanOut => fan_out::run(server, extent),
            Self::Streams => streams::run(server, extent),
            Self::Workers if peer == Peer::AtHome => rooms::run_at_home(server, extent),
            Self::Rooms | Self::Places | Self::Workers => rooms::run(server, extent),
            Self::Moderate => moderate::run(server, extent),
            Self::Churn => churn::run(server, extent),
            Self::Polling => polling::run(server, extent),
            Self::Idle => idle::run(server, machine, extent),
            Self::Storm => storm::run(server, machine, extent),
            Self::Slow => slow::run(server, extent),
        }
    }
}

/// How long and how large.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extent {
    pub(crate) warm_up: Duration,
    pub(crate) time: Duration,
    /// How long what is under way at the end may take.
    pub(crate) last_words: Duration,
    /// How long idle connections are watched: with their pings in it, if it is a whole interval.
    pub(crate) rest: Duration,
    /// How many connections are idle, or come back at once.
    pub(crate) connections: usize,
}

impl Extent {
    /// What a comparison takes.
    pub(crate) const FULL: Self = Self {
        warm_up: Duration::from_millis(500),
        time: Duration::from_secs(2),
        last_words: Duration::from_secs(5),
        rest: Duration::from_secs(26),
        connections: 10_000,
    };

    /// For a first look: about a minute for all.
    pub(crate) const QUICK: Self = Self {
        warm_up: Duration::from_millis(200),
        time: Duration::from_millis(500),
        last_words: Duration::from_secs(5),
        rest: Duration::from_secs(1),
        connections: 1_000,
    };
}

/// What a run of a mode has shown.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) figures: Vec<Figure>,
    /// How many messages did not arrive.
    pub(crate) lost: u64,
}

/// One figure; less is better, unless its name says otherwise.
#[derive(Debug)]
pub(crate) struct Figure {
    pub(crate) name: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) value: f64,
}

/// Makes a figure.
fn figure(name: &'static str, unit: &'static str, value: f64) -> Figure {
    Figure { name, unit, value }
}

/// What came of a talk of which each message is delivered to others.
fn deliveries(driven: &Driven) -> Outcome {
    Outcome {
        lost: driven.lost,
        figures: vec![
            figure("CPU per delivery", "µs", driven.cpu_per_message()),
            figure("deliveries per second (more is better)", "/s", driven.per_second()),
        ],
    }
}

/// Latencies, in nanoseconds.
struct Latencies(Histogram<u64>);

impl Latencies {
    fn new() -> Result<Self> {
        // Up to a minute; a clamped value would be a lie about the tail.
        Ok(Self(Histogram::new_with_bounds(1, 60_000_000_000, 3)?))
    }

    fn record(&mut self, latency: Duration) {
        let nanoseconds = u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX);
        self.0.saturating_record(nanoseconds.max(1));
    }

    fn clear(&mut self) {
        self.0.reset();
    }

    /// A quantile, in µs.
    fn at(&self, quantile: f64) -> f64 {
        self.0.value_at_quantile(quantile) as f64 / 1e3
    }
}
