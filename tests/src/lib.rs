//! Support for the end-to-end suites: clients that send exactly what a test says, and the servers
//! they are played against.
//!
//! In reading order: [`server`] starts a server under test, [`raw_http`], [`polling`], [`websocket`],
//! [`event_stream`] and [`engine_io`] talk to it, [`transcript`] writes down what was said. [`in_process`] serves a Salon
//! that has been built in this process, and [`socket_io`] is a client for it: for the benchmark and
//! for the stress test, where threads are real. [`ready_made`] is a client that allocates nothing, and
//! [`steps`] are what one event goes through, to be timed and counted. [`guests`] are the users of the
//! apps that suites have, [`program`] runs what others have written, and [`by_hand`] is the app that the guide uses without a library.

pub mod by_hand;
pub mod engine_io;
pub mod event_stream;
pub mod guests;
pub mod in_process;
pub mod polling;
pub mod program;
pub mod raw_http;
pub mod ready_made;
pub mod server;
pub mod socket_io;
pub mod steps;
pub mod transcript;
pub mod websocket;

/// What ends a test early; its text says what was expected.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The result of a step of a test.
pub type Result<T, E = Failure> = std::result::Result<T, E>;
