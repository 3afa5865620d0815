//! Whose keys are meant.
//!
//! It must never be shown: it says who somebody is.

use bytestring::ByteString;

/// Who sends events with keys, in one namespace: keys of two of them do not meet.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Who {
    pub(crate) namespace: ByteString,
    pub(crate) id: Id,
}

/// By what somebody is known.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) enum Id {
    /// A user, over all connections.
    Subject(ByteString),
    /// A session that is nobody's in particular.
    Session(ByteString),
}
