//! What stands in the place of an app's contract where nobody asks for one: nothing is promised.
//!
//! It must have the calls of `promised`, so that who makes them need not know which it is.

use crate::{connection::Core, payload::Payload};

/// Nothing is promised to this client.
pub(super) struct Promised;

impl Promised {
    pub(super) fn to(_: &Core, _: &str) -> Self {
        Self
    }

    #[expect(clippy::unused_self, reason = "as where something is promised")]
    pub(super) fn asks(&self, _: u64, _: &str, _: &Payload) {}

    #[expect(clippy::unused_self, reason = "as where something is promised")]
    pub(super) fn forget(&self) {}

    #[expect(
        clippy::unused_self,
        clippy::unnecessary_wraps,
        reason = "as where something is promised"
    )]
    pub(super) fn is_answered(&self, _: u64, _: &Payload) -> Result<(), String> {
        Ok(())
    }

    #[expect(
        clippy::unused_self,
        clippy::unnecessary_wraps,
        reason = "as where something is promised"
    )]
    pub(super) fn is_sent(&self, _: &str, _: &Payload) -> Result<(), String> {
        Ok(())
    }
}
