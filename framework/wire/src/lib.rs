//! The protocols of a Salon app as values: bytes in, packets out, and back.
//!
//! Engine.IO v4, Socket.IO v5 in JSON and in MessagePack (feature `msgpack`), `salon.v1`, and WebSocket frames. An
//! app names this crate as `salon::wire`; whatever else reads or writes the same bytes needs no more.
//!
//! Everything here is pure. It must never do I/O, read a clock, know an actor or log: whoever owns
//! a socket feeds these codecs and acts on their errors. What a client sends can neither panic here
//! nor make a codec hold more than the limit it was given.

// Whoever matches on an enum can be broken by one more: each says why it is whole, or can grow.
#![warn(clippy::exhaustive_enums)]

pub mod engine_io;
#[cfg(feature = "msgpack")]
pub mod msgpack;
pub mod socket_io;
pub mod typed;
pub mod websocket;
