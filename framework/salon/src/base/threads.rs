//! What the threads are that code of the application runs on.
//!
//! It must never decide anything for an app: names of threads are for words.

use std::thread;

/// What the threads are called on which the closure of `HttpServer::new` runs: arbiters of actix if it has a
/// system, and else actix-server's own.
const WORKERS: [&str; 2] = ["actix-rt|system:", "actix-server worker"];

/// Whether this thread is a worker of an HTTP server.
pub(crate) fn is_worker() -> bool {
    let is_one = |name: &str| WORKERS.iter().any(|worker| name.starts_with(worker));
    thread::current().name().is_some_and(is_one)
}
