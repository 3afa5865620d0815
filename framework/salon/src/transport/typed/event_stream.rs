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
    http::{ConnectionType, Method, StatusCode, Version},
    rt,
};
use bytes::{Buf as _, Bytes};
use bytestring::ByteString;
use tokio::time::sleep;

use super::{
    body::{self, Untaken},
    status,
    text_link::{Terms, TextLink, Told},
};
use crate::{
    auth::Principal,
    base::{
        bye::Bye,
        disconnect::DisconnectReason,
        random,
        refusal::{Code, Refusal},
    },
    connection::{CROWDED, ConnectionHandle, Connections, FULL, ReceiveWindow, SHUTTING_DOWN},
    event::CONNECT,
    message::ToldRefused,
    outbox::TransportKind,
    protocol::{Typed, retry, seen},
    transport::{
        http::{Rejection, Reply, Upload},
        takeover::{Anchor, ClientSocket},
    },
    wire::{
        engine_io::Message,
        socket_io::Messages,
        typed::{FrameRef, Lines},
    },
};

/// What such a stream is.
const EVENT_STREAM: &str = "text/event-stream";

/// The parameter with a frame of the client's: an `EventSource` can say nothing else.
const JOIN: &str = "join";

/// The header by which an `EventSource` says what it has seen.
const LAST_EVENT_ID: &str = "last-event-id";

/// Within which time one that has lost its connection comes back: drawn for each, so that not all do at
/// once.
const RETRY: (u64, u64) = (1_000, 5_000);

/// How its text is written.
const TERMS: Terms = Terms { behind: b"", heartbeat: b"data: []\n\n" };

/// With what it begins if its client has a session.
const WELCOME: &[u8] = b"data: [\"salon:welcome\",";

/// What a client says that opens a stream.
pub(super) struct Opening {
    frames: Messages,
    /// Whether it says who its client is.
    pub(super) connects: bool,
}

impl Opening {
    /// Reads a request: of a GET what its `Last-Event-ID` and its parameters say, of a POST the frames in
    /// its body.
    pub(super) async fn read(
        request: &HttpRequest,
        upload: &mut Upload,
        connections: &Connections,
        reply: &Reply,
    ) -> Result<Self, Untaken> {
        let handshake = reply.handshake();
        let lines = match *request.method() {
            Method::GET => {
                let claims = handshake.header(LAST_EVENT_ID).and_then(seen).map(|auth| {
                    let claims =
                        FrameRef::Event { id: None, name: CONNECT, values: &auth, last: None };
                    ByteString::from(claims.write_behind(""))
                });
                let parameters = handshake.parameters();
                let joins = parameters.iter().filter(|(name, _)| *name == JOIN);
                claims.into_iter().chain(joins.map(|(_, frame)| frame.into())).collect()
            }
            Method::POST => {
                let limit = connections.limits().max_payload;
                let text = body::text(request, upload, limit).await?;
                Lines::new(text).collect::<Vec<ByteString>>()
            }
            _ => {
                let message = "a stream is opened by GET, or by POST with frames in the body";
                let refusal = Refusal::new(Code::InvalidPayload, message);
                return Err((StatusCode::METHOD_NOT_ALLOWED, refusal));
            }
        };
        body::check_count(&lines, connections.limits().max_frames_per_message)?;
        let connects = lines.first().is_some_and(|line| line.contains(CONNECT));
        Ok(Self { frames: lines.into_iter().map(Message::Text).collect(), connects })
    }

