//! A Socket.IO client over WebSocket that a test can hold to the letter.
//!
//! It must never reorder or drop what came: what a call does not ask for waits for the next.

use std::{collections::VecDeque, net::SocketAddr, time::Duration};

use serde_json::{Value, json};

use crate::{
    Result, engine_io,
    websocket::{Incoming, WebSocket},
};

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(20);

/// One client in the namespace `/`.
pub struct Client {
    socket: engine_io::Client,
    waiting: VecDeque<Packet>,
    next_id: u64,
}

/// What came from the server.
#[derive(Clone, Debug, PartialEq)]
pub enum Packet {
    /// An event: its name, its arguments, and the id under which the server awaits an answer.
    Event(String, Vec<Value>, Option<u64>),
    /// An acknowledgement.
    Ack(u64, Vec<Value>),
    /// The client is connected, as the session of this id.
    Connected(String),
    /// The client was refused.
    Refused(Value),
    /// The server has ended the session.
    Disconnected,
    /// An attachment.
    Binary(Vec<u8>),
}

impl Client {
    /// Connects with an `auth` object.
    pub async fn connect(address: SocketAddr, auth: Value) -> Result<Self> {
        let mut client = Self::open(address).await?;
        client.socket.send(&format!("40{auth}")).await?;
        match client.next().await? {
            Packet::Connected(_) => Ok(client),
            other => Err(format!("expected to be connected, got {other:?}").into()),
        }
    }

    /// Opens a connection without connecting to the namespace.
    pub async fn open(address: SocketAddr) -> Result<Self> {
        let target = "/socket.io/?EIO=4&transport=websocket";
        let mut socket = engine_io::Client::from(WebSocket::open(address, target).await?);
        let open = socket.next().await?;
        if !open.starts_with('0') {
            return Err(format!("expected an open packet, got {open}").into());
        }
        Ok(Self { socket, waiting: VecDeque::new(), next_id: 0 })
    }

    /// Sends a text as it is.
    pub async fn send(&mut self, text: &str) -> Result<()> {
        self.socket.send(text).await
    }

    /// Sends bytes as they are.
    pub async fn send_binary(&mut self, bytes: &[u8]) -> Result<()> {
        self.socket.send_binary(bytes).await
    }

    /// Sends an event.
    pub async fn emit(&mut self, name: &str, argument: Value) -> Result<()> {
        self.send(&format!("42{}", json!([name, argument]))).await
    }

    /// Sends an event, and waits for its acknowledgement.
    pub async fn ask(&mut self, name: &str, argument: Value) -> Result<Vec<Value>> {
        let id = self.start_asking(name, argument).await?;
        self.answer(id).await
    }

    /// Sends an event that is to be acknowledged under the id returned.
    pub async fn start_asking(&mut self, name: &str, argument: Value) -> Result<u64> {
        let id = self.next_id;
        self.next_id += 1;
        self.send(&format!("42{id}{}", json!([name, argument]))).await?;
        Ok(id)
    }

    /// Waits for the acknowledgement of an id.
    pub async fn answer(&mut self, id: u64) -> Result<Vec<Value>> {
        self.find(|packet| match packet {
            Packet::Ack(ack, arguments) if *ack == id => Some(arguments.clone()),
            _ => None,
        })
        .await
    }

    /// Waits for an event of that name, and gives its arguments.
    pub async fn expect(&mut self, name: &str) -> Result<Vec<Value>> {
        self.find(|packet| match packet {
            Packet::Event(event, arguments, _) if event == name => Some(arguments.clone()),
            _ => None,
        })
        .await
    }

    /// Waits for what `wanted` takes; everything else stays, in order.
    pub async fn find<T>(&mut self, wanted: impl Fn(&Packet) -> Option<T>) -> Result<T> {
        let mut index = 0;
        loop {
            while index < self.waiting.len() {
                if let Some(found) = wanted(&self.waiting[index]) {
                    self.waiting.remove(index);
                    return Ok(found);
                }
                index += 1;
            }
            let packet = self.receive().await?;
            self.waiting.push_back(packet);
        }
    }

    /// The next packet, whatever it is.
    pub async fn next(&mut self) -> Result<Packet> {
        match self.waiting.pop_front() {
            Some(packet) => Ok(packet),
            None => self.receive().await,
        }
    }

    /// Waits until the server closes the connection, and gives the close code if there was one.
    pub async fn closed(&mut self) -> Result<Option<u16>> {
        let close = tokio::time::timeout(PATIENCE, self.socket.closed()).await??;
        Ok(close.map(|(code, _)| code))
    }

    async fn receive(&mut self) -> Result<Packet> {
        match tokio::time::timeout(PATIENCE, self.socket.incoming()).await?? {
            Incoming::Text(text) => packet(&text),
            Incoming::Binary(bytes) => Ok(Packet::Binary(bytes)),
            Incoming::Closed(code) => {
                Err(format!("the server closed the connection: {code:?}").into())
            }
        }
    }
}

fn packet(text: &str) -> Result<Packet> {
    let unexpected = || format!("an unexpected packet: {text}");
    let body = text.strip_prefix('4').ok_or_else(unexpected)?;
    let (kind, rest) = body.split_at_checked(1).ok_or_else(unexpected)?;
    let rest = if matches!(kind, "5" | "6") {
        rest.split_once('-').ok_or_else(unexpected)?.1
    } else {
        rest
    };
    let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (id, json) = rest.split_at(digits);
    let id = id.parse().ok();
    let arguments = || -> Result<Vec<Value>> { Ok(serde_json::from_str(json)?) };
    Ok(match kind {
        "0" => {
            let connected: Value = serde_json::from_str(json)?;
            Packet::Connected(connected["sid"].as_str().ok_or_else(unexpected)?.to_owned())
        }
        "1" => Packet::Disconnected,
        "2" | "5" => {
            let mut arguments = arguments()?;
            let name = arguments.remove(0).as_str().ok_or_else(unexpected)?.to_owned();
            Packet::Event(name, arguments, id)
        }
        "3" | "6" => Packet::Ack(id.ok_or_else(unexpected)?, arguments()?),
        "4" => Packet::Refused(serde_json::from_str(json)?),
        _ => return Err(unexpected().into()),
    })
}
