//! What a client is told of its session when that begins.
//!
//! It must never have what is to be kept from its client.

use std::time::Duration;

use bytestring::ByteString;

/// How a client sends that has a stream of events.
#[derive(Debug)]
pub(crate) struct Posting {
    pub(crate) path: String,
    pub(crate) secret: ByteString,
}

/// A session that begins.
#[derive(Debug)]
pub(crate) struct Welcome {
    /// Its id.
    pub(crate) session: ByteString,
    /// By what its client has it again when it comes back, if sessions do here.
    pub(crate) private_id: Option<ByteString>,
    /// Whose it is, if its namespace knows subjects.
    pub(crate) user: Option<ByteString>,
    /// Where its client posts, and by what it proves itself there, if it does.
    pub(crate) posting: Option<Posting>,
    /// By what its client knows whether its contract is this one's.
    pub(crate) contract: Option<ByteString>,
    /// In how long its identity lapses, if it does.
    pub(crate) expires_in: Option<Duration>,
}
