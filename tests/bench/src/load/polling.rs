//! Clients over long polling, each on one connection that is kept alive: a POST, then the GET that
//! brings the answer, and again.
//!
//! It must never look further into a response than its length and its packets' types.

use std::{
    io::{ErrorKind, Read, Write},
    net::SocketAddr,
    time::Duration,
};

use mio::{Events, Interest, Poll, Token, net::TcpStream};
use salon_tests::Result;

use super::{Driven, frames};
use crate::{measure::now, modes::Extent, server::Server};

const SEPARATOR: char = '\x1e';

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Asks for a session.
    Opening,
    /// Has posted `40`.
    Connecting,
    /// Has posted an `echo`.
    Posting,
    /// Waits for the answer.
    Polling,
    /// Has posted the answer to a ping.
    Ponging,
    Done,
}

#[derive(Debug)]
struct Client {
    stream: TcpStream,
    stage: Stage,
    received: Vec<u8>,
    get: Vec<u8>,
    echo: Vec<u8>,
    pong: Vec<u8>,
    connected: bool,
    /// Whether what was posted last is still to be answered.
    waits: bool,
}

/// Clients that poll.
#[derive(Debug)]
pub(crate) struct PollingCrowd {
    poll: Poll,
    events: Events,
    clients: Vec<Client>,
    packet: String,
    echoes: u64,
}

impl PollingCrowd {
    /// So many clients, which ask for their sessions.
    pub(crate) fn new(address: SocketAddr, clients: usize, payload: &str) -> Result<Self> {
        let poll = Poll::new()?;
        let packet = frames::echo_packet(payload);
        let mut crowd = Self {
            poll,
            events: Events::with_capacity(1024),
            clients: Vec::new(),
            packet,
            echoes: 0,
        };
        for number in 0..clients {
            let mut stream = TcpStream::connect(address)?;
            let _ = stream.set_nodelay(true);
            let interest = Interest::READABLE | Interest::WRITABLE;
            crowd.poll.registry().register(&mut stream, Token(number), interest)?;
            crowd.clients.push(Client {
                stream,
                stage: Stage::Opening,
                received: Vec::new(),
                get: Vec::new(),
                echo: Vec::new(),
                pong: Vec::new(),
                connected: false,
                waits: true,
            });
        }
        Ok(crowd)
    }

    /// Echoes for a time, after another to warm up.
    pub(crate) fn echo(&mut self, server: &Server, extent: &Extent) -> Result<Driven> {
        self.turn_until(extent.warm_up, true)?;
        let (cpu, count, began) = (server.cpu()?, self.echoes, now());
        self.turn_until(extent.time, true)?;
        let (cpu, count, elapsed) = (server.cpu()? - cpu, self.echoes - count, began.elapsed());
        self.turn_until(extent.last_words, false)?;
        let lost = self.clients.iter().filter(|client| client.stage != Stage::Done).count();
        Ok(Driven { count, elapsed, cpu, lost: lost as u64 })
    }

    fn turn_until(&mut self, time: Duration, goes_on: bool) -> Result<()> {
        let end = now() + time;
        let done = |crowd: &Self| crowd.clients.iter().all(|client| client.stage == Stage::Done);
        while now() < end && (goes_on || !done(self)) {
            match self.poll.poll(&mut self.events, Some(Duration::from_millis(10))) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                result => result?,
            }
            for event in &self.events {
                let client = &mut self.clients[event.token().0];
                if event.is_writable() && !client.connected {
                    client.connected = true;
                    let open = request("GET", "", "");
                    client.stream.write_all(&open)?;
                }
                if event.is_readable() {
                    self.echoes += client.read(&self.packet, goes_on)?;
                }
            }
        }
        Ok(())
    }
}

impl Client {
    /// Reads and goes on; how many echoes came.
    fn read(&mut self, packet: &str, goes_on: bool) -> Result<u64> {
        let mut buffer = [0; 4096];
        let mut echoes = 0;
        loop {
            match self.stream.read(&mut buffer) {
                Ok(0) => return Err("the server closed a connection that polls".into()),
                Ok(read) => self.received.extend_from_slice(&buffer[..read]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(echoes),
                Err(error) => return Err(error.into()),
            }
            while let Some((body, end)) = response(&self.received)? {
                let body = body.to_owned();
                self.received.drain(..end);
                echoes += self.step(&body, packet, goes_on)?;
            }
        }
    }

    fn step(&mut self, body: &str, packet: &str, goes_on: bool) -> Result<u64> {
        let polled = self.stage == Stage::Polling;
        let packets = || body.split(SEPARATOR).filter(|_| polled);
        let echoes = packets().filter(|packet| packet.starts_with("43")).count();
        self.waits &= echoes == 0 && !packets().any(|packet| packet.starts_with("40"));
        let pinged = packets().any(|packet| packet == "2");
        let (next, stage) = match self.stage {
            Stage::Opening => {
                let at = body.find(r#""sid":""#).ok_or_else(|| format!("no session: {body:?}"))?;
                let sid = body[at + 7..].split('"').next().unwrap_or_default();
                self.get = request("GET", sid, "");
                self.echo = request("POST", sid, packet);
                self.pong = request("POST", sid, "3");
                (&request("POST", sid, "40"), Stage::Connecting)
            }
            Stage::Connecting | Stage::Posting => (&self.get, Stage::Polling),
            Stage::Polling if pinged => (&self.pong, Stage::Ponging),
            Stage::Polling | Stage::Ponging if self.waits => (&self.get, Stage::Polling),
            Stage::Polling | Stage::Ponging if goes_on => {
                self.waits = true;
                (&self.echo, Stage::Posting)
            }
            Stage::Polling | Stage::Ponging | Stage::Done => {
                self.stage = Stage::Done;
                return Ok(echoes as u64);
            }
        };
        self.stream.write_all(next)?;
        self.stage = stage;
        Ok(echoes as u64)
    }
}

fn request(method: &str, sid: &str, body: &str) -> Vec<u8> {
    let sid = if sid.is_empty() { String::new() } else { format!("&sid={sid}") };
    let head = format!(
        "{method} /socket.io/?EIO=4&transport=polling{sid} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    );
    let body = match method {
        "GET" => "\r\n".to_owned(),
        _ => format!(
            "Content-Type: text/plain;charset=UTF-8\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ),
    };
    (head + &body).into_bytes()
}

/// The body of a response that is complete, and where it ends.
fn response(bytes: &[u8]) -> Result<Option<(&str, usize)>> {
    let Some(head) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let text = std::str::from_utf8(&bytes[..head])?;
    if !text.starts_with("HTTP/1.1 200") {
        return Err(format!("a request was answered {text:?}").into());
    }
    let mut lines = text.lines().filter_map(|line| line.split_once(": "));
    let length = lines.find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let (_, length) = length.ok_or_else(|| format!("a response has no length: {text:?}"))?;
    let end = head + 4 + length.trim().parse::<usize>()?;
    let Some(body) = bytes.get(head + 4..end) else { return Ok(None) };
    Ok(Some((std::str::from_utf8(body)?, end)))
}
