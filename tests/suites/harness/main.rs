//! What the harness promises to whoever tests an app with it. No test here sleeps; those in
//! `both_ways` also run over real sockets, and say so.

mod affinity;
mod app;
mod both_ways;
mod clock;
mod crowd;
mod endings;
mod failing;
mod faults;
mod origins;
mod recovery;
mod restarts;
mod talking;
mod time_limits;
mod undriven;
mod unusual;
mod vault;
mod workers;
