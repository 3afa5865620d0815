//! Rights that end while a client is connected: by time, by a rule that changed, by revocation.
//!
//! Everything here is on virtual time. The same under load, on real threads, is in the suite
//! `revocation`.

mod club;
mod grants;
mod identity;
mod keys;
mod revoking;
