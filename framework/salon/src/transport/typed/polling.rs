//! The plain protocol by long polling: a request that is held until there is something to be told, for clients
//! behind what holds a stream back.
//!
//! It must never drop what it took out of an outbox before the client says that it has that.

use std::{
    future::poll_fn,
    sync::Arc,
    task::{Poll, ready},
};

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        Method, StatusCode,
        header::{Accept, Header as _, Quality},
    },
    mime::Mime,
    rt,
};
use bytes::Bytes;
use serde_json::json;
use tokio::time::sleep;

use super::{
    body::{Untaken, not_allowed},
    event_stream::EVENT_STREAM,
    opening::{Opened, Opening, refusal_of},
    secret, status,
    text_link::{Terms, TextLink, Told},
};
use crate::{
    auth::Principal,
    base::{disconnect::DisconnectReason, refusal::Refusal},
    connection::{Batch, ConnectionHandle, Connections},
    outbox::TransportKind,
    protocol::Typed,
    transport::http::{NDJSON, Rejection, Reply},
};

/// The header by which a client says which batch was the last that it has.
const ACK: &str = "salon-ack";

/// How the text is written. A client that polls again has answered the heartbeat that ended its last poll.
const TERMS: Terms = Terms { before: "", behind: b"\n", heartbeat: b"", answers_itself: false };

/// Whether a client wants responses that end: of the two types it names that as the one which it would rather
/// have.
pub(super) fn is_wanted(request: &HttpRequest) -> bool {
    let Ok(mut accepted) = Accept::parse(request) else { return false };
    accepted.0.retain(|accepted| accepted.quality > Quality::ZERO);
    let ranked = accepted.ranked();
    let mut types = ranked.iter().map(Mime::essence_str);
    types.find(|it| [NDJSON, EVENT_STREAM].contains(it)) == Some(NDJSON)
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

/// A poll that is held. Whose client leaves before it is answered has left its connection, unless it has sent
/// another.
struct Held<'a> {
    connections: &'a Connections,
    link: TextLink,
    is_answered: bool,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        if !self.is_answered && self.link.is_current() {
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
    /// What the client says that it has is not the batch before: that has this number.
    Gap(u64),
    /// The connection has ended, and nothing is to be said of that.
    Gone,
}

/// Answers a poll: with the batch before, if the client does not say that it has it, or with what there is,
/// or comes.
pub(super) async fn poll(
    request: &HttpRequest,
    connections: &Arc<Connections>,
    reply: &Reply,
    principal: &Principal,
) -> Result<HttpResponse, Untaken> {
    if request.method() != Method::GET {
        return Err(not_allowed("GET", "polls are GETs; frames go to `send`"));
    }
    let handle = secret::find(connections, reply, principal)?;
    let numbered = handle.numbered().filter(|_| handle.transport() == TransportKind::PlainPolling);
    let numbered = numbered.ok_or_else(secret::gone)?;
    let words = "`Salon-Ack` is the `Salon-Last` of the response before";
    let has = secret::number(reply, ACK, words)?;
    handle.polled();
    // Not in the place where it is matched: the lock would last to the end of that.
    let begun = begin(connections, &handle, &mut numbered.told(), has);
    let answer = match begun {
        Begun::Answered(answer) => answer,
        Begun::Waits(link) => {
            let mut held = Held { connections, link, is_answered: false };
            poll_fn(|cx| {
                let mut last = numbered.told();
                let told = ready!(held.link.poll_told(cx));
                held.is_answered = true;
                Poll::Ready(answered(connections, &handle, &mut last, told))
            })
            .await
        }
    };
    Ok(match answer {
        Answer::Batch(lines, number) => reply.lines(lines, number, false),
        Answer::Nothing => reply.nothing(),
        Answer::Gap(expected) => {
            let gap = json!({ "code": "gap", "message": words, "expected": expected });
            reply.json(StatusCode::CONFLICT, gap.to_string())
        }
        Answer::Replaced => {
            let words = "another poll has come after this one";
            return Err((StatusCode::CONFLICT, Refusal::other("one_at_a_time", words)).into());
        }
        Answer::Gone => return Err(secret::gone()),
    })
}

/// How a poll begins.
enum Begun {
    /// It is answered already.
    Answered(Answer),
    /// It takes what there is, or comes.
    Waits(TextLink),
}

/// Looks at what the client says that it has.
fn begin(
    connections: &Connections,
    handle: &Arc<ConnectionHandle>,
    last: &mut Batch,
    has: u64,
) -> Begun {
    let is_behind = has.checked_add(1) == Some(last.number) && !last.lines.is_empty();
    if has != last.number && !is_behind {
        return Begun::Answered(Answer::Gap(last.number));
    }
    // Whoever polled before takes nothing more from here on, and what it took is seen.
    let link = TextLink::new(handle.clone(), TERMS);
    if is_behind {
        return Begun::Answered(Answer::Batch(last.lines.clone(), last.number));
    }
    last.acknowledge();
    if last.is_last {
        connections.forget(handle);
        return Begun::Answered(Answer::Gone);
    }
    Begun::Waits(link)
}

/// What is answered where that is told.
fn answered(
    connections: &Arc<Connections>,
    handle: &Arc<ConnectionHandle>,
    last: &mut Batch,
    told: Told,
) -> Answer {
    let lines = match told {
        Told::Text(lines) if lines.is_empty() => return Answer::Nothing,
        Told::Text(lines) => lines,
        Told::Replaced => return Answer::Replaced,
        Told::Over(reason) => {
            let Some(farewell) = handle.outbox().farewell(reason) else {
                connections.forget(handle);
                return Answer::Gone;
            };
            last.is_last = true;
            forget_soon(connections, handle, reason);
            [&*farewell.message.into_bytes(), b"\n"].concat().into()
        }
    };
    let number = last.replace(lines.clone());
    Answer::Batch(lines, number)
}

/// Forgets a connection that has ended once its client says that it knows, or has had the time to. Nobody
/// waits for that where the whole server ends.
fn forget_soon(
    connections: &Arc<Connections>,
    handle: &Arc<ConnectionHandle>,
    reason: DisconnectReason,
) {
    if reason == DisconnectReason::ServerShuttingDown {
        return connections.forget(handle);
    }
    let (connections, handle) = (connections.clone(), handle.clone());
    rt::spawn(async move {
        sleep(connections.time_to_part()).await;
        connections.forget(&handle);
    });
}
