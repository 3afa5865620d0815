//! Whatever an app's code does harms its own: a room or session that never rests, and code that panics
//! in places where nobody looks for it.
//!
//! It must never wait for time: the tests run in a lab, whose clock they move themselves.

mod actors;
mod app;
mod checks;
mod greedy;
mod keys;
mod restless;
mod rooms;
mod sessions;
