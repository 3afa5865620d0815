//! Sockets that Salon reads and writes itself, behind the 101 that actix-web has sent.
//!
//! It must never wait: a worker's reactor says when a socket is ready.

mod handover;
mod reactor;
mod socket;
mod socket_write;
mod taken_socket;

pub(crate) use self::socket::on_connect;

pub(super) use self::{
    handover::Handover,
    socket::{Anchor, ClientSocket},
    taken_socket::{Rest, SHARE, TakenSocket},
};
