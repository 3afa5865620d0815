//! The client's side of a stream of events, and what it posts.
//!
//! It must never post a batch before the one before it is taken.

use std::{future::poll_fn, pin::pin};

use actix_web::http::{Method, StatusCode};
use bytes::{Bytes, BytesMut};
use bytestring::ByteString;
use futures_util::future::{Either, select};
use serde::Deserialize;
use tokio::sync::watch;

use super::{
    line::{Pipe, Reset},
    link::{Ended, Link},
    outgoing::Outgoing,
    server::{Request, Stream},
};
use crate::wire::engine_io::{Message, Packet};

/// A stream of one connection.
pub(super) struct EventStream<'a> {
    link: &'a Link,
    up: Pipe,
    down: Pipe,
    buffer: BytesMut,
}

/// What a server says of a session: how to post to it.
#[derive(Deserialize)]
struct Welcome {
    secret: String,
}

/// The secret of a session, if that is what a line tells.
pub(super) fn secret_in(line: &str) -> Option<String> {
    let told = serde_json::from_str::<(String, Welcome)>(line).ok()?;
    Some(told.1.secret)
}

impl<'a> EventStream<'a> {
    /// Opens one, with what there is to be said first.
    pub(super) async fn open(link: &'a Link) -> Result<Self, Ended> {
        let up = Pipe::new(&link.up(), link.window);
        let down = Pipe::new(&link.down(), link.window);
        link.pipes.borrow_mut().extend([up.clone(), down.clone()]);
        let mut first = Vec::new();
        link.conversation.take_packets(usize::MAX, &mut first);
        let body = lines(&first);
        link.up().pass(body.len()).await;
        let request = link.describe_plain(Method::POST, "/events", &[], body);
        let stream = Stream { up: up.clone(), down: down.clone() };
        let world = &link.conversation.world;
        let door = link.door.upgrade().ok_or(Reset)?;
        match door.open(world, link.worker(), request, stream).await? {
            Some(response) => {
                link.down().pass(response.body.len()).await;
                Err(Ended::Rejected(response))
            }
            None => Ok(Self { link, up, down, buffer: BytesMut::new() }),
        }
    }

    /// Carries frames both ways until the end.
    pub(super) async fn serve(&mut self) -> Ended {
        let (link, up) = (self.link, self.up.clone());
        let (tell, mut told) = watch::channel(None::<String>);
        let sending = async {
            let Ok(secret) = told.wait_for(Option::is_some).await.map(|it| it.clone()) else {
                return Ok(());
            };
            post_all(link, &secret.unwrap_or_default()).await
        };
        let receiving = async {
            loop {
                match self.event().await {
                    Ok(data) => {
                        for line in data.lines() {
                            if let Some(secret) = secret_in(line) {
                                tell.send_replace(Some(secret));
                            }
                            let message = Message::Text(ByteString::from(line));
                            self.link.conversation.receive(Packet::Message(message));
                        }
                    }
                    Err(ended) => return ended,
                }
            }
        };
        let ended = match select(pin!(receiving), pin!(sending)).await {
            Either::Left((ended, _)) => ended,
            Either::Right((Err(ended), _)) => ended,
            Either::Right((Ok(()), _)) => Ended::ByClient,
        };
        up.end();
        ended
    }

    /// The data of the next event.
    async fn event(&mut self) -> Result<String, Ended> {
        loop {
            if let Some(end) = self.buffer.windows(2).position(|pair| pair == b"\n\n") {
                let event = self.buffer.split_to(end + 2);
                let event = String::from_utf8_lossy(&event).into_owned();
                let data = event.lines().filter_map(|line| line.strip_prefix("data: "));
                return Ok(data.collect::<Vec<_>>().join("\n"));
            }
            match self.down.read().await? {
                Some(bytes) => self.buffer.extend_from_slice(&bytes),
                None => return Err(Ended::ByServer(None)),
            }
        }
    }
}

/// Posts all that the client has to say, until it closes its link.
pub(super) async fn post_all(link: &Link, secret: &str) -> Result<(), Ended> {
    for number in 1.. {
        let first = poll_fn(|cx| link.conversation.poll_outgoing(cx)).await;
        let Outgoing::Packet(first) = first else { break };
        let mut packets = vec![first];
        link.conversation.take_packets(usize::MAX, &mut packets);
        post(link, secret, number, lines(&packets)).await?;
    }
    Ok(())
}

/// Posts a batch.
async fn post(link: &Link, secret: &str, number: u64, body: Bytes) -> Result<(), Ended> {
    link.up().pass(body.len()).await;
    let headers = [("salon-session", secret.to_owned()), ("salon-seq", number.to_string())];
    let request: Request = link.describe_plain(Method::POST, "/send", &headers, body);
    let door = link.door.upgrade().ok_or(Reset)?;
    let response = door.request(&link.conversation.world, link.worker(), request).await?;
    match response.status {
        StatusCode::ACCEPTED => Ok(()),
        _ => Err(Ended::Rejected(response)),
    }
}

/// Packets as frames, one on each line.
pub(super) fn lines(packets: &[Packet]) -> Bytes {
    let texts = packets.iter().filter_map(|packet| match packet {
        Packet::Message(Message::Text(text)) => Some(&**text),
        _ => None,
    });
    texts.collect::<Vec<&str>>().join("\n").into()
}
