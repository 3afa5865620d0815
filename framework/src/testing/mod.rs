//! The in-process harness: tests of an app without a socket and without a sleep.
//!
//! It drives the real connections, rooms, supervisors and frames; only the lines to the clients, the
//! clock and chance are simulated. It must never be compiled into a server: it is for
//! `[dev-dependencies]`, behind the feature `testing`.

mod awaited;
mod client;
mod conversation;
mod door;
mod journal;
mod lab;
mod line;
mod link;
mod port;
mod server;
mod visitor;
mod world;

pub use self::{
    awaited::{Closing, Expectation, Sent},
    client::{Client, ConnectError, Question},
    conversation::{Closed, Incoming},
    journal::{Actor, Entry, Transcript},
    lab::{Lab, LabBuilder},
    link::Wire,
    visitor::Visitor,
};

/// What ends a test early.
pub type Failure = Box<dyn std::error::Error>;

/// Runs a test, as [`#[salon::test]`](crate::test) does: on one thread, in an actix system.
///
/// # Panics
/// When the test fails.
pub fn run(test: impl Future<Output = Result<(), Failure>>) {
    if let Err(failure) = actix::System::new().block_on(test) {
        panic!("{failure}");
    }
}