    /// Opens the stream, and answers once it is known whether its client has a session.
    pub(super) async fn open(
        self,
        request: &HttpRequest,
        connections: &Arc<Connections>,
        reply: &Reply,
        principal: Principal,
        protocol: Typed,
    ) -> Result<HttpResponse, Rejection> {
        let (handshake, kind) = (reply.handshake().clone(), TransportKind::EventStream);
        let opened = connections.open_typed(handshake, principal, kind, protocol);
        let handle = match opened {
            Ok(handle) => handle,
            Err(refusal) => return no_room(request, connections, reply, refusal),
        };
        // Of HTTP/2 it is that of others as well.
        let is_own = request.version() <= Version::HTTP_11;
        let socket = request.conn_data::<Anchor>().filter(|_| is_own).map(Anchor::socket);
        if let Some(socket) = &socket {
            // A heartbeat that is handed on counts as answered: whether it arrives, the kernel sees to.
            socket.set_user_timeout(connections.heartbeat().ping_timeout);
        }
        let link = TextLink::new(handle, TERMS);
        let mut stream =
            Stream { connections: connections.clone(), link, first: None, is_over: false };
        let handle = stream.link.handle.clone();
        if !self.frames.is_empty() {
            handle.hand_over(self.frames, &Arc::<ReceiveWindow>::default());
        }
        Ok(match first_word(&stream.link).await {
            Told::Text(text) if text.starts_with(WELCOME) => {
                cut_off_once_over(handle, connections, socket);
                let retry = retry(drawn_retry());
                stream.first = Some([retry.as_bytes(), &text].concat().into());
                begun(request, reply, stream)
            }
            Told::Text(text) => status::refused(reply, &refusal_in(&text)),
            Told::Over(reason) => {
                let bye = handle.outbox().bye(reason);
                return over(request, connections, reply, bye);
            }
        })
    }
}

/// The answer where the connection is over before its client has a session.
fn over(
    request: &HttpRequest,
    connections: &Connections,
    reply: &Reply,
    bye: Option<Bye>,
) -> Result<HttpResponse, Rejection> {
    let refusal = match bye {
        Some(Bye::ShuttingDown) => {
            let refusal = Refusal::other(SHUTTING_DOWN, "the server is shutting down");
            return no_room(request, connections, reply, refusal);
        }
        Some(Bye::TooMany) => {
            let refusal = Refusal::other(FULL, "others came before it was known who you are");
            return no_room(request, connections, reply, refusal);
        }
        Some(Bye::BadFrame) => {
            let message = "what came in the place of `salon:connect` is no frame of a client";
            let refusal = Refusal::other(Bye::BadFrame.as_str(), message);
            return Ok(status::with_status(reply, StatusCode::BAD_REQUEST, &refusal));
        }
        Some(Bye::ConnectTimeout) => {
            Refusal::new(Code::Timeout, "it was not known in time who you are")
        }
        _ => Refusal::logged_already(),
    };
    Ok(status::refused(reply, &refusal))
}

/// What a client is told first, whom that may have kept waiting for longer than a heartbeat.
async fn first_word(link: &TextLink) -> Told {
    loop {
        let mut told = link.told().await;
        let Told::Text(text) = &mut told else { return told };
        while text.starts_with(TERMS.heartbeat) {
            text.advance(TERMS.heartbeat.len());
        }
        if !text.is_empty() {
            return told;
        }
    }
}

/// Why there is no session, as it was written.
fn refusal_in(text: &[u8]) -> Refusal {
    let text = std::str::from_utf8(text).unwrap_or_default();
    let json = text.strip_prefix("data: ").and_then(|text| text.lines().next());
    let refused = json.and_then(|json| serde_json::from_str::<(String, ToldRefused)>(json).ok());
    match refused {
        Some((_, ToldRefused { error, .. })) => error.into_refusal(),
        None => Refusal::logged_already(),
    }
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
    socket: Option<ClientSocket>,
) {
    let Some(socket) = socket else { return };
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
            Told::Over(reason) => {
                self.is_over = true;
                let handle = &self.link.handle;
                let last = handle.outbox().farewell(reason).map(|farewell| farewell.text);
                self.connections.forget(handle);
                Poll::Ready(last.map(|text| Ok(text.into())))
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

    #[test]
    fn why_there_is_no_session_is_read_as_it_was_written() {
        let text = br#"data: ["salon:refused",{"event":"salon:connect","error":{"code":"forbidden","message":"no"}}]"#;
        assert_eq!(refusal_in(text), Refusal::forbidden("no"));
        assert_eq!(refusal_in(b"data: [7]"), Refusal::logged_already());
    }
}
