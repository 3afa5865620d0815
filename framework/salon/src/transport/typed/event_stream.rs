//! The plain protocol as a stream of events over HTTP: what an `EventSource` reads, or a page by `fetch`.
//!
//! Source: WHATWG HTML, section 9.2. It must never keep a connection whose client left, nor a socket whose
//! client stopped reading.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use actix_web::{
    HttpRequest, HttpResponse,
    body::{BodySize, MessageBody},
    http::{ConnectionType, Method, Version},
    rt,
};
use bytes::Bytes;
use tokio::time::sleep;

use super::{
    opening::{Opened, Opening, refusal_of},
    status,
    text_link::{Terms, TextLink, Told},
};
use crate::{
    auth::Principal,
    base::{bye::Bye, disconnect::DisconnectReason, random, refusal::Refusal},
    connection::{CROWDED, ConnectionHandle, Connections, FULL, SHUTTING_DOWN},
    outbox::TransportKind,
    protocol::{Typed, retry},
    transport::{
        http::{Rejection, Reply},
        takeover::{Anchor, ClientSocket},
    },
};

/// What such a stream is.
pub(super) const EVENT_STREAM: &str = "text/event-stream";

/// Within which time one that has lost its connection comes back: drawn for each, so that not all do at
/// once.
const RETRY: (u64, u64) = (1_000, 5_000);

/// How its text is written.
const TERMS: Terms =
    Terms { before: "data: ", behind: b"", heartbeat: b"data: []\n\n", answers_itself: true };

/// Opens a stream, and answers once it is known whether its client has a session.
pub(super) async fn open(
    opening: Opening,
    request: &HttpRequest,
    connections: &Arc<Connections>,
    reply: &Reply,
    principal: Principal,
    protocol: Typed,
) -> Result<HttpResponse, Rejection> {
    let kind = TransportKind::EventStream;
    let opened = opening.open(connections, reply, principal, kind, TERMS, protocol).await;
    Ok(match opened {
        Ok(Opened::Welcome(link, text)) => {
            // Of HTTP/2 it is that of others as well.
            let is_own = request.version() <= Version::HTTP_11;
            let socket = request.conn_data::<Anchor>().filter(|_| is_own).map(Anchor::socket);
            if let Some(socket) = socket {
                // A heartbeat that is handed on counts as answered: whether it arrives, the kernel sees to.
                socket.set_user_timeout(connections.heartbeat().ping_timeout);
                cut_off_once_over(link.handle.clone(), connections, socket);
            }
            let first = [retry(drawn_retry()).as_bytes(), &text].concat();
            let (connections, first) = (connections.clone(), Some(first.into()));
            begun(request, reply, Stream { connections, link, first, is_over: false })
        }
        Ok(Opened::Refused(refusal)) => status::refused(reply, &refusal),
        Ok(Opened::Over(bye)) => {
            let refusal = refusal_of(bye);
            match bye {
                Some(Bye::ShuttingDown | Bye::TooMany) => {
                    return no_room(request, connections, reply, refusal);
                }
                _ => status::refused(reply, &refusal),
            }
        }
        Err(refusal) => return no_room(request, connections, reply, refusal),
    })
}

/// The answer where there is no room, or no server for long. An `EventSource`, which asks by GET, comes back
/// after a 200 and after nothing else: it is told by the stream.
fn no_room(
    request: &HttpRequest,
    connections: &Connections,
    reply: &Reply,
    refusal: Refusal,
) -> Result<HttpResponse, Rejection> {
    let bye = match refusal.code().as_str() {
        SHUTTING_DOWN => Some(Bye::ShuttingDown),
        FULL | CROWDED => Some(Bye::TooMany),
        _ => None,
    };
    match bye.filter(|_| *request.method() == Method::GET) {
        Some(bye) => Ok(begun(request, reply, connections.last_words(bye))),
        None => Err(refusal.into()),
    }
}

/// The response that is a stream.
fn begun(request: &HttpRequest, reply: &Reply, body: impl MessageBody + 'static) -> HttpResponse {
    let mut response = reply.stream(EVENT_STREAM, body);
    if request.version() < Version::HTTP_11 {
        // Who speaks that knows no chunks, and reads to the end; actix-web writes them all the same.
        response.head_mut().no_chunking(true);
        response.head_mut().set_connection_type(ConnectionType::Close);
    }
    response
}

fn drawn_retry() -> u64 {
    let (least, most) = RETRY;
    // Without chance all come back at once, which is no worse than what a browser does by itself.
    least + random::up_to(most - least).unwrap_or_default()
}

/// Ends the socket of a connection that is over, if its client does not take the end: nobody polls the
/// body then.
fn cut_off_once_over(
    handle: Arc<ConnectionHandle>,
    connections: &Arc<Connections>,
    socket: ClientSocket,
) {
    let connections = connections.clone();
    rt::spawn(async move {
        handle.outbox().until_closed().await;
        sleep(connections.time_to_part()).await;
        if connections.find(handle.sid()).is_some() {
            socket.abort();
        }
    });
}

/// The body of a response: what the connection's client is told, to its end.
struct Stream {
    connections: Arc<Connections>,
    link: TextLink,
    first: Option<Bytes>,
    is_over: bool,
}

impl MessageBody for Stream {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Infallible>>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(first)));
        }
        if self.is_over {
            return Poll::Ready(None);
        }
        match ready!(self.link.poll_told(cx)) {
            Told::Text(text) => {
                debug_assert!(!text.is_empty(), "a chunk of nothing ends a body");
                Poll::Ready(Some(Ok(text)))
            }
            // Nobody else is its link.
            Told::Replaced => {
                self.is_over = true;
                Poll::Ready(None)
            }
            Told::Over(reason) => {
                self.is_over = true;
                let handle = &self.link.handle;
                let last = handle.outbox().farewell(reason);
                self.connections.forget(handle);
                Poll::Ready(last.map(|farewell| Ok(farewell.message.into_bytes())))
            }
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        // Its client has left, or was refused.
        let handle = &self.link.handle;
        handle.abort(DisconnectReason::TransportClose);
        self.connections.forget(handle);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_client_comes_back_between_one_and_five_seconds_later() {
        for _ in 0..1_000 {
            let span = Duration::from_millis(drawn_retry());
            assert!((1..=5).contains(&span.as_secs()), "{span:?}");
        }
    }
}
