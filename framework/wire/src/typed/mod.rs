//! `salon.v1`: one JSON list on one line for each frame.
//!
//! What a frame is, is written in the guide's page *The plain protocol* of the crate `salon`. It is the very
//! list of a Socket.IO packet without the digits in front of it, so that an event is serialized once for
//! both. It must never know which events there are, nor whose turn it is.
//!
//! ```text
//! ["name", …]                      an event
//! [7,"name", …]                    an event that wants an answer
//! [-7, …]                          the answer to 7
//! [-7,null,{"code","message"}]     the refusal of 7
//! []                               a heartbeat
//! ```
//!
//! The same lists as MessagePack (feature `msgpack`) are binary messages, in which bytes are bytes.

mod decoder;
mod encoder;
mod frame_error;
mod lines;
#[cfg(feature = "msgpack")]
mod msgpack;

pub use self::{decoder::Frame, encoder::FrameRef, frame_error::FrameError, lines::Lines};

/// The subprotocol by which a WebSocket's client says that it speaks this.
pub const SUBPROTOCOL: &str = "salon.v1";

/// The one by which it says that it speaks it as MessagePack.
#[cfg(feature = "msgpack")]
pub const MSGPACK_SUBPROTOCOL: &str = "salon.v1.msgpack";

/// A heartbeat, as it is written.
pub const HEARTBEAT: &str = "[]";

/// A heartbeat as MessagePack.
#[cfg(feature = "msgpack")]
pub const MSGPACK_HEARTBEAT: &[u8] = &[0x90];
