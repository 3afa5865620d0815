//! The promises of delivery: what is kept, who gets it again, and what a slow client costs.
//!
//! It must never sleep, nor wait for time: the tests run in a lab, whose clock they move themselves. The lab
//! itself fails a test in which a member of a room with a history misses a number, or gets one twice.

mod acked;
mod at_once;
mod behind;
mod chat;
mod commits;
mod cut_off;
mod damaged;
mod den;
mod desk;
mod durable;
mod durable_model;
mod early;
mod formless;
mod hall;
mod lagging;
mod ledger;
mod lossy;
mod model;
mod moody;
mod pacing;
mod reopened;
mod replay;
mod resume;
mod rights;
mod safe;
mod stuck;
mod tome;
mod undone;
mod unkeepable;
mod unsaid;
mod windows;
