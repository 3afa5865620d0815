//! A stream of events over a real socket, as bytes.
//!
//! It must never read more than a test asks for: what is left shows in the server.

use std::net::SocketAddr;

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::Result;

/// The client's side of a stream.
#[derive(Debug)]
pub struct EventStream {
    /// Where it comes from; dropped, the client has left.
    pub socket: TcpStream,
    /// The head of the response.
    pub head: String,
    text: Vec<u8>,
}

/// One event of it.
#[derive(Debug, PartialEq)]
pub struct Event {
    /// Its position.
    pub id: Option<String>,
    /// When to come back, in milliseconds.
    pub retry: Option<u64>,
    /// The frame.
    pub data: Value,
}

impl EventStream {
    /// Asks for one, with further headers.
    pub async fn open(to: SocketAddr, target: &str, headers: &str) -> Result<Self> {
        Self::ask(to, &format!("GET {target} HTTP/1.1\r\nhost: {to}\r\n{headers}\r\n")).await
    }

    /// Sends a request, and reads the head of the response.
    pub async fn ask(to: SocketAddr, request: &str) -> Result<Self> {
        let mut socket = TcpStream::connect(to).await?;
        socket.write_all(request.as_bytes()).await?;
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(socket.read_u8().await?);
        }
        let head = String::from_utf8(head)?.to_ascii_lowercase();
        Ok(Self { socket, head, text: Vec::new() })
    }

    /// The next event; nothing at the end.
    pub async fn event(&mut self) -> Result<Option<Event>> {
        loop {
            if let Some(end) = self.text.windows(2).position(|pair| pair == b"\n\n") {
                let text: Vec<u8> = self.text.drain(..end + 2).collect();
                return Ok(Some(parsed(&String::from_utf8(text)?)?));
            }
            if !self.read_chunk().await? {
                return Ok(None);
            }
        }
    }

    /// The data of the next event, which is there.
    pub async fn data(&mut self) -> Result<Value> {
        Ok(self.event().await?.ok_or("the stream has ended")?.data)
    }

    /// The next event of that name.
    pub async fn named(&mut self, name: &str) -> Result<Event> {
        loop {
            let event = self.event().await?.ok_or("the stream has ended")?;
            if event.data[0] == name {
                return Ok(event);
            }
        }
    }

    async fn read_chunk(&mut self) -> Result<bool> {
        if !self.head.contains("transfer-encoding: chunked") {
            return Ok(self.socket.read_buf(&mut self.text).await? > 0);
        }
        let mut size = Vec::new();
        while !size.ends_with(b"\r\n") {
            size.push(self.socket.read_u8().await?);
        }
        let size = usize::from_str_radix(String::from_utf8(size)?.trim(), 16)?;
        let mut chunk = vec![0; size + 2];
        self.socket.read_exact(&mut chunk).await?;
        self.text.extend_from_slice(&chunk[..size]);
        Ok(size > 0)
    }
}

/// As a browser reads it: HTML, section 9.2.6.
fn parsed(text: &str) -> Result<Event> {
    let (mut id, mut retry, mut data) = (None, None, Vec::new());
    for line in text.lines().filter(|line| !line.is_empty()) {
        match line.split_once(": ").ok_or_else(|| format!("{line:?} is no field"))? {
            ("id", value) => id = Some(value.to_owned()),
            ("retry", value) => retry = Some(value.parse()?),
            ("data", value) => data.push(value),
            (other, _) => return Err(format!("{other} is no field").into()),
        }
    }
    Ok(Event { id, retry, data: serde_json::from_str(&data.join("\n"))? })
}
