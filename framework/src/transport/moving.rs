//! A socket on its way to the worker of its connection, which reads it from then on.
//!
//! It must never leave anything behind: not a byte that was read, nor one that is to be written.

use std::{
    net::TcpStream,
    rc::Rc,
    sync::{Arc, Mutex, PoisonError},
};

use super::{
    dialect::Dialect,
    inflow::{Before, Inflow, Source},
    link::Link,
    outflow::Outflow,
    signals::{Signals, Unsaid},
    taken_socket::{Rest, TakenSocket},
};
use crate::{
    connection::{ConnectionHandle, Realm},
    disconnect::DisconnectReason,
    outbox::LinkNumber,
};

/// A WebSocket on a socket that was taken over, bound to no worker.
pub(super) struct Moving {
    pub(super) realm: Arc<Realm>,
    pub(super) handle: Arc<ConnectionHandle>,
    pub(super) stream: TcpStream,
    pub(super) dialect: Dialect,
    pub(super) link: Option<LinkNumber>,
    pub(super) before: Before,
    pub(super) unsaid: Option<Box<Unsaid>>,
    pub(super) rest: Option<Box<Rest>>,
}

impl Moving {
    /// Has its connection read it, and its worker write it, until both are over.
    pub(super) async fn settle(self) {
        let handle = self.handle.clone();
        let moving = Arc::new(Mutex::new(Some(self)));
        let take = |moving: &Mutex<Option<Self>>| {
            moving.lock().unwrap_or_else(PoisonError::into_inner).take()
        };
        let arriving = moving.clone();
        handle.read(move || take(&arriving)?.arrive()).await;
        // The connection ended before, and nobody else tells the client.
        if let Some(link) = take(&moving).and_then(Self::arrive) {
            Box::new(link).end(None).await;
        }
    }

    /// Binds it to this worker.
    pub(super) fn arrive(self) -> Option<Link> {
        let Self { realm, handle, stream, dialect, link, before, unsaid, rest } = self;
        let signals = Rc::new(Signals::new(link, unsaid));
        let outbox = handle.outbox().clone();
        let outflow = Outflow { outbox, signals: signals.clone(), dialect };
        let socket = match TakenSocket::new(stream, outflow, rest) {
            Ok(socket) => socket,
            Err(error) => {
                tracing::debug!(%error, "the runtime does not take a socket");
                handle.abort(DisconnectReason::TransportError);
                realm.forget(&handle);
                return None;
            }
        };
        let source = Source::Socket(socket);
        let inflow = Inflow::new(handle, before, source, dialect, signals);
        Some(Link { realm, inflow, served: None })
    }
}
