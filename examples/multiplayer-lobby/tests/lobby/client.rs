//! A player without a page: Socket.IO by hand over a WebSocket.
//!
//! It must never wait by time: it waits for what the server says, up to a limit that fails the test.

use std::{
    collections::VecDeque,
    net::{SocketAddr, TcpListener},
    time::Duration,
};

use actix_web::rt;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

const LIMIT: Duration = Duration::from_secs(10);

/// Starts the whole app on a free port.
pub(crate) fn start() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("the port's number");
    rt::spawn(multiplayer_lobby::serve(listener).expect("a server"));
    address
}

/// A connected client.
pub(crate) struct Client {
    /// Its session's id, as it is in rosters.
    pub(crate) id: String,
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    events: VecDeque<(String, Value)>,
    asked: u64,
}

impl Client {
    /// Connects under a name.
    pub(crate) async fn named(address: SocketAddr, name: &str) -> Self {
        Self::connect(address, &json!({ "name": name })).await.expect("to be let in")
    }

    /// Connects with any `auth`; the error is what the server says of it.
    pub(crate) async fn connect(address: SocketAddr, auth: &Value) -> Result<Self, Value> {
        let url = format!("ws://{address}/socket.io/?EIO=4&transport=websocket");
        let (socket, _) = connect_async(url).await.expect("a WebSocket");
        let mut client = Self { id: String::new(), socket, events: VecDeque::new(), asked: 0 };
        assert!(client.packet().await.starts_with('0'), "Engine.IO opens first");
        client.send(format!("40{auth}")).await;
        let answer = client.packet().await;
        let body: Value = serde_json::from_str(&answer[2..]).expect("JSON");
        if answer.starts_with("44") {
            return Err(body);
        }
        client.id = body["sid"].as_str().expect("an id").to_owned();
        Ok(client)
    }

    /// Sends an event about a lobby, and gives what acknowledges it.
    pub(crate) async fn ask(&mut self, event: &str, payload: Value) -> Value {
        self.asked += 1;
        self.send(format!("42{}{}", self.asked, json!([event, payload]))).await;
        let head = format!("43{}", self.asked);
        loop {
            let packet = self.packet().await;
            match packet.strip_prefix(&head) {
                Some(arguments) => {
                    let arguments: Vec<Value> = serde_json::from_str(arguments).expect("JSON");
                    return arguments.into_iter().next().unwrap_or_default();
                }
                None => self.keep(&packet),
            }
        }
    }

    /// As [`ask`](Self::ask), for an event that must be accepted.
    pub(crate) async fn tell(&mut self, event: &str, payload: Value) {
        assert_eq!(self.ask(event, payload).await, Value::Null, "{event} is accepted");
    }

    /// As [`ask`](Self::ask), for an event that must be refused: the code.
    pub(crate) async fn refused(&mut self, event: &str, payload: Value) -> String {
        let answer = self.ask(event, payload).await;
        answer["error"]["code"].as_str().expect("a refusal").to_owned()
    }

    /// The next event of that name; those before it are passed over.
    pub(crate) async fn next(&mut self, event: &str) -> Value {
        loop {
            while let Some((name, payload)) = self.events.pop_front() {
                if name == event {
                    return payload;
                }
            }
            let packet = self.packet().await;
            self.keep(&packet);
        }
    }

    /// The names in the next roster that has `count` of them, the host's first.
    pub(crate) async fn roster_of(&mut self, count: usize) -> Vec<String> {
        loop {
            let roster = self.next("lobby:roster").await;
            let seats = roster["seats"].as_array().expect("seats");
            if seats.len() == count {
                let name = |seat: &Value| seat["name"].as_str().expect("a name").to_owned();
                return seats.iter().map(name).collect();
            }
        }
    }

    /// The next news, in words.
    pub(crate) async fn news(&mut self) -> String {
        self.next("lobby:news").await["text"].as_str().expect("words").to_owned()
    }

    async fn send(&mut self, packet: String) {
        self.socket.send(Message::text(packet)).await.expect("an open WebSocket");
    }

    fn keep(&mut self, packet: &str) {
        let event = packet.strip_prefix("42").expect("an event");
        let (name, payload) = serde_json::from_str(event).expect("a name and one payload");
        self.events.push_back((name, payload));
    }

    async fn packet(&mut self) -> String {
        loop {
            let message =
                rt::time::timeout(LIMIT, self.socket.next()).await.expect("a packet in time");
            let packet = message.expect("no end").expect("a message").to_string();
            if packet != "2" {
                return packet;
            }
            self.send("3".to_owned()).await;
        }
    }
}
