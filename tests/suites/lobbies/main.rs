//! The promises of rooms that list themselves, of their seats, and of joining one or making one.
//!
//! It must never sleep, nor wait for time: the tests run in a lab, whose clock they move themselves.

mod app;
mod listing;
mod matchmaking;
mod seats;
mod watching;
