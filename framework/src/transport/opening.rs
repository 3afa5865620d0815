//! The beginning of a WebSocket: who reads and writes it is settled here.
//!
//! It must never read a byte itself: the client's first packets are the link's.

use std::{rc::Rc, sync::Arc};

use actix_web::{HttpRequest, dev::Payload, rt};
use bytes::BytesMut;

use super::{
    body::Body,
    dialect::Dialect,
    handover::Handover,
    inflow::{Before, Inflow, Source},
    link::Link,
    moving::Moving,
    outflow::Outflow,
    signals::Signals,
    socket::{Anchor, ClientSocket},
};
use crate::connection::{ConnectionHandle, Realm};

/// A WebSocket whose handshake is being answered.
pub(super) struct Opening {
    realm: Arc<Realm>,
    pub(super) handle: Arc<ConnectionHandle>,
    outflow: Outflow,
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
    pub(super) fn new(
        request: &HttpRequest,
        payload: Payload,
        realm: &Arc<Realm>,
        handle: Arc<ConnectionHandle>,
        dialect: Dialect,
    ) -> (Self, Body) {
        let signals = Rc::new(Signals::new(None, None));
        let outflow = Outflow { outbox: handle.outbox().clone(), signals, dialect };
        let (way, handover) = match request.conn_data::<Anchor>().map(Anchor::socket) {
            None => (Way::Request(payload), None),
            Some(socket) => {
                let heartbeat = realm.heartbeat();
                socket.set_user_timeout(heartbeat.ping_interval + heartbeat.ping_timeout);
                let handover = Rc::new(Handover::new(socket.clone(), payload));
                (Way::Socket(socket, handover.clone()), Some(handover))
            }
        };
        let body = Body::new(outflow.clone(), handover);
        (Self { realm: realm.clone(), handle, outflow, way }, body)
    }

    /// Has frames written right behind the response.
    pub(super) fn greet(&self, frames: Vec<u8>) {
        self.outflow.signals.greet(frames);
    }

    /// Serves a connection from the start, on this worker.
    pub(super) fn start(self) {
        self.outflow.signals.attach(self.handle.outbox().attach());
        // Boxed here: what a task is given takes room in it for as long as it lives.
        let settling = Box::pin(self.settle());
        // Nobody waits for it: it ends with its connection.
        rt::spawn(async move {
            match settling.await {
                Settled::Served(link) => link.serve().await,
                Settled::Taken(moving) => Box::pin(moving.settle()).await,
            }
        });
    }

    /// Takes the socket over, if there is one.
    pub(super) async fn settle(self) -> Settled {
        let Self { realm, handle, outflow, way } = self;
        let Outflow { signals, dialect, .. } = outflow;
        let (early, payload, served) = match way {
            Way::Request(payload) => (BytesMut::new(), payload, None),
            Way::Socket(socket, handover) => {
                let stream = handover.complete().await;
                let (early, payload) = handover.take_parts();
                if let Some(stream) = stream {
                    let before = Before::new(&realm, early);
                    let (link, unsaid) = (signals.link(), signals.take_unsaid());
                    return Settled::Taken(Box::new(Moving {
                        realm,
                        handle,
                        stream,
                        dialect,
                        link,
                        before,
                        unsaid,
                        rest: None,
                    }));
                }
                (early, payload, Some(socket))
            }
        };
        let before = Before::new(&realm, early);
        let source = Source::Payload(payload);
        let inflow = Inflow::new(handle, before, source, dialect, signals);
        Settled::Served(Box::new(Link { realm, inflow, served }))
    }
}

/// Who reads and writes a WebSocket.
pub(super) enum Settled {
    /// actix-web.
    Served(Box<Link>),
    /// Whoever has its socket.
    Taken(Box<Moving>),
}

impl Settled {
    /// The WebSocket, served on this worker for now.
    pub(super) fn into_link(self) -> Option<Box<Link>> {
        match self {
            Self::Served(link) => Some(link),
            Self::Taken(moving) => moving.arrive().map(Box::new),
        }
    }
}
