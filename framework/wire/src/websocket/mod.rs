//! WebSocket frames (RFC 6455), the server's side.
//!
//! The handshake is not here. These codecs must never touch a socket: whoever has one appends to a
//! buffer, and writes what it gets.

mod close;
mod close_code;
mod frame;
mod mask;
mod protocol_error;
mod reader;
mod utf8;

#[doc(hidden)]
pub use self::frame::{MAX_HEADER, encode_masked, header_len, put_header};
pub use self::{
    close::CloseFrame,
    close_code::CloseCode,
    frame::{Opcode, encode_close, encode_frame, encode_header},
    protocol_error::ProtocolError,
    reader::{FrameLimits, FrameReader, Incoming},
};
