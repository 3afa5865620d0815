//! One connection of a client: polling, WebSocket, and the move from the one to the other.
//!
//! It must never be more lenient than a real client: what it does not understand ends it.

use std::{
    cell::Cell,
    future::poll_fn,
    pin::{Pin, pin},
    rc::Rc,
    task::{Context, Poll},
};

use actix_web::http::{Method, StatusCode};
use bytes::Bytes;
use bytestring::ByteString;
use futures_util::future::{Either, join, select};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::Notify;

use super::{
    event_stream::EventStream,
    line::Reset,
    link::{Ended, Link},
    outgoing::Outgoing,
    plain_polling,
    server::Response,
    websocket::WebSocket,
    wire::Wire,
};
use crate::wire::engine_io::{Packet, payload};

/// The most packets of one poll.
const MAX_PACKETS: usize = 1 << 20;

/// The first packet of a server.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Opened {
    sid: String,
    /// How many bytes a post may have.
    max_payload: usize,
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

/// A connection over a link.
struct Connection {
    link: Rc<Link>,
}

/// Why a client has no session, as Socket.IO would have it said.
fn refusal(response: &Response) -> Option<ByteString> {
    #[derive(Deserialize)]
    struct Refused {
        code: String,
        message: String,
        data: Option<Value>,
    }

    let Refused { code, message, data } = serde_json::from_slice(&response.body).ok()?;
    let data = data.unwrap_or_else(|| json!({ "code": code }));
    Some(json!({ "message": message, "data": data }).to_string().into())
}

/// Serves one connection, from its opening to its end.
pub(super) async fn run(link: Rc<Link>) {
    Connection { link }.run().await;
}

impl Connection {
    async fn run(self) {
        let ended = match self.link.wire {
            Wire::EventStream => self.open_event_stream().await,
            Wire::PlainPolling => self.open_plain_polling().await,
            Wire::Polling => self.open_polling(false).await,
            Wire::Upgrade => self.open_polling(true).await,
            _ => self.open_websocket().await,
        };
        let why = ended.to_string();
        match ended {
            Ended::Rejected(response) => {
                let body = String::from_utf8_lossy(&response.body).into_owned();
                self.link.conversation.reject(response.status.as_u16(), body);
            }
            Ended::ByServer(frame) => self.link.conversation.end(&why, frame),
            Ended::Reset(_) | Ended::ByClient | Ended::Protocol(_) => {
                self.link.conversation.end(&why, None);
            }
        }
    }

    async fn open_websocket(&self) -> Ended {
        match WebSocket::open(&self.link, None).await {
            Ok(mut socket) => {
                self.link.conversation.opened();
                socket.serve().await
            }
            Err(ended) => ended,
        }
    }

    async fn open_event_stream(&self) -> Ended {
        let conversation = &self.link.conversation;
        if !conversation.is_raw() {
            conversation.opened();
        }
        match EventStream::open(&self.link).await {
            Ok(mut stream) => {
                if conversation.is_raw() {
                    conversation.opened();
                }
                stream.serve().await
            }
            Err(Ended::Rejected(response)) => {
                // Whoever is not let in is told so by the response.
                if let Some(data) = refusal(&response) {
                    conversation.refuse(data);
                }
                Ended::Rejected(response)
            }
            Err(ended) => ended,
        }
    }

    async fn open_plain_polling(&self) -> Ended {
        let conversation = &self.link.conversation;
        if !conversation.is_raw() {
            conversation.opened();
        }
        let ended = plain_polling::run(&self.link).await;
        if let Ended::Rejected(response) = &ended
            && let Some(data) = refusal(response)
        {
            conversation.refuse(data);
        }
        ended
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
            self.link.conversation.receive(packet);
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
            let mut socket = WebSocket::open(&self.link, Some(&sid)).await?;
            socket.probe().await?;
            moving.notify_waiters();
            Ok(socket)
        };
        match join(polling, probing).await {
            (Ok(()), Ok(mut socket)) => {
                if let Err(ended) = socket.send(&Packet::Upgrade).await {
                    return ended;
                }
                self.link.settled.set(true);
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
                let first = pin!(poll_fn(|cx| self.link.conversation.poll_outgoing(cx)));
                match select(first, moved.as_mut()).await {
                    Either::Left((Outgoing::Packet(packet), _)) => {
                        let mut packets = vec![packet];
                        self.link.conversation.take_packets(max_payload, &mut packets);
                        self.post(sid, &packets).await?;
                    }
                    Either::Left((Outgoing::Close | Outgoing::Goodbye, _)) => {
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
            self.link.conversation.receive(packet);
        }
        Ok(())
    }

    async fn get(&self, sid: Option<&str>) -> Result<Vec<Packet>, Ended> {
        self.link.up().pass(0).await;
        let response = self.request(Method::GET, sid, Bytes::new()).await?;
        if response.status != StatusCode::OK {
            return Err(Ended::Rejected(response));
        }
        self.link.down().pass(response.body.len()).await;
        let payload = payload::decode(response.body, MAX_PACKETS);
        match payload.error {
            None => Ok(payload.packets),
            Some(error) => Err(Ended::Protocol(error.to_string())),
        }
    }

    async fn post(&self, sid: &str, packets: &[Packet]) -> Result<(), Ended> {
        let mut body = Vec::new();
        payload::encode(packets, &mut body);
        self.link.up().pass(body.len()).await;
        let response = self.request(Method::POST, Some(sid), body.into()).await?;
        if response.status == StatusCode::OK { Ok(()) } else { Err(Ended::Rejected(response)) }
    }

    async fn request(
        &self,
        method: Method,
        sid: Option<&str>,
        body: Bytes,
    ) -> Result<Response, Reset> {
        let request = self.link.describe(method, "polling", sid, body);
        let door = self.link.door.upgrade().ok_or(Reset)?;
        door.request(&self.link.conversation.world, self.link.worker(), request).await
    }
}
