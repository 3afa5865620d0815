//! What an app has set, as the codecs have it.
//!
//! It must never have a number of its own.

use crate::{
    base::config::Limits,
    wire::{socket_io::PacketLimits, websocket::FrameLimits},
};

impl From<&Limits> for PacketLimits {
    fn from(limits: &Limits) -> Self {
        Self {
            max_name: limits.max_name,
            max_attachments: limits.max_attachments,
            max_attachment_bytes: limits.max_attachment_bytes,
        }
    }
}

impl From<&Limits> for FrameLimits {
    fn from(limits: &Limits) -> Self {
        Self { max_message: limits.max_payload, max_fragments: limits.max_fragments }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_codec_alone_has_the_limits_that_an_app_has_which_sets_none() {
        assert_eq!(PacketLimits::from(&Limits::default()), PacketLimits::default());
    }
}
