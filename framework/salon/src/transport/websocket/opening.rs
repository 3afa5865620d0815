//! The beginning of a WebSocket: who reads and writes it is settled here.
//!
//! It must never read a byte itself: the client's first packets are the link's.

use std::{rc::Rc, sync::Arc};

use actix_web::{HttpRequest, dev::Payload, rt};
use bytes::BytesMut;

use super::{
    body::Body,
    framing::Framing,
    link::Link,
    migration::Migration,
    reader::{Before, Reader, Source},
    writer::Writer,
    writer_control::WriterControl,
};
use crate::{
    connection::{ConnectionHandle, Connections},
    transport::takeover::{Anchor, ClientSocket, Handover},
};

/// A WebSocket whose handshake is being answered.
pub(in crate::transport) struct Opening {
    connections: Arc<Connections>,
    pub(in crate::transport) handle: Arc<ConnectionHandle>,
    writer: Writer,
    way: Way,
}

/// How the client's bytes will come.
enum Way {
    /// Through actix-web, for good.
    Request(Payload),
    /// From the socket, once it is handed over.
    Socket(ClientSocket, Rc<Handover>),
}

impl Opening {
    /// A WebSocket for a connection, and the body of the response that begins it.
    pub(in crate::transport) fn new(
        request: &HttpRequest,
        payload: Payload,
        connections: &Arc<Connections>,
        handle: Arc<ConnectionHandle>,
        framing: Framing,
    ) -> (Self, Body) {
        let control = Rc::new(WriterControl::new(None, None));
        let writer = Writer { outbox: handle.outbox().clone(), control, framing };
        let (way, handover) = match request.conn_data::<Anchor>().map(Anchor::socket) {
            None => (Way::Request(payload), None),
            Some(socket) => {
                let heartbeat = connections.heartbeat();
                socket.set_user_timeout(heartbeat.ping_interval + heartbeat.ping_timeout);
                let handover = Rc::new(Handover::new(socket.clone(), payload));
                (Way::Socket(socket, handover.clone()), Some(handover))
            }
        };
        let body = Body::new(writer.clone(), handover);
        (Self { connections: connections.clone(), handle, writer, way }, body)
    }

    /// Has frames written right behind the response.
    pub(in crate::transport) fn greet(&self, frames: Vec<u8>) {
        self.writer.control.greet(frames);
    }

    /// Serves a connection from the start, on this worker.
    pub(in crate::transport) fn start(self) {
        self.writer.control.attach(self.handle.outbox().attach());
        // Boxed here: what a task is given takes room in it for as long as it lives.
        let settling = Box::pin(self.settle());
        // Nobody waits for it: it ends with its connection.
        rt::spawn(async move {
            match settling.await {
                Settled::Served(link) => link.serve().await,
                Settled::Taken(migration) => Box::pin(migration.settle()).await,
            }
        });
    }

    /// Takes the socket over, if there is one.
    pub(in crate::transport) async fn settle(self) -> Settled {
        let Self { connections, handle, writer, way } = self;
        let Writer { control, framing, .. } = writer;
        let (early, payload, served) = match way {
            Way::Request(payload) => (BytesMut::new(), payload, None),
            Way::Socket(socket, handover) => {
                let stream = handover.complete().await;
                let (early, payload) = handover.take_parts();
                if let Some(stream) = stream {
                    let before = Before::new(&connections, early);
                    let (link, unsaid) = (control.link(), control.take_unsaid());
                    return Settled::Taken(Box::new(Migration {
                        connections,
                        handle,
                        stream,
                        framing,
                        link,
                        before,
                        unsaid,
                        rest: None,
                    }));
                }
                (early, payload, Some(socket))
            }
        };
        let before = Before::new(&connections, early);
        let source = Source::Payload(payload);
        let reader = Reader::new(handle, before, source, framing, control);
        Settled::Served(Box::new(Link { connections, reader, served }))
    }
}

/// Who reads and writes a WebSocket.
pub(in crate::transport) enum Settled {
    /// actix-web.
    Served(Box<Link>),
    /// Whoever has its socket.
    Taken(Box<Migration>),
}

impl Settled {
    /// The WebSocket, served on this worker for now.
    pub(in crate::transport) fn into_link(self) -> Option<Box<Link>> {
        match self {
            Self::Served(link) => Some(link),
            Self::Taken(migration) => migration.arrive().map(Box::new),
        }
    }
}
