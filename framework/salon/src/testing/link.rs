//! Engine.IO, the client's side: polling, WebSocket, and the move from the one to the other.
//!
//! It must never be more lenient than a real client: what it does not understand ends it.

use std::{
    cell::{Cell, RefCell},
    future::poll_fn,
    net::SocketAddr,
    pin::{Pin, pin},
    rc::{Rc, Weak},
    task::{Context, Poll},
};

use actix_web::http::{Method, StatusCode};
use bytes::Bytes;
use futures_util::future::{Either, join, select};
use serde::Deserialize;
use tokio::sync::Notify;

use super::{
    conversation::{Conversation, Outgoing},
    door::Door,
    line::{Direction, Pipe, Reset},
    server::{Request, Response},
    websocket::WebSocket,
};
use crate::wire::{
    engine_io::{Packet, payload},
    websocket::CloseFrame,
};

/// How a client reaches the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Wire {
    /// Socket.IO over WebSocket from the start.
    #[default]
    WebSocket,
    /// Socket.IO over long polling, for good.
    Polling,
    /// As a Socket.IO client does by default: polling first, then the move to WebSocket. A poll is
    /// held for a tenth of a second meanwhile, so that much of the lab's time may pass.
    Upgrade,
}

impl Wire {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::WebSocket, Self::Polling, Self::Upgrade];
}

/// The most packets of one poll.
const MAX_PACKETS: usize = 1 << 20;

/// What stays the same over all connections of one client.
pub(super) struct Link {
    pub(super) conversation: Rc<Conversation>,
    /// The lab's: a client keeps no server up.
    pub(super) door: Weak<Door>,
    pub(super) wire: Wire,
    /// The worker that its requests come to; any of them if there is none.
    pub(super) worker: Option<usize>,
    pub(super) path: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) query: String,
    pub(super) peer: SocketAddr,
    /// The way to the server, of this connection.
    pub(super) up: RefCell<Rc<Direction>>,
    /// The way from it.
    pub(super) down: RefCell<Rc<Direction>>,
    pub(super) window: usize,
    pub(super) pipes: RefCell<Vec<Pipe>>,
    /// Whether there is nothing left of the move to WebSocket.
    pub(super) settled: Cell<bool>,
    /// Whether this connection is half-open: the server must not learn what becomes of the client.
    pub(super) vanished: Cell<bool>,
}

/// The first packet of a server.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Opened {
    sid: String,
    /// How many bytes a post may have.
    max_payload: usize,
}

/// Why a link ended.
#[derive(Debug, thiserror::Error)]
pub(super) enum Ended {
    #[error("the line was reset")]
    Reset(#[from] Reset),
    #[error("the request was refused with HTTP {} {}", .0.status.as_u16(), String::from_utf8_lossy(&.0.body))]
    Rejected(Response),
    #[error("the server closed the connection")]
    ByServer(Option<CloseFrame>),
    #[error("the client closed the connection")]
    ByClient,
    #[error("the server broke the protocol: {0}")]
    Protocol(String),
}

/// What a connection runs in, so that it can be left as it is: then it does nothing any more, and
/// nothing that it holds is dropped before its lab.
pub(super) struct Freezable<F> {
    pub(super) frozen: Rc<Cell<bool>>,
    pub(super) running: F,
}

impl<F: Future<Output = ()> + Unpin> Future for Freezable<F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.frozen.get() { Poll::Pending } else { Pin::new(&mut self.running).poll(cx) }
    }
}

impl Link {
    /// The way to the server, as it is now.
    pub(super) fn up(&self) -> Rc<Direction> {
        self.up.borrow().clone()
    }

    /// The way from the server, as it is now.
    pub(super) fn down(&self) -> Rc<Direction> {
        self.down.borrow().clone()
    }

    /// Gets ready for another connection; what still is of the one before keeps its own line.
    pub(super) fn begin_again(&self) {
        let (up, down) = (self.up().anew(), self.down().anew());
        self.up.replace(up);
        self.down.replace(down);
        self.vanished.set(false);
        self.settled.set(self.conversation.is_raw() || self.wire != Wire::Upgrade);
    }

    /// Serves one connection, from its opening to its end.
    pub(super) async fn run(self: Rc<Self>) {
        let ended = match self.wire {
            Wire::WebSocket => self.open_websocket().await,
            Wire::Polling => self.open_polling(false).await,
            Wire::Upgrade => self.open_polling(true).await,
        };
        let why = ended.to_string();
        match ended {
            Ended::Rejected(response) => {
                let body = String::from_utf8_lossy(&response.body).into_owned();
                self.conversation.reject(response.status.as_u16(), body);
            }
            Ended::ByServer(frame) => self.conversation.end(&why, frame),
            Ended::Reset(_) | Ended::ByClient | Ended::Protocol(_) => {
                self.conversation.end(&why, None);
            }
        }
    }

    async fn open_websocket(&self) -> Ended {
        match WebSocket::open(self, None).await {
            Ok(mut socket) => socket.serve().await,
            Err(ended) => ended,
        }
    }

