//! Engine.IO and plain WebSocket over HTTP: the only place that touches actix-web.
//!
//! It turns requests into messages for a connection, and a connection's outbox into responses. It
//! must never decide what a message means, nor hold state of a connection beyond one request: a
//! client's next request may land on any worker.

mod body;
mod compression;
mod endpoint;
mod framing;
mod handover;
mod link;
mod link_error;
mod migration;
mod opening;
mod origin;
mod plain;
mod polling;
mod posting;
mod reactor;
mod reader;
mod receive_buffer;
mod receiving;
mod rejection;
mod request;
mod response;
mod socket;
mod socket_write;
mod taken_socket;
mod upgrade;
mod upload;
mod websocket;
mod writer;
mod writer_control;

pub(crate) use self::{endpoint::configure, plain::plain, socket::on_connect};
