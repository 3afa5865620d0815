//! The plain protocol over HTTP: its endpoint, and its WebSockets.
//!
//! It must never know what a frame means.

mod endpoint;
mod subprotocols;

pub(crate) use self::endpoint::configure;
