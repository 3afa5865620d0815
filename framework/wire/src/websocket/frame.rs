//! Frames that the server sends: whole and unmasked (RFC 6455, section 5).
//!
//! It must never fragment: a message is one frame, so that it can be made once and sent to many.

use bytes::BufMut;

use super::CloseFrame;
use super::mask::unmask;

/// Bytes that a control frame's payload may have (RFC 6455, section 5.5).
pub(super) const MAX_CONTROL: usize = 125;

/// Bytes that the header of a server's frame takes at most.
#[doc(hidden)]
pub const MAX_HEADER: usize = 10;

/// What a frame is (RFC 6455, section 5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
#[expect(clippy::exhaustive_enums, reason = "the protocol has these")]
pub enum Opcode {
    /// More of the message before.
    Continuation = 0x0,
    /// A text message.
    Text = 0x1,
    /// A binary message.
    Binary = 0x2,
    /// The end.
    Close = 0x8,
    /// A sign of life is asked for.
    Ping = 0x9,
    /// A sign of life.
    Pong = 0xa,
}

impl Opcode {
    /// Whether frames of this kind may come between the fragments of a message.
    #[must_use]
    pub fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }

    /// The kind that the low four bits of a frame's first byte name, if it is a known one.
    pub(super) fn from_bits(bits: u8) -> Option<Self> {
        Some(match bits {
            0x0 => Self::Continuation,
            0x1 => Self::Text,
            0x2 => Self::Binary,
            0x8 => Self::Close,
            0x9 => Self::Ping,
            0xa => Self::Pong,
            _ => return None,
        })
    }
}

/// Appends a whole frame from server to client. The payload of a control frame is cut to 125 bytes.
///
/// ```
/// use salon_wire::websocket::{Opcode, encode_frame};
///
/// let mut out = Vec::new();
/// encode_frame(Opcode::Text, b"4hi", &mut out);
/// assert_eq!(out, b"\x81\x034hi");
/// ```
pub fn encode_frame(opcode: Opcode, payload: &[u8], out: &mut Vec<u8>) {
    let length = if opcode.is_control() { payload.len().min(MAX_CONTROL) } else { payload.len() };
    encode_header(opcode, length, out);
    out.extend_from_slice(&payload[..length]);
}

/// Appends the header of a whole frame whose payload of `length` bytes follows, and makes room for
/// it; for payloads that are put together in place. Control frames hold at most 125 bytes.
pub fn encode_header(opcode: Opcode, length: usize, out: &mut Vec<u8>) {
    out.reserve(MAX_HEADER + length);
    put_header(opcode, length, out);
}

/// As [`encode_header`], into room that is there already.
#[doc(hidden)]
pub fn put_header(opcode: Opcode, length: usize, out: &mut impl BufMut) {
    out.put_u8(0x80 | opcode as u8);
    match header_len(length) {
        2 => out.put_u8(length as u8),
        4 => {
            out.put_u8(126);
            out.put_u16(length as u16);
        }
        _ => {
            out.put_u8(127);
            out.put_u64(length as u64);
        }
    }
}

/// Bytes of the header of a frame whose payload has `length` bytes.
#[doc(hidden)]
#[must_use]
pub const fn header_len(length: usize) -> usize {
    match length {
        0..=125 => 2,
        126..=0xffff => 4,
        _ => MAX_HEADER,
    }
}

/// Appends a whole frame from client to server, masked with `mask` (RFC 6455, section 5.3).
#[doc(hidden)]
pub fn encode_masked(opcode: Opcode, payload: &[u8], mask: [u8; 4], out: &mut Vec<u8>) {
    let start = out.len();
    encode_header(opcode, payload.len(), out);
    out[start + 1] |= 0x80;
    out.extend_from_slice(&mask);
    let payload_start = out.len();
    out.extend_from_slice(payload);
    unmask(&mut out[payload_start..], mask, 0);
}

/// Appends a close frame, without a code if `frame` is `None`. A reason beyond 123 bytes is cut
/// between two characters.
pub fn encode_close(frame: Option<&CloseFrame>, out: &mut Vec<u8>) {
    let Some(CloseFrame { code, reason }) = frame else {
        return encode_header(Opcode::Close, 0, out);
    };
    let reason = &reason[..reason.floor_char_boundary(MAX_CONTROL - 2)];
    encode_header(Opcode::Close, 2 + reason.len(), out);
    out.extend_from_slice(&code.get().to_be_bytes());
    out.extend_from_slice(reason.as_bytes());
}
