//! All connections of one Salon: how each is taken in, found, counted by its address, and parted with.
//!
//! It must never hold a lock while it runs code of the application.

mod client_address;
mod connections;
mod draining;
mod pending_start;
mod registry;
mod worker;

pub(super) use self::client_address::Address;

pub(crate) use self::{
    connections::{CROWDED, Connections, FULL, SHUTTING_DOWN},
    worker::Watch,
};
