//! The frames of one message of `salon.v1`, one on each line.
//!
//! It must never hold more of a message than its own bytes.

use bytestring::ByteString;

use super::link_error::LinkError;
use crate::wire::typed::Lines;

/// What is left of a message.
pub(super) struct FrameLines {
    lines: Lines,
    /// How many more frames may be in it.
    left: u32,
}

impl FrameLines {
    /// All of a message, in which so many frames may be.
    pub(super) fn new(message: ByteString, most: u32) -> Self {
        Self { lines: Lines::new(message), left: most }
    }

    /// The next frame.
    ///
    /// # Errors
    /// [`LinkError::TooManyFrames`] if it is one too many.
    pub(super) fn next(&mut self) -> Result<Option<ByteString>, LinkError> {
        let Some(line) = self.lines.next() else { return Ok(None) };
        match self.left.checked_sub(1) {
            Some(left) => self.left = left,
            None => return Err(LinkError::TooManyFrames),
        }
        Ok(Some(line))
    }
}
