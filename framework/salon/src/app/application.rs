//! What is below Socket.IO: whole messages, text or binary, over Engine.IO or a plain WebSocket.
//!
//! It must never know namespaces or events.

use std::{fmt, sync::Arc};

use crate::{
    auth::Handshake,
    base::disconnect::DisconnectReason,
    message::Publication,
    outbox::{NotQueued, Outbox},
    wire::engine_io::Message,
};

/// An application that takes messages as they come.
///
/// Its methods are called on the worker of the connection, one after the other for one connection.
///
/// ```
/// use salon::{Application, RawConnection, Salon, wire::engine_io::Message};
///
/// struct Echo;
///
/// impl Application for Echo {
///     fn received(&self, connection: &RawConnection, message: Message) {
///         let _ = connection.send(message);
///     }
/// }
///
/// let salon = Salon::builder().application(Echo).build()?;
/// # Ok::<(), salon::BuildError>(())
/// ```
pub trait Application: Send + Sync + 'static {
    /// A connection was opened.
    fn opened(&self, connection: &RawConnection) {
        let _ = connection;
    }

    /// A message came.
    fn received(&self, connection: &RawConnection, message: Message);

    /// The connection has ended.
    fn closed(&self, connection: &RawConnection, reason: DisconnectReason) {
        let _ = (connection, reason);
    }
}

/// A connection without Socket.IO.
pub struct RawConnection {
    pub(crate) outbox: Arc<Outbox>,
    pub(crate) handshake: Arc<Handshake>,
    pub(crate) request: Option<Arc<Handshake>>,
}

impl RawConnection {
    /// Sends a message.
    ///
    /// # Errors
    /// [`NotQueued`] says why it was not queued.
    pub fn send(&self, message: impl Into<Message>) -> Result<(), NotQueued> {
        self.outbox.push(&Publication::message(message.into()))
    }

    /// The request that opened the connection.
    #[must_use]
    pub fn handshake(&self) -> &Handshake {
        &self.handshake
    }

    /// The request that brought the message that is being handled, if it was a polling POST.
    #[must_use]
    pub fn request(&self) -> Option<&Handshake> {
        self.request.as_deref()
    }

    /// Ends the connection when what is queued has been sent.
    pub fn close(&self) {
        self.outbox.close(DisconnectReason::ForcedServerClose);
    }
}

impl fmt::Debug for RawConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawConnection").finish_non_exhaustive()
    }
}
