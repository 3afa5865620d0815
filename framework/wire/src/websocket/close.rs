//! Why a WebSocket ends, as its close frame says it.
//!
//! It must never hold a reason that fits no frame once encoded: encoding cuts it.

use bytes::Bytes;
use bytestring::ByteString;

use super::{close_code::CloseCode, protocol_error::ProtocolError};

/// What a close frame says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloseFrame {
    /// The status code.
    pub code: CloseCode,
    /// A text for people; at most 123 bytes of it fit a frame.
    pub reason: ByteString,
}

impl CloseFrame {
    /// Reads a close frame's payload; `None` if it is empty.
    pub(super) fn decode(payload: &Bytes) -> Result<Option<Self>, ProtocolError> {
        let (code, reason) = match payload[..] {
            [] => return Ok(None),
            [_] => return Err(ProtocolError::CloseTooShort),
            [high, low, ..] => {
                (CloseCode::from(u16::from_be_bytes([high, low])), payload.slice(2..))
            }
        };
        if !code.is_valid_on_wire() {
            return Err(ProtocolError::CloseCode { code });
        }
        let reason = ByteString::try_from(reason).map_err(|_| ProtocolError::Utf8)?;
        Ok(Some(Self { code, reason }))
    }
}
