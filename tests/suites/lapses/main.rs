//! Rights that end while a client is connected: by time, by a rule that changed, by revocation.
//!
//! Everything here is on virtual time. The same under load, on real threads, is in the suite
//! `revocation`.

mod again;
mod begun;
mod club;
mod den;
mod grants;
mod hall;
mod identity;
mod keys;
mod questions;
mod quiz;
mod revoking;
mod spellings;
mod under_way;
