//! How a client broke the WebSocket protocol.
//!
//! It must never be answered with anything but a close frame: nothing after it can be trusted.

use super::close_code::CloseCode;

/// What a client did wrong. Send a close frame with [`ProtocolError::close_code`], then end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProtocolError {
    /// A reserved bit is set, though no extension was agreed on (RFC 6455, section 5.2).
    #[error("reserved bits {bits:#05b} are set; no extension was agreed on")]
    ReservedBits {
        /// The three bits.
        bits: u8,
    },
    /// The opcode is reserved (section 5.2).
    #[error("unknown opcode {opcode:#x}")]
    UnknownOpcode {
        /// The opcode.
        opcode: u8,
    },
    /// A frame is not masked (section 5.1).
    #[error("a frame is not masked; clients must mask every frame")]
    Unmasked,
    /// A ping, pong or close is one of several fragments (section 5.5).
    #[error("a control frame is fragmented")]
    FragmentedControl,
    /// A ping, pong or close is longer than 125 bytes (section 5.5).
    #[error("a control frame announces more than 125 bytes")]
    ControlTooLong,
    /// A 64-bit length has its top bit set (section 5.2).
    #[error("length {length:#x} has its top bit set")]
    LengthTopBit {
        /// The length as it came.
        length: u64,
    },
    /// A continuation came without a message to continue (section 5.4).
    #[error("a continuation came without a message to continue")]
    UnexpectedContinuation,
    /// A new message began before the last was finished (section 5.4).
    #[error("a message began before the last one was finished")]
    UnfinishedMessage,
    /// A close frame's payload is one byte (section 5.5.1).
    #[error("a close frame has one byte; it must have none, or a code of two")]
    CloseTooShort,
    /// A close frame's code must not be sent (section 7.4).
    #[error("close code {code} must not be sent")]
    CloseCode {
        /// The code.
        code: CloseCode,
    },
    /// A text or a close reason is not UTF-8 (section 8.1).
    #[error("a text is not UTF-8; send bytes in binary messages")]
    Utf8,
    /// A message is larger than the limit.
    #[error("a message of {length} bytes or more is larger than {max_message}")]
    TooBig {
        /// Bytes announced so far.
        length: u64,
        /// The limit.
        max_message: usize,
    },
    /// A message has more fragments than the limit.
    #[error("a message has more than {max_fragments} fragments; send larger ones")]
    TooManyFragments {
        /// The limit.
        max_fragments: usize,
    },
}

impl ProtocolError {
    /// What to close the connection with (RFC 6455, section 7.4.1): 1007 for text that is not
    /// UTF-8, 1009 for what is too big, else 1002.
    #[must_use]
    pub fn close_code(&self) -> CloseCode {
        match self {
            Self::Utf8 => CloseCode::INVALID_DATA,
            Self::TooBig { .. } | Self::TooManyFragments { .. } => CloseCode::TOO_BIG,
            _ => CloseCode::PROTOCOL,
        }
    }
}
