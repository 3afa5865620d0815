//! The protocols as values: bytes in, packets out, and back. See the crate `salon-wire`.
//!
//! It must never have a codec of its own: it names what that crate has.

#[cfg(feature = "msgpack")]
pub use salon_wire::msgpack;
pub use salon_wire::{engine_io, socket_io, typed, websocket};
