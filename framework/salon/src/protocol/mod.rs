//! The protocols that clients speak, apart from what is done with what they say.
//!
//! They must never know an actor, a room or a transport.

mod socket_io;

pub(crate) use self::socket_io::SocketIoCodec;
