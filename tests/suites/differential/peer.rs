//! A client in a script: sends raw Engine.IO packets over any transport and records each packet.
//!
//! It must never poll on its own: over polling a request is made only when a script receives, so
//! that what is pending on the server is the same in every run.

use crate::record::Record;
use crate::script::Mode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use salon_tests::Result;
use salon_tests::polling::{Endpoint, Polling, SEPARATOR, packets};
use salon_tests::websocket::{Incoming, WebSocket};
use std::collections::VecDeque;

const FENCE: u32 = 999;

/// One packet of a client.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Packet<'a> {
    /// As it goes over the wire, such as `42["echo"]`.
    Text(&'a str),
    /// An attachment.
    Binary(&'a [u8]),
}

#[derive(Debug)]
enum Link {
    Polling(Polling),
    WebSocket(Box<WebSocket>),
}

/// A client of a script.
#[derive(Debug)]
pub(crate) struct Peer {
    name: &'static str,
    record: Record,
    link: Link,
    received: VecDeque<String>,
}

impl Peer {
    /// Does the Engine.IO handshake, and the upgrade if the mode has one.
    pub(crate) async fn open(
        name: &'static str,
        endpoint: Endpoint,
        mode: Mode,
        record: Record,
    ) -> Result<Self> {
        let mut received = VecDeque::new();
        let link = match mode {
            Mode::Polling | Mode::Upgraded => {
                let (polling, body) = Polling::open(endpoint.clone()).await?;
                received.extend(packets(&body).into_iter().map(str::to_owned));
                if mode == Mode::Polling {
                    Link::Polling(polling)
                } else {
                    Link::WebSocket(Box::new(Self::upgrade(&endpoint, polling.sid()).await?))
                }
            }
            Mode::WebSocket => {
                let target = endpoint.target("websocket", None);
                Link::WebSocket(Box::new(WebSocket::open(endpoint.address, &target).await?))
            }
        };
        let mut peer = Self { name, record, link, received };
        peer.receive().await?;
        Ok(peer)
    }

    async fn upgrade(endpoint: &Endpoint, sid: &str) -> Result<WebSocket> {
        let target = endpoint.target("websocket", Some(sid));
        let mut socket = WebSocket::open(endpoint.address, &target).await?;
        socket.send("2probe").await?;
        let answer = socket.receive().await?;
        if answer != Incoming::Text("3probe".to_owned()) {
            return Err(format!("the probe was answered by {answer:?}").into());
        }
        socket.send("5").await?;
        Ok(socket)
    }

    /// The same client, writing to another transcript from now on.
    pub(crate) fn recording(mut self, record: Record) -> Self {
        self.record = record;
        self
    }

    fn note(&self, line: &str) {
        self.record.line(&format!("{} {line}", self.name));
    }

    /// Sends a CONNECT such as `40` or `40/custom,{}` and receives its answer and the welcome.
    pub(crate) async fn connect(&mut self, packet: &str) -> Result<()> {
        self.send(packet).await?;
        self.receive_many(2).await
    }

    /// Sends one packet.
    pub(crate) async fn send(&mut self, packet: &str) -> Result<()> {
        self.send_all(&[Packet::Text(packet)]).await
    }

    /// Sends a packet and receives one answer.
    pub(crate) async fn call(&mut self, packet: &str) -> Result<()> {
        self.send(packet).await?;
        self.receive().await.map(drop)
    }

    /// Sends packets together: in one payload, or one WebSocket message after the other.
    pub(crate) async fn send_all(&mut self, packets: &[Packet<'_>]) -> Result<()> {
        for packet in packets {
            match packet {
                Packet::Text(text) => self.note(&format!(">> {text}")),
                Packet::Binary(bytes) => self.note(&format!(">> binary {bytes:?}")),
            }
        }
        self.transmit(packets).await
    }

    async fn transmit(&mut self, packets: &[Packet<'_>]) -> Result<()> {
        match &mut self.link {
            Link::Polling(polling) => {
                let payload: Vec<String> = packets
                    .iter()
                    .map(|packet| match packet {
                        Packet::Text(text) => (*text).to_owned(),
                        Packet::Binary(bytes) => format!("b{}", STANDARD.encode(bytes)),
                    })
                    .collect();
                let answer = polling.post(&payload.join(&SEPARATOR.to_string())).await;
                match answer {
                    Ok(answer) if (answer.status, &*answer.body) == (200, b"ok") => {}
                    Ok(answer) => {
                        let line = format!("<< POST {} {}", answer.status, answer.text());
                        self.note(&line);
                    }
                    Err(_) => self.note("<< POST without an answer"),
                }
            }
            Link::WebSocket(socket) => {
                for packet in packets {
                    let sent = match packet {
                        Packet::Text(text) => socket.send(text).await,
                        Packet::Binary(bytes) => socket.send_binary(bytes).await,
                    };
                    if sent.is_err() {
                        break; // the server has closed already; `closed` records how
                    }
                }
            }
        }
        Ok(())
    }

    /// Receives and records one packet; the end is a packet `closed: …`.
    pub(crate) async fn receive(&mut self) -> Result<String> {
        if self.received.is_empty() {
            let received = match &mut self.link {
                Link::Polling(polling) => {
                    let answer = polling.get().await?;
                    if answer.status == 200 {
                        packets(&answer.text()).into_iter().map(str::to_owned).collect()
                    } else {
                        vec![format!("closed: GET {} {}", answer.status, answer.text())]
                    }
                }
                Link::WebSocket(socket) => vec![match socket.receive().await? {
                    Incoming::Text(text) => text,
                    Incoming::Binary(bytes) => format!("binary {bytes:?}"),
                    Incoming::Closed(None) => "closed: without a code".to_owned(),
                    Incoming::Closed(Some((code, reason))) => format!("closed: {code} {reason:?}"),
                }],
            };
            self.received.extend(received);
        }
        let packet = self.received.pop_front().ok_or("an empty payload")?;
        match question_id(&packet) {
            Some(id) => {
                let question = packet.replacen(&format!("{id}["), "*[", 1);
                self.note(&format!("<< {question}"));
            }
            None => self.note(&format!("<< {packet}")),
        }
        Ok(packet)
    }

    /// Answers a question of the server with these values, and attachments if there are any.
    pub(crate) async fn answer(
        &mut self,
        question: &str,
        values: &str,
        attachments: &[&[u8]],
    ) -> Result<()> {
        let id = question_id(question).ok_or("not a question")?;
        let header = match attachments.len() {
            0 => format!("43{id}{values}"),
            count => format!("46{count}-{id}{values}"),
        };
        self.note(&format!(">> answer {values} {attachments:?}"));
        let mut packets = vec![Packet::Text(&header)];
        packets.extend(attachments.iter().map(|bytes| Packet::Binary(bytes)));
        self.transmit(&packets).await
    }

    /// Receives as many packets.
    pub(crate) async fn receive_many(&mut self, count: usize) -> Result<()> {
        for _ in 0..count {
            self.receive().await?;
        }
        Ok(())
    }

    /// Receives everything that is on its way in this namespace (`""` or `/name,`), by an echo that
    /// comes after it.
    pub(crate) async fn fence(&mut self, namespace: &str) -> Result<()> {
        self.send(&format!("42{namespace}{FENCE}[\"echo\",\"fence\"]")).await?;
        let answer = format!("43{namespace}{FENCE}[\"fence\"]");
        loop {
            let packet = self.receive().await?;
            if packet == answer {
                return Ok(());
            }
            if packet.starts_with("closed: ") {
                return Err(format!("{} was closed before the fence's answer", self.name).into());
            }
        }
    }

    /// Whether the connection answers an echo; records everything up to that or the end.
    pub(crate) async fn survives(&mut self) -> Result<bool> {
        self.send(&format!("42{FENCE}[\"echo\",\"fence\"]")).await?;
        loop {
            let packet = self.receive().await?;
            if packet.starts_with("closed: ") {
                return Ok(false);
            }
            if packet == format!("43{FENCE}[\"fence\"]") {
                return Ok(true);
            }
        }
    }

    /// Receives up to the end of the connection.
    pub(crate) async fn closed(&mut self) -> Result<()> {
        while !self.receive().await?.starts_with("closed: ") {}
        Ok(())
    }

    /// Ends the connection as a client does: `1` over polling, a close frame over WebSocket.
    pub(crate) async fn close(self) -> Result<()> {
        self.note(">> close");
        match self.link {
            Link::Polling(polling) => polling.post("1").await.map(drop),
            Link::WebSocket(socket) => socket.close().await,
        }
    }
}

/// The acknowledgement id of the server's question, which each server counts in its own way.
fn question_id(packet: &str) -> Option<&str> {
    let start = packet.strip_prefix("451-").or_else(|| packet.strip_prefix("42"))?;
    let end = start.find(r#"["question""#)?;
    Some(&start[..end]).filter(|id| !id.is_empty())
}
