//! The client's side of the plain protocol by long polling.
//!
//! It must never say that it has a batch before all of that was taken in.

use std::pin::pin;

use actix_web::http::{Method, StatusCode};
use bytes::Bytes;
use bytestring::ByteString;
use futures_util::future::{Either, select};

use super::{
    event_stream::{lines, post_all, secret_in},
    line::Reset,
    link::{Ended, Link},
    server::Response,
};
use crate::wire::engine_io::{Message, Packet};

/// What is asked for, in place of a stream.
const NDJSON: &str = "application/x-ndjson";

/// Opens a connection, and serves it to its end.
pub(super) async fn run(link: &Link) -> Ended {
    let mut first = Vec::new();
    link.conversation.take_packets(usize::MAX, &mut first);
    let opened = match ask(link, Method::POST, &[], lines(&first)).await {
        Ok(opened) => opened,
        Err(reset) => return reset.into(),
    };
    let secret = opened.text().lines().next().and_then(secret_in);
    let Some(secret) = secret.filter(|_| opened.status == StatusCode::OK) else {
        return Ended::Rejected(opened);
    };
    if link.conversation.is_raw() {
        link.conversation.opened();
    }
    let receiving = async {
        let mut last = take(link, &opened);
        loop {
            let headers = [("salon-session", secret.clone()), ("salon-ack", last.clone())];
            match ask(link, Method::GET, &headers, Bytes::new()).await {
                Ok(response) => match response.status {
                    StatusCode::OK => last = take(link, &response),
                    StatusCode::NO_CONTENT => {}
                    StatusCode::NOT_FOUND => return Ended::ByServer(None),
                    _ => return Ended::Rejected(response),
                },
                Err(reset) => return reset.into(),
            }
        }
    };
    match select(pin!(receiving), pin!(post_all(link, &secret))).await {
        Either::Left((ended, _)) | Either::Right((Err(ended), _)) => ended,
        Either::Right((Ok(()), _)) => Ended::ByClient,
    }
}

/// Takes in all lines of a batch; its number.
fn take(link: &Link, response: &Response) -> String {
    for line in response.text().lines() {
        let message = Message::Text(ByteString::from(line));
        link.conversation.receive(Packet::Message(message));
    }
    let last = response.headers.get("salon-last").and_then(|last| last.to_str().ok());
    last.unwrap_or_default().to_owned()
}

async fn ask(
    link: &Link,
    method: Method,
    headers: &[(&str, String)],
    body: Bytes,
) -> Result<Response, Reset> {
    link.up().pass(body.len()).await;
    let headers = [headers, &[("accept", NDJSON.to_owned())]].concat();
    let request = link.describe_plain(method, "/events", &headers, body);
    let door = link.door.upgrade().ok_or(Reset)?;
    let response = door.request(&link.conversation.world, link.worker(), request).await?;
    link.down().pass(response.body.len()).await;
    Ok(response)
}
