//! Revocation under stress and in races: after it, nothing of what was taken reaches a client.
//!
//! It must never take the order in which things come at a socket for the order in which they were
//! done: what comes behind a marker, or was published after the end of a revocation, is too late.

mod app;
mod common;
mod member;
mod race;
mod races;
mod races_of_answers;
mod recorder;
mod rights;
mod stress;
