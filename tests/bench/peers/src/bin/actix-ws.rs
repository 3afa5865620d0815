//! The contract of `load` by hand on actix-ws: a task per connection, and a map of rooms behind a
//! mutex, whose members are channels; and streams of events on actix-web. What somebody writes who needs
//! just this.
//!
//! It must never do more: no limits, no backpressure, no long polling.

use std::{
    collections::HashMap,
    convert::Infallible,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, rt, web};
use actix_ws::{Message, MessageStream, Session};
use bytestring::ByteString;
use futures_util::{StreamExt, stream};
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

type Members = HashMap<u64, UnboundedSender<ByteString>>;

#[derive(Default)]
struct Rooms {
    members: Mutex<HashMap<String, Members>>,
    last: AtomicU64,
}

#[derive(Deserialize)]
struct Publish<'a> {
    room: &'a str,
    #[serde(borrow)]
    data: &'a RawValue,
}

struct Client {
    number: u64,
    rooms: Arc<Rooms>,
    joined: Vec<String>,
    outgoing: UnboundedSender<ByteString>,
}

impl Client {
    /// Handles one Engine.IO packet; `None` ends the connection.
    fn packet(&mut self, text: &str) -> Option<ByteString> {
        match text.as_bytes() {
            [b'4', b'0', ..] => Some(format!(r#"40{{"sid":"{}"}}"#, self.number).into()),
            [b'4', b'2', ..] => self.event(&text[2..]),
            _ => None,
        }
    }

    fn event(&mut self, text: &str) -> Option<ByteString> {
        let at = text.find('[')?;
        let (id, arguments) = text.split_at(at);
        let (name, argument) = serde_json::from_str::<(&str, &RawValue)>(arguments).ok()?;
        let mut answer = "";
        match name {
            "echo" => answer = argument.get(),
            "join" => {
                let room = serde_json::from_str::<String>(argument.get()).ok()?;
                let mut rooms = self.rooms.members.lock().expect("rooms");
                rooms.entry(room.clone()).or_default().insert(self.number, self.outgoing.clone());
                self.joined.push(room);
            }
            "leave" => {
                let room = serde_json::from_str::<String>(argument.get()).ok()?;
                self.joined.retain(|joined| *joined != room);
                self.leave(&room);
            }
            "pub" => {
                let Publish { room, data } = serde_json::from_str(argument.get()).ok()?;
                let message = ByteString::from(format!(r#"42["msg",{}]"#, data.get()));
                let rooms = self.rooms.members.lock().expect("rooms");
                for (number, member) in rooms.get(room).into_iter().flatten() {
                    if *number != self.number {
                        let _ = member.send(message.clone());
                    }
                }
            }
            _ => return None,
        }
        (!id.is_empty()).then(|| format!("43{id}[{answer}]").into())
    }

    fn leave(&self, room: &str) {
        let mut rooms = self.rooms.members.lock().expect("rooms");
        if let Some(members) = rooms.get_mut(room) {
            members.remove(&self.number);
            if members.is_empty() {
                rooms.remove(room);
            }
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        for room in &self.joined {
            self.leave(room);
        }
    }
}

async fn talk(rooms: Arc<Rooms>, mut session: Session, mut messages: MessageStream) {
    let (outgoing, mut queued) = unbounded_channel();
    let number = rooms.last.fetch_add(1, Ordering::Relaxed);
    let mut client = Client { number, rooms, joined: Vec::new(), outgoing };
    let open = r#"0{"sid":"0","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#;
    if session.text(open).await.is_err() {
        return;
    }
    let period = Duration::from_secs(25);
    let mut pings = rt::time::interval_at(rt::time::Instant::now() + period, period);
    loop {
        let sent = tokio::select! {
            message = messages.next() => match message {
                Some(Ok(Message::Text(text))) => match client.packet(&text) {
                    Some(answer) => session.text(answer).await,
                    None => Ok(()),
                },
                Some(Ok(Message::Ping(bytes))) => session.pong(&bytes).await,
                Some(Ok(Message::Pong(_))) => Ok(()),
                _ => return,
            },
            Some(text) = queued.recv() => session.text(text).await,
            _ = pings.tick() => session.text("2").await,
        };
        if sent.is_err() {
            return;
        }
    }
}

async fn open(
    request: HttpRequest,
    body: web::Payload,
    rooms: web::Data<Rooms>,
) -> actix_web::Result<HttpResponse> {
    let (response, session, messages) = actix_ws::handle(&request, body)?;
    rt::spawn(talk(rooms.into_inner(), session, messages));
    Ok(response)
}

/// What a stream joins: `[1,"join","room0"]`.
#[derive(Deserialize)]
struct Listen {
    join: String,
}

/// A stream of events, as a task that writes it would be: a channel that is the body.
async fn listen(
    web::Query(Listen { join }): web::Query<Listen>,
    rooms: web::Data<Rooms>,
) -> actix_web::Result<HttpResponse> {
    let (_, _, room) = serde_json::from_str::<(u64, String, String)>(&join)?;
    let (outgoing, queued) = unbounded_channel();
    let _ = outgoing.send("  [\"welcome\"]".into());
    let _ = outgoing.send("  [-1]".into());
    let number = rooms.last.fetch_add(1, Ordering::Relaxed);
    let client = Client {
        number,
        rooms: rooms.into_inner(),
        joined: vec![room.clone()],
        outgoing: outgoing.clone(),
    };
    let mut members = client.rooms.members.lock().expect("rooms");
    members.entry(room).or_default().insert(number, outgoing);
    drop(members);
    let body = stream::unfold((client, queued), async |(client, mut queued)| {
        // Without the digits of Socket.IO, which are for the others.
        let text: ByteString = queued.recv().await?;
        let event = format!("data: {}\n\n", &text[2..]);
        Some((Ok::<_, Infallible>(web::Bytes::from(event)), (client, queued)))
    });
    Ok(HttpResponse::Ok().content_type("text/event-stream").streaming(body))
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let rooms = web::Data::new(Rooms::default());
    let server = HttpServer::new(move || {
        App::new()
            .app_data(rooms.clone())
            .route("/socket.io/", web::get().to(open))
            .route("/salon/events", web::get().to(listen))
    })
    .workers(1)
    .on_connect(|connection, _| {
        if let Some(stream) = connection.downcast_ref::<rt::net::TcpStream>() {
            let _ = stream.set_nodelay(true);
        }
    })
    .bind(("127.0.0.1", 0))?;
    for address in server.addrs() {
        println!("listening on {}", address.port());
    }
    server.run().await
}
