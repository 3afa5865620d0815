//! The client's side of a WebSocket that carries Engine.IO, or the plain protocol.
//!
//! It must never answer a close before everything that came ahead of it was taken in.

use std::{future::poll_fn, pin::pin};

use actix_web::http::Method;
use bytes::{Bytes, BytesMut};
use bytestring::ByteString;
use futures_util::future::{Either, select};

use super::{
    line::{Pipe, Reset},
    link::{Ended, Link},
    outgoing::Outgoing,
    server::Stream,
};
use crate::{
    base::config::Limits,
    protocol::Format,
    wire::{
        engine_io::{Message, Packet},
        websocket::{CloseCode, FrameLimits, FrameReader, Incoming, Opcode, encode_masked},
    },
};

/// A WebSocket of one connection.
pub(super) struct WebSocket<'a> {
    link: &'a Link,
    up: Pipe,
    down: Pipe,
    frames: FrameReader,
    buffer: BytesMut,
}

impl<'a> WebSocket<'a> {
    pub(super) async fn open(link: &'a Link, sid: Option<&str>) -> Result<Self, Ended> {
        let up = Pipe::new(&link.up(), link.window);
        let down = Pipe::new(&link.down(), link.window);
        link.pipes.borrow_mut().extend([up.clone(), down.clone()]);
        link.up().pass(0).await;
        let mut request = link.describe(Method::GET, "websocket", sid, Bytes::new());
        let shake = [
            ("connection", "Upgrade"),
            ("upgrade", "websocket"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ];
        request.headers.extend(shake.map(|(name, value)| (name.to_owned(), value.to_owned())));
        if let Some(format) = link.wire.plain_websocket()
            && format != Format::default()
        {
            let header = ("sec-websocket-protocol".to_owned(), format.subprotocol().to_owned());
            request.headers.push(header);
        }
        let stream = Stream { up: up.clone(), down: down.clone() };
        let world = &link.conversation.world;
        let door = link.door.upgrade().ok_or(Reset)?;
        match door.open(world, link.worker(), request, stream).await? {
            Some(response) => Err(Ended::Rejected(response)),
            None => {
                let limits = Limits::default();
                let limits =
                    FrameLimits { max_message: 64 << 20, max_fragments: limits.max_fragments };
                let (frames, buffer) = (FrameReader::of_server(limits), BytesMut::new());
                Ok(Self { link, up, down, frames, buffer })
            }
        }
    }

    pub(super) async fn probe(&mut self) -> Result<(), Ended> {
        self.send(&Packet::Ping("probe".into())).await?;
        match self.packet().await? {
            Packet::Pong(data) if data == "probe" => Ok(()),
            other => Err(Ended::Protocol(format!("{other:?} answers no probe"))),
        }
    }

    pub(super) async fn send(&self, packet: &Packet) -> Result<(), Ended> {
        Ok(send(self.link, &self.up, packet).await?)
    }

    /// Carries packets both ways until the end.
    pub(super) async fn serve(&mut self) -> Ended {
        let (link, up) = (self.link, self.up.clone());
        let sending = async {
            loop {
                match poll_fn(|cx| link.conversation.poll_outgoing(cx)).await {
                    Outgoing::Packet(packet) => send(link, &up, &packet).await?,
                    Outgoing::Goodbye => return close(link, &up, CloseCode::NORMAL).await,
                    // That of a page which is left.
                    Outgoing::Close if link.wire.plain_websocket().is_some() => {
                        return close(link, &up, CloseCode::GOING_AWAY).await;
                    }
                    Outgoing::Close => return close(link, &up, CloseCode::NORMAL).await,
                }
            }
        };
        let receiving = async {
            loop {
                match self.packet().await {
                    Ok(packet) => self.link.conversation.receive(packet),
                    Err(ended) => return ended,
                }
            }
        };
        match select(pin!(receiving), pin!(sending)).await {
            Either::Left((ended, _)) => {
                // The other half of the closing handshake, if the server began it.
                let _ = close(link, &up, CloseCode::NORMAL).await;
                up.end();
                ended
            }
            Either::Right((Err(reset), _)) => reset.into(),
            Either::Right((Ok(()), receiving)) => {
                receiving.await;
                up.end();
                Ended::ByClient
            }
        }
    }

    /// The next packet.
    async fn packet(&mut self) -> Result<Packet, Ended> {
        loop {
            let read = self.frames.read(&mut self.buffer);
            match read.map_err(|error| Ended::Protocol(error.to_string()))? {
                Some(Incoming::Text(text)) if self.link.wire.plain_websocket().is_some() => {
                    return Ok(Packet::Message(Message::Text(text)));
                }
                Some(Incoming::Ping(_)) if self.link.wire.plain_websocket().is_some() => {
                    return Ok(Packet::Ping(ByteString::new()));
                }
                Some(Incoming::Text(text)) => {
                    let packet = Packet::decode(text);
                    return packet.map_err(|error| Ended::Protocol(error.to_string()));
                }
                Some(Incoming::Binary(bytes)) => {
                    return Ok(Packet::Message(Message::Binary(bytes)));
                }
                Some(Incoming::Close(frame)) => {
                    return Err(Ended::ByServer(frame));
                }
                Some(Incoming::Ping(_) | Incoming::Pong(_)) => {}
                None => match self.down.read().await? {
                    Some(bytes) => self.buffer.extend_from_slice(&bytes),
                    None => return Err(Ended::ByServer(None)),
                },
            }
        }
    }
}

async fn send(link: &Link, up: &Pipe, packet: &Packet) -> Result<(), Reset> {
    let is_plain = link.wire.plain_websocket().is_some();
    let (opcode, payload) = match packet {
        Packet::Message(Message::Binary(bytes)) => (Opcode::Binary, bytes.to_vec()),
        Packet::Message(Message::Text(text)) if is_plain => {
            (Opcode::Text, text.as_bytes().to_vec())
        }
        Packet::Pong(_) if is_plain => (Opcode::Pong, Vec::new()),
        packet => {
            let mut text = Vec::new();
            packet.encode(&mut text);
            (Opcode::Text, text)
        }
    };
    let mut frame = Vec::new();
    encode_masked(opcode, &payload, mask(link), &mut frame);
    up.write(frame.into()).await
}

async fn close(link: &Link, up: &Pipe, code: CloseCode) -> Result<(), Reset> {
    let mut frame = Vec::new();
    encode_masked(Opcode::Close, &code.get().to_be_bytes(), mask(link), &mut frame);
    up.write(frame.into()).await
}

fn mask(link: &Link) -> [u8; 4] {
    link.conversation.world.random(|random| random.u32(..).to_be_bytes())
}
