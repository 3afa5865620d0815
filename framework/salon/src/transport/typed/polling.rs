//! The plain protocol by long polling: a request that is held until there is something to be told, for clients
//! behind what holds a stream back.
//!
//! It must never drop what it took out of an outbox before the client says that it has that.

use std::{future::poll_fn, sync::Arc};

use actix_web::{
    HttpRequest, HttpResponse,
    http::{Method, StatusCode},
};
use bytes::Bytes;
use serde_json::json;

use super::{
    body::Untaken,
    opening::{Opened, Opening, refusal_of},
    secret, status,
    text_link::{Terms, TextLink, Told},
};
use crate::{
    auth::Principal,
    base::{
        disconnect::DisconnectReason,
        refusal::{Code, Refusal},
    },
    connection::Connections,
    outbox::TransportKind,
    protocol::Typed,
    transport::http::{NDJSON, Rejection, Reply},
};

/// The header by which a client says which batch was the last that it has.
const ACK: &str = "salon-ack";

/// How the text is written. A client that polls again has answered the heartbeat that ended its last poll.
const TERMS: Terms = Terms { before: "", behind: b"\n", heartbeat: b"", answers_itself: false };

/// Whether a client wants responses that end.
pub(super) fn is_wanted(reply: &Reply) -> bool {
    reply.handshake().header("accept").is_some_and(|accept| accept.contains(NDJSON))
}

/// Opens a connection, and answers with the first that its client is told.
pub(super) async fn open(
    opening: Opening,
    connections: &Arc<Connections>,
    reply: &Reply,
    principal: Principal,
    protocol: Typed,
) -> Result<HttpResponse, Rejection> {
    let kind = TransportKind::PlainPolling;
    let opened = opening.open(connections, reply, principal, kind, TERMS, protocol).await?;
    Ok(match opened {
        Opened::Welcome(link, lines) => {
            let number = link.handle.numbered().map(|it| it.told().replace(lines.clone()));
            reply.lines(lines, number.unwrap_or_default(), true)
        }
        Opened::Refused(refusal) => status::refused(reply, &refusal),
        Opened::Over(bye) => status::refused(reply, &refusal_of(bye)),
    })
}

/// A poll that is held. Whose client leaves before it is answered has left its connection.
struct Held<'a> {
    connections: &'a Connections,
    link: TextLink,
    is_answered: bool,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        if !self.is_answered {
            self.link.handle.abort(DisconnectReason::TransportClose);
            self.connections.forget(&self.link.handle);
        }
    }
}

/// What a poll is answered.
enum Answer {
    /// A batch, and its number.
    Batch(Bytes, u64),
    /// Nothing has come: it is to be polled again.
    Nothing,
    /// Another poll has taken the place of this one.
    Replaced,
    /// The connection has ended, and nothing is to be said of that.
    Gone,
}

/// Answers a poll: with the batch before, if the client does not say that it has it, or with what there is,
/// or comes.
pub(super) async fn poll(
    request: &HttpRequest,
    connections: &Connections,
    reply: &Reply,
    principal: &Principal,
) -> Result<HttpResponse, Untaken> {
    if request.method() != Method::GET {
        let refusal = Refusal::new(Code::InvalidPayload, "polls are GETs; frames go to `send`");
        return Err((StatusCode::METHOD_NOT_ALLOWED, refusal));
    }
    let handle = secret::find(connections, reply, principal)?;
    let numbered = handle.numbered().filter(|_| handle.transport() == TransportKind::PlainPolling);
    let numbered = numbered.ok_or_else(secret::gone)?;
    let words = "`Salon-Ack` is the `Salon-Last` of the response before";
    let has = secret::number(reply, ACK, words)?;
    handle.pong();
    let link = {
        let mut last = numbered.told();
        if has == last.number {
            last.lines.clear();
        } else if has.checked_add(1) != Some(last.number) || last.lines.is_empty() {
            let gap = json!({ "code": "gap", "message": words, "expected": last.number });
            return Ok(reply.json(StatusCode::CONFLICT, gap.to_string()));
        }
        // Whoever polled before takes nothing more from here on, and what it took is seen.
        let link = TextLink::new(handle.clone(), TERMS);
        if !last.lines.is_empty() {
            return Ok(reply.lines(last.lines.clone(), last.number, false));
        }
        link
    };
    let mut held = Held { connections, link, is_answered: false };
    let answer = poll_fn(|cx| {
        let mut last = numbered.told();
        held.link.poll_told(cx).map(|told| {
            held.is_answered = true;
            let lines = match told {
                Told::Text(lines) if lines.is_empty() => return Answer::Nothing,
                Told::Text(lines) => lines,
                Told::Replaced => return Answer::Replaced,
                Told::Over(reason) => {
                    connections.forget(&handle);
                    let Some(farewell) = handle.outbox().farewell(reason) else {
                        return Answer::Gone;
                    };
                    [&*farewell.message.into_bytes(), b"\n"].concat().into()
                }
            };
            let number = last.replace(lines.clone());
            Answer::Batch(lines, number)
        })
    });
    match answer.await {
        Answer::Batch(lines, number) => Ok(reply.lines(lines, number, false)),
        Answer::Nothing => Ok(reply.nothing()),
        Answer::Replaced => {
            let refusal = Refusal::other("one_at_a_time", "another poll has come after this one");
            Err((StatusCode::CONFLICT, refusal))
        }
        Answer::Gone => Err(secret::gone()),
    }
}
