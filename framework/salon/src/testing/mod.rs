//! The in-process harness: tests of an app without a socket and without a sleep.
//!
//! It drives the real connections, rooms, supervisors and frames; only the lines to the clients, the
//! clock and chance are simulated. It must never be compiled into a server: it is for
//! `[dev-dependencies]`, behind the feature `testing`.

mod alone;
mod awaited;
mod client;
mod connection;
mod conversation;
mod door;
mod event_stream;
mod faults;
mod happened;
mod incoming;
mod journal;
mod lab;
mod lab_builder;
mod last_words;
mod line;
mod link;
mod one_call;
mod order;
mod outgoing;
mod plain_polling;
mod port;
#[cfg_attr(not(feature = "contract"), path = "unpromised.rs")]
mod promised;
mod seed;
mod server;
mod speech;
mod stopped_clock;
mod visitor;
mod websocket;
mod wire;
mod world;

pub use self::{
    awaited::{Closing, Expectation, Sent},
    client::{Client, ConnectError, Question},
    happened::{Happened, Traffic},
    incoming::{Closed, Incoming},
    journal::{Actor, Entry, Transcript},
    lab::Lab,
    lab_builder::LabBuilder,
    server::Response,
    visitor::Visitor,
    wire::Wire,
};

use self::seed::DefaultSeed;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// What ends a test early.
pub type Failure = Box<dyn std::error::Error>;

/// Runs a test once for each seed, each time from the start, and says which seed failed: every lab
/// that is started in it without one has that seed. With the environment variable `SALON_SEED` only
/// that one is run.
///
/// What depends on the turns that workers take shows under some seed, and every time under that.
///
/// ```
/// use salon::{Salon, testing::{self, Lab}};
///
/// testing::for_seeds(0..20, async |_| {
///     let salon = Salon::builder().build()?;
///     let lab = Lab::builder(salon).workers(4).start().await;
///     lab.connect(()).await?;
///     Ok(())
/// });
/// ```
///
/// # Panics
/// When the test fails, or `SALON_SEED` is no number.
pub fn for_seeds(
    seeds: impl IntoIterator<Item = u64>,
    test: impl AsyncFn(u64) -> Result<(), Failure>,
) {
    let only = seed::of_environment();
    let seeds: Vec<u64> = only.map_or_else(|| seeds.into_iter().collect(), |seed| vec![seed]);
    for seed in seeds {
        let _default = DefaultSeed::set(seed);
        let once = AssertUnwindSafe(|| run(test(seed)));
        if let Err(panic) = catch_unwind(once) {
            eprintln!("it failed with seed {seed}; to run it again: SALON_SEED={seed}");
            resume_unwind(panic);
        }
    }
}

/// Runs a test, as [`#[salon::test]`](crate::test) does: on one thread, in an actix system. When it
/// fails, the seed of its last lab, and what happened there, are printed.
///
/// # Panics
/// When the test fails.
pub fn run(test: impl Future<Output = Result<(), Failure>>) {
    last_words::forget();
    if let Err(failure) = stopped_clock::run(test) {
        last_words::show();
        panic!("{failure}");
    }
}
