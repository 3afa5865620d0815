//! How a protocol writes what is published.

use super::{Content, Form};

/// The writing side of one protocol, which all connections that speak it share.
pub(crate) trait Codec: Send + Sync {
    /// The form of that content for its clients, or [nothing](Form::is_nothing) if it has none on
    /// this wire.
    fn form(&self, content: &Content) -> Form;
}
