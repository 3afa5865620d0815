//! A WebSocket under a connection: its handshake, its reading and its writing side, its end.
//!
//! It must never decide what a message means.

mod body;
mod frame_lines;
mod framing;
pub(super) mod handshake;
mod link;
mod link_error;
mod migration;
mod opening;
mod reader;
mod receive_buffer;
mod writer;
mod writer_control;

pub(super) use self::{
    framing::{Framing, packet},
    handshake::{first_protocol, shake_hands, switch},
    link::Link,
    link_error::{LinkError, reason},
    opening::Opening,
    reader::MESSAGE,
    receive_buffer::ReceiveBuffer,
    writer::{Next, Writer},
    writer_control::Stage,
};
