//! Engine.IO, the plain protocol and plain WebSocket over HTTP: the only place that touches actix-web.
//!
//! It turns requests into messages for a connection, and a connection's outbox into responses. It
//! must never decide what a message means, nor hold state of a connection beyond one request: a
//! client's next request may land on any worker.

mod engine_io;
mod http;
mod plain;
mod takeover;
mod typed;
mod websocket;

pub(crate) use self::{
    engine_io::configure, plain::plain, takeover::on_connect, typed::configure as configure_typed,
};
