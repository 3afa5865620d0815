//! What a protocol is to the connection whose client speaks it.
//!
//! It must stay free of whatever acts: it is given messages, and says what they are about.

use super::{Effect, Violation};
use crate::wire::engine_io::Message;

/// The receiving side of what one client speaks.
pub(crate) trait Protocol {
    /// What a message of the client is about.
    ///
    /// # Errors
    /// What it did that its protocol does not allow; `violation.rs` says what becomes of it.
    fn receive(
        &mut self,
        message: Message,
        sessions: &impl OpenSessions,
    ) -> Result<Effect, Violation>;

    /// What is wrong with a client that has had its time to begin a session, and has begun none.
    fn timeout(&self) -> Option<Violation>;
}

/// Which sessions a client has, as far as its protocol has to know.
pub(crate) trait OpenSessions {
    /// The place of its session in a namespace, if it has one.
    fn find(&self, namespace: &str) -> Option<usize>;
}
