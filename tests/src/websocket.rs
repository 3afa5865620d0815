//! A WebSocket client: well-behaved by default, and raw frames for everything else.
//!
//! It must never answer for the test: a close is reported, not returned politely behind its back.

use crate::Result;
use crate::raw_http::{Response, read_response};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// What came over a WebSocket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Incoming {
    /// A text message.
    Text(String),
    /// A binary message.
    Binary(Vec<u8>),
    /// The end: the close frame's code and reason, or nothing if none came or it was empty.
    Closed(Option<(u16, String)>),
}

/// A WebSocket that follows the protocol.
#[derive(Debug)]
pub struct WebSocket {
    stream: Stream,
}

impl WebSocket {
    /// Opens one; an answer other than 101 is a failure.
    pub async fn open(address: SocketAddr, target: &str) -> Result<Self> {
        let (stream, _response) = connect_async(format!("ws://{address}{target}")).await?;
        Ok(Self { stream })
    }

    /// Sends a text message.
    pub async fn send(&mut self, text: &str) -> Result<()> {
        Ok(self.stream.send(Message::text(text)).await?)
    }

    /// Sends a binary message.
    pub async fn send_binary(&mut self, bytes: &[u8]) -> Result<()> {
        Ok(self.stream.send(Message::binary(bytes.to_vec())).await?)
    }

    /// Waits for the next message or the end.
    pub async fn receive(&mut self) -> Result<Incoming> {
        receive(&mut self.stream).await
    }

    /// Takes it apart, to be written and read at once.
    #[must_use]
    pub fn split(self) -> (Writer, Reader) {
        let (sink, stream) = self.stream.split();
        (Writer(sink), Reader(stream))
    }

    /// Sends a close frame and waits for the end.
    pub async fn close(mut self) -> Result<()> {
        self.stream.close(None).await?;
        while !matches!(self.receive().await?, Incoming::Closed(_)) {}
        Ok(())
    }
}

type Stream = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// What writes a WebSocket that was taken apart.
#[derive(Debug)]
pub struct Writer(SplitSink<Stream, Message>);

impl Writer {
    /// Sends a text message.
    pub async fn send(&mut self, text: &str) -> Result<()> {
        Ok(self.0.send(Message::text(text)).await?)
    }
}

/// What reads a WebSocket that was taken apart.
#[derive(Debug)]
pub struct Reader(SplitStream<Stream>);

impl Reader {
    /// Waits for the next message or the end.
    pub async fn receive(&mut self) -> Result<Incoming> {
        receive(&mut self.0).await
    }
}

async fn receive(
    stream: &mut (impl futures_util::Stream<Item = std::result::Result<Message, Error>> + Unpin),
) -> Result<Incoming> {
    loop {
        match stream.next().await {
            Some(Ok(Message::Text(text))) => return Ok(Incoming::Text(text.to_string())),
            Some(Ok(Message::Binary(bytes))) => return Ok(Incoming::Binary(bytes.to_vec())),
            Some(Ok(Message::Close(frame))) => {
                let close = frame.map(|frame| (frame.code.into(), frame.reason.to_string()));
                return Ok(Incoming::Closed(close));
            }
            None | Some(Err(Error::ConnectionClosed | Error::Protocol(_) | Error::Io(_))) => {
                return Ok(Incoming::Closed(None));
            }
            Some(Ok(_ping_or_pong)) => {}
            Some(Err(error)) => return Err(error.into()),
        }
    }
}

/// A WebSocket of which the test makes every frame.
#[derive(Debug)]
pub struct RawWebSocket {
    stream: TcpStream,
    received: Vec<u8>,
}

/// A frame of a server, unmasked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The first byte: FIN, reserved bits and opcode.
    pub head: u8,
    /// The payload.
    pub payload: Vec<u8>,
}

impl RawWebSocket {
    /// Asks for the upgrade and gives the answer, whatever it is.
    pub async fn open(address: SocketAddr, target: &str) -> Result<(Self, Response)> {
        let mut stream = TcpStream::connect(address).await?;
        let request = format!(
            "GET {target} HTTP/1.1\r\nhost: {address}\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await?;
        let (response, received) = Self::read_answer(&mut stream).await?;
        Ok((Self { stream, received }, response))
    }

    /// The answer, byte by byte up to its head's end if it is a 101: what follows is frames.
    async fn read_answer(stream: &mut TcpStream) -> Result<(Response, Vec<u8>)> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await?);
        }
        let mut whole = head.as_slice().chain(stream);
        Ok((read_response(&mut whole).await?, Vec::new()))
    }

    /// Sends a frame with this first byte, masked with zeros.
    pub async fn send_frame(&mut self, head: u8, payload: &[u8]) -> Result<()> {
        let mut frame = vec![head];
        match payload.len() {
            length @ 0..=125 => frame.push(0x80 | u8::try_from(length)?),
            length @ 126..=0xffff => {
                frame.push(0x80 | 126);
                frame.extend_from_slice(&u16::try_from(length)?.to_be_bytes());
            }
            length => {
                frame.push(0x80 | 127);
                frame.extend_from_slice(&u64::try_from(length)?.to_be_bytes());
            }
        }
        frame.extend_from_slice(&[0; 4]);
        frame.extend_from_slice(payload);
        self.send_bytes(&frame).await
    }

    /// Sends exactly these bytes.
    pub async fn send_bytes(&mut self, bytes: &[u8]) -> Result<()> {
        Ok(self.stream.write_all(bytes).await?)
    }

    /// The next frame, or nothing at the end of the connection.
    pub async fn receive(&mut self) -> Result<Option<Frame>> {
        loop {
            if let Some((frame, length)) = parse_frame(&self.received) {
                self.received.drain(..length);
                return Ok(Some(frame));
            }
            match self.stream.read_buf(&mut self.received).await {
                Ok(0) | Err(_) => return Ok(None),
                Ok(_) => {}
            }
        }
    }
}

fn parse_frame(bytes: &[u8]) -> Option<(Frame, usize)> {
    let (start, length) = match *bytes.get(1)? {
        126 => (4, u64::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?))),
        127 => (10, u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?)),
        short => (2, u64::from(short)),
    };
    let end = start + usize::try_from(length).ok()?;
    let payload = bytes.get(start..end)?.to_vec();
    Some((Frame { head: bytes[0], payload }, end))
}
