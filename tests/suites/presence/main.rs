//! Who is in a room, and in which order what happens there is told.
//!
//! It must never sleep: the tests run in a lab, whose clock they move themselves.

mod crowd;
mod ghosts;
mod graces;
mod lapses;
mod lounge;
mod recorder;
mod returning;
mod users;
