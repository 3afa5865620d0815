//! One client's pace, for whoever has much for it alone.
//!
//! It must never be there for an audience: one slow client would stop what is for all.

use std::sync::Arc;

use futures_util::future::{Either, select};

use super::socket::Socket;
use crate::session::handle::SessionHandle;

/// Waits until a session's client takes what it is sent, or is there no more.
pub(crate) async fn ready(handle: Arc<SessionHandle>) {
    let (ended, ready) =
        (std::pin::pin!(handle.until_ended()), std::pin::pin!(handle.outbox.until_ready()));
    match select(ready, ended).await {
        Either::Left(_) | Either::Right(_) => {}
    }
}

impl Socket {
    /// Waits until the client takes what it is sent: until no more than half of what its
    /// [outbox](crate::config::Limits::max_outbox_bytes) may hold waits for it. Whoever has much for one
    /// client sends a part, and waits before the next. At once if the session has ended: then what is sent
    /// goes nowhere.
    ///
    /// There is no such thing for an audience, nor for a room: what is for many must not wait for one.
    ///
    /// ```
    /// use salon::{Socket, prelude::*};
    ///
    /// #[derive(Serialize, Event)]
    /// #[event("export:rows")]
    /// struct Rows(Vec<u64>);
    ///
    /// async fn export(socket: Socket, rows: Vec<u64>) {
    ///     for part in rows.chunks(1_000) {
    ///         socket.ready().await;
    ///         socket.emit(&Rows(part.to_vec()));
    ///     }
    /// }
    /// ```
    pub fn ready(&self) -> impl Future<Output = ()> + Send + use<> {
        ready(self.handle().clone())
    }
}
