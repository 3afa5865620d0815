//! A session that has ended, and may come back.

use super::recipient::Recipient;
use crate::{
    auth::{Credential, Principal},
    base::clock::Instant,
};

/// A session that is away.
pub(super) struct Away {
    pub(super) until: Instant,
    pub(super) principal: Principal,
    /// What it stood on: whoever comes back must be the same, and not be revoked meanwhile.
    pub(super) credential: Credential,
    pub(super) recipient: Recipient,
    /// The number of the last that was kept before it began.
    pub(super) since: u64,
}
