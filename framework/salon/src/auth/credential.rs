//! What the framework knows of a session's identity, whatever its type.
//!
//! It must never show the ids in it in a log: they are personal.

use std::{fmt, time::SystemTime};

use bytestring::ByteString;

use super::{Lease, Permissions};

/// What a session's identity stands on. It can be replaced while the session lives; the identity
/// itself stays.
#[derive(Clone, Default)]
pub(crate) struct Credential {
    /// Who it is, over all connections.
    pub(crate) subject: Option<ByteString>,
    /// The id of the token that was presented.
    pub(crate) token_id: Option<ByteString>,
    /// When it was issued.
    pub(crate) issued: Option<SystemTime>,
    /// When it lapses by itself.
    pub(crate) until: Option<SystemTime>,
    /// What it may do.
    pub(crate) permissions: Permissions,
    /// What ends it from outside.
    pub(crate) lease: Lease,
}

impl Credential {
    /// Whether nothing is known but when it was issued, as of anybody who may come in.
    pub(crate) fn is_bare(&self) -> bool {
        let Self { subject, token_id, issued: _, until, permissions, lease } = self;
        subject.is_none()
            && token_id.is_none()
            && until.is_none()
            && permissions.is_empty()
            && lease.is_none()
    }

    /// When it lapses, as far as is known now: the earlier of its own end and its lease's. The
    /// latter can change, which [`Lease::changed`] waits for.
    pub(crate) fn expires(&self) -> Option<SystemTime> {
        match (self.until, self.lease.until()) {
            (Some(own), Some(lease)) => Some(own.min(lease)),
            (own, lease) => own.or(lease),
        }
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential")
            .field("subject", &self.subject.is_some())
            .field("token_id", &self.token_id.is_some())
            .field("expires", &self.expires())
            .field("permissions", &self.permissions)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;
    use crate::auth::Lessor;

    #[test]
    fn it_lapses_at_the_earlier_of_its_two_ends() {
        let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        let lessor = Lessor::default();
        let mut credential = Credential { lease: lessor.lease(), ..Credential::default() };
        assert_eq!(credential.expires(), None);
        credential.until = Some(at(10));
        assert_eq!(credential.expires(), Some(at(10)));
        lessor.end(at(5));
        assert_eq!(credential.expires(), Some(at(5)));
        credential.until = Some(at(3));
        assert_eq!(credential.expires(), Some(at(3)));
        credential.until = None;
        assert_eq!(credential.expires(), Some(at(5)));
    }

    #[test]
    fn its_ids_are_not_shown() {
        let subject = Some(ByteString::from_static("user-7"));
        let credential = Credential { subject, ..Credential::default() };
        let shown = format!("{credential:?}");
        assert!(!shown.contains("user-7"), "{shown}");
        assert!(shown.contains("subject: true"), "{shown}");
    }
}
