//! What clients speak above their transport, as values: messages in, effects out.
//!
//! A [`Protocol`] takes what one client sends and says what is to be done about it; a
//! [`Codec`](crate::message::Codec) writes what is published to it. Neither does it: the connection does.
//! They must never know an actor, a room or a transport, read a clock or do I/O.

mod effect;
mod limits;
#[expect(clippy::module_inception, reason = "the noun of the folder")]
mod protocol;
mod raw;
mod socket_io;
mod typed;
mod violation;

pub(crate) use self::{
    effect::Effect,
    protocol::{OpenSessions, Protocol},
    raw::{NoSessions, Raw, RawCodec},
    socket_io::{SocketIo, SocketIoCodec},
    typed::{Format, Typed, TypedCodec, Wrap, is_own, retry, seen},
    violation::{Consequence, Violation},
};
