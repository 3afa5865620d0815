//! A socket on its way to the worker of its connection, which reads it from then on.
//!
//! It must never leave anything behind: not a byte that was read, nor one that is to be written.

use std::{
    net::TcpStream,
    rc::Rc,
    sync::{Arc, Mutex, PoisonError},
};

use super::{
    framing::Framing,
    link::Link,
    reader::{Before, Reader, Source},
    writer::Writer,
    writer_control::{Unsaid, WriterControl},
};
use crate::{
    base::disconnect::DisconnectReason,
    connection::{ConnectionHandle, Connections},
    outbox::LinkNumber,
    transport::takeover::{Rest, TakenSocket},
};

/// A WebSocket on a socket that was taken over, bound to no worker.
pub(in crate::transport) struct Migration {
    pub(in crate::transport) connections: Arc<Connections>,
    pub(in crate::transport) handle: Arc<ConnectionHandle>,
    pub(super) stream: TcpStream,
    pub(in crate::transport) framing: Framing,
    pub(in crate::transport) link: Option<LinkNumber>,
    pub(super) before: Before,
    pub(super) unsaid: Option<Box<Unsaid>>,
    pub(super) rest: Option<Box<Rest>>,
}

impl Migration {
    /// Has its connection read it, and its worker write it, until both are over.
    pub(in crate::transport) async fn settle(self) {
        let handle = self.handle.clone();
        let migration = Arc::new(Mutex::new(Some(self)));
        let take = |migration: &Mutex<Option<Self>>| {
            migration.lock().unwrap_or_else(PoisonError::into_inner).take()
        };
        let arriving = migration.clone();
        handle.read(move || take(&arriving)?.arrive()).await;
        // The connection ended before, and nobody else tells the client.
        if let Some(link) = take(&migration).and_then(Self::arrive) {
            Box::new(link).end(None).await;
        }
    }

    /// Binds it to this worker.
    pub(super) fn arrive(self) -> Option<Link> {
        let Self { connections, handle, stream, framing, link, before, unsaid, rest } = self;
        let control = Rc::new(WriterControl::new(link, unsaid));
        let outbox = handle.outbox().clone();
        let writer = Writer { outbox, control: control.clone(), framing };
        let socket = match TakenSocket::new(stream, writer, rest) {
            Ok(socket) => socket,
            Err(error) => {
                tracing::debug!(%error, "the runtime does not take a socket");
                handle.abort(DisconnectReason::TransportError);
                connections.forget(&handle);
                return None;
            }
        };
        let source = Source::Socket(socket);
        let reader = Reader::new(handle, before, source, framing, control);
        Some(Link { connections, reader, served: None })
    }
}

impl Link {
    /// Lets a socket that is read directly go to the worker of its connection; the link itself if
    /// actix-web serves it.
    pub(in crate::transport) fn depart(self: Box<Self>) -> Result<Box<Migration>, Box<Self>> {
        let departed = self.reader.socket().map(TakenSocket::depart);
        match departed {
            Some(Ok((stream, rest))) => {
                let Self { connections, reader, .. } = *self;
                let (handle, control, framing, before) = reader.into_parts();
                let (link, unsaid) = (control.link(), control.take_unsaid());
                let migration =
                    Migration { connections, handle, stream, framing, link, before, unsaid, rest };
                Ok(Box::new(migration))
            }
            Some(Err(error)) => {
                tracing::debug!(%error, "a socket stays on the worker that it was taken over on");
                Err(self)
            }
            None => Err(self),
        }
    }
}
