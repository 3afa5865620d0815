//! The promises of the core, kept over real sockets: typed events, rooms, limits, endings.
//!
//! It must never sleep to let something happen: each test waits for what it expects.

mod build;
mod ending;
mod library;
mod limits;
mod order;
mod permission;
mod precedence;
mod raw;
mod recovery;
mod rooms;
mod sessions;
mod table;
mod tokens;
mod upgrading;