    async fn open_polling(&self, upgrades: bool) -> Ended {
        let opened = match self.get(None).await {
            Ok(opened) => opened,
            Err(ended) => return ended,
        };
        let Some(Packet::Open(open)) = opened.first() else {
            return Ended::Protocol(format!("{opened:?} is no opening"));
        };
        let Ok(Opened { sid, max_payload }) = serde_json::from_str(open) else {
            return Ended::Protocol(format!("{open} names no session"));
        };
        for packet in opened {
            self.conversation.receive(packet);
        }
        let moving = Notify::new();
        let polling = pin!(self.poll(&sid, max_payload, &moving));
        if !upgrades {
            return match polling.await {
                Err(ended) => ended,
                Ok(()) => Ended::ByClient,
            };
        }
        let probing = async {
            let mut socket = WebSocket::open(self, Some(&sid)).await?;
            socket.probe().await?;
            moving.notify_waiters();
            Ok(socket)
        };
        match join(polling, probing).await {
            (Ok(()), Ok(mut socket)) => {
                if let Err(ended) = socket.send(&Packet::Upgrade).await {
                    return ended;
                }
                self.settled.set(true);
                socket.serve().await
            }
            (Err(ended), _) | (_, Err(ended)) => ended,
        }
    }

    /// Polls and posts until the link ends or is to move.
    async fn poll(&self, sid: &str, max_payload: usize, moving: &Notify) -> Result<(), Ended> {
        let receiving = async {
            let mut moved = pin!(moving.notified());
            loop {
                let last = {
                    let polled = pin!(self.get(Some(sid)));
                    let packets = match select(polled, moved.as_mut()).await {
                        Either::Left((packets, _)) => (packets?, false),
                        Either::Right((_, polled)) => (polled.await?, true),
                    };
                    self.take(packets.0)?;
                    packets.1
                };
                if last {
                    return Ok(());
                }
            }
        };
        let sending = async {
            let mut moved = pin!(moving.notified());
            loop {
                let first = pin!(poll_fn(|cx| self.conversation.poll_outgoing(cx)));
                match select(first, moved.as_mut()).await {
                    Either::Left((Outgoing::Packet(packet), _)) => {
                        let mut packets = vec![packet];
                        self.conversation.take_packets(max_payload, &mut packets);
                        self.post(sid, &packets).await?;
                    }
                    Either::Left((Outgoing::Close, _)) => {
                        self.post(sid, &[Packet::Close]).await?;
                        return Err(Ended::ByClient);
                    }
                    Either::Right(_) => return Ok(()),
                }
            }
        };
        match select(pin!(receiving), pin!(sending)).await {
            Either::Left((Err(ended), _)) | Either::Right((Err(ended), _)) => Err(ended),
            Either::Left((Ok(()), sending)) => sending.await,
            Either::Right((Ok(()), receiving)) => receiving.await,
        }
    }

    fn take(&self, packets: Vec<Packet>) -> Result<(), Ended> {
        for packet in packets {
            if packet == Packet::Close {
                return Err(Ended::ByServer(None));
            }
            self.conversation.receive(packet);
        }
        Ok(())
    }

    async fn get(&self, sid: Option<&str>) -> Result<Vec<Packet>, Ended> {
        self.up().pass(0).await;
        let response = self.request(Method::GET, sid, Bytes::new()).await?;
        if response.status != StatusCode::OK {
            return Err(Ended::Rejected(response));
        }
        self.down().pass(response.body.len()).await;
        let payload = payload::decode(response.body, MAX_PACKETS);
        match payload.error {
            None => Ok(payload.packets),
            Some(error) => Err(Ended::Protocol(error.to_string())),
        }
    }

    async fn post(&self, sid: &str, packets: &[Packet]) -> Result<(), Ended> {
        let mut body = Vec::new();
        payload::encode(packets, &mut body);
        self.up().pass(body.len()).await;
        let response = self.request(Method::POST, Some(sid), body.into()).await?;
        if response.status == StatusCode::OK { Ok(()) } else { Err(Ended::Rejected(response)) }
    }

    async fn request(
        &self,
        method: Method,
        sid: Option<&str>,
        body: Bytes,
    ) -> Result<Response, Reset> {
        let request = self.describe(method, "polling", sid, body);
        let door = self.door.upgrade().ok_or(Reset)?;
        door.request(&self.conversation.world, self.worker(), request).await
    }

    /// The worker of the next request.
    pub(super) fn worker(&self) -> usize {
        self.conversation.world.pick_worker(self.worker)
    }

    pub(super) fn describe(
        &self,
        method: Method,
        transport: &str,
        sid: Option<&str>,
        body: Bytes,
    ) -> Request {
        let sid = sid.map(|sid| format!("&sid={sid}")).unwrap_or_default();
        let target = format!("{}/?EIO=4&transport={transport}{sid}{}", self.path, self.query);
        Request { method, target, headers: self.headers.clone(), body, peer: self.peer }
    }
}
