//! The body of a request, and what becomes of one whose answer came before its end.
//!
//! It must never go on reading without end for a client that was answered: what is left is read for
//! a while, since a socket that is closed over unread bytes takes the answer back, and then dropped.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use actix_web::{
    HttpRequest, HttpResponse,
    body::{BodySize, BoxBody, MessageBody},
    dev::Payload,
    error::PayloadError,
    http::{
        ConnectionType, StatusCode,
        header::{self, HeaderValue},
    },
    web,
};
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt as _};
use tokio::time::{Sleep, sleep};

use crate::{
    connection::Connections,
    transport::takeover::{Anchor, ClientSocket},
};

/// How long what is left of a request may keep us waiting for its next bytes.
const SILENCE: Duration = Duration::from_millis(200);

/// How often is looked whether a client has made room for an answer.
const LOOK: Duration = Duration::from_millis(10);

/// The body of a request.
pub(in crate::transport) struct Upload(Option<Payload>);

impl Upload {
    pub(in crate::transport) fn new(payload: web::Payload) -> Self {
        match payload.into_inner() {
            Payload::None => Self(None),
            payload => Self(Some(payload)),
        }
    }

    /// The next bytes; `None` at the end.
    async fn next(&mut self) -> Option<Result<Bytes, PayloadError>> {
        let next = self.0.as_mut()?.next().await;
        if !matches!(next, Some(Ok(_))) {
            self.0 = None;
        }
        next
    }

    /// All of it, which has `limit` bytes at most.
    ///
    /// # Errors
    /// If it has more, or ends before its end.
    pub(in crate::transport) async fn read(
        &mut self,
        request: &HttpRequest,
        limit: usize,
    ) -> Result<Bytes, ReadError> {
        let announced = request.headers().get(header::CONTENT_LENGTH);
        let announced = announced
            .and_then(|length| length.to_str().ok())
            .and_then(|length| length.parse::<u64>().ok());
        if announced.is_some_and(|length| length > limit as u64) {
            return Err(ReadError::TooLarge);
        }
        let mut all = BytesMut::new();
        while let Some(chunk) = self.next().await {
            let chunk = chunk.map_err(|_| ReadError::Aborted)?;
            if chunk.len() > limit - all.len() {
                return Err(ReadError::TooLarge);
            }
            all.extend_from_slice(&chunk);
        }
        Ok(all.freeze())
    }

    /// All of it, for whoever reads it from here on.
    pub(in crate::transport) fn take(&mut self) -> Payload {
        self.0.take().unwrap_or(Payload::None)
    }

    /// The answer to a request of which this was the body, as far as it was not read.
    pub(in crate::transport) fn answered(
        self,
        request: &HttpRequest,
        connections: &Connections,
        mut response: HttpResponse,
    ) -> HttpResponse {
        // Only in HTTP/1 a body that nobody reads stands in the way of others.
        let Some(rest @ Payload::H1 { .. }) = self.0 else { return response };
        let socket = request.conn_data::<Anchor>().map(Anchor::socket);
        let headers = request.headers();
        let is_chunked = headers.contains_key(header::TRANSFER_ENCODING);
        let is_endless = !is_chunked && !headers.contains_key(header::CONTENT_LENGTH);
        if is_endless && socket.is_none() {
            // It asked for another protocol: nothing is left to be read but the end.
            return response;
        }
        response.head_mut().set_connection_type(ConnectionType::Close);
        let (bytes, until) = (connections.limits().max_payload, connections.timeouts().close);
        response.map_body(|head, body| {
            if let BodySize::Sized(length) = body.size()
                && head.status != StatusCode::NO_CONTENT
            {
                // What the client waits for is its end, and not that of the body here.
                head.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
            }
            head.no_chunking(true);
            let late = Box::pin(sleep(until));
            let rest = Rest { payload: rest, is_chunked, is_endless, bytes, late, silence: None };
            BoxBody::new(Answer { body, stage: Stage::Making, socket, rest })
        })
    }
}

/// Why a body was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::transport) enum ReadError {
    /// It has more bytes than may be read.
    TooLarge,
    /// It ended before its end.
    Aborted,
}

/// The body of a response to a request that is not read to its end.
struct Answer {
    body: BoxBody,
    stage: Stage,
    /// With it the client is told at once that nothing more comes.
    socket: Option<ClientSocket>,
    rest: Rest,
}

/// How far an answer is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// actix-web does not have all of it.
    Making,
    /// actix-web has all of it.
    Made,
    /// The socket took bytes after that, so that actix-web has written or tries to.
    Writing,
    /// It is sent, as far as can be seen from here.
    Sent,
}

impl Answer {
    /// Waits until the answer is sent, and ends the server's half of the connection then.
    fn poll_sent(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(socket) = &self.socket else { return Poll::Ready(()) };
        if self.stage == Stage::Sent {
            return Poll::Ready(());
        }
        if !socket.is_writable() {
            self.stage = Stage::Made;
            // Nobody else wakes for it if actix-web has nothing left to write.
            if self.rest.poll_silence(LOOK, cx).is_ready() {
                cx.waker().wake_by_ref();
            }
            return Poll::Pending;
        }
        if self.stage == Stage::Made {
            self.stage = Stage::Writing;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.stage = Stage::Sent;
        self.rest.silence = None;
        socket.say_no_more();
        Poll::Ready(())
    }

    /// Has actix-web let go of the connection. One whose client goes on sending is reset: that client may
    /// have found no room, and the kernel tells it no more when there is some again.
    fn end(&self, is_sending: bool) -> Poll<Option<Result<Bytes, Unread>>> {
        match &self.socket {
            Some(socket) if self.stage == Stage::Sent && !is_sending => socket.end(),
            Some(socket) => socket.abort(),
            // There is no other way to have it stop reading a body whose end is not known.
            None if self.rest.is_chunked => return Poll::Ready(Some(Err(Unread))),
            None => {}
        }
        Poll::Ready(None)
    }
}

impl MessageBody for Answer {
    type Error = Unread;

    /// Not that of the answer: it is over when the request is.
    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Unread>>> {
        let this = &mut *self;
        if this.stage == Stage::Making {
            match ready!(Pin::new(&mut this.body).poll_next(cx)) {
                Some(Ok(bytes)) => return Poll::Ready(Some(Ok(bytes))),
                Some(Err(_)) | None => this.stage = Stage::Made,
            }
        }
        if this.rest.late.as_mut().poll(cx).is_ready() {
            return this.end(false);
        }
        ready!(this.poll_sent(cx));
        match ready!(this.rest.poll_end(cx)) {
            Ended::All => Poll::Ready(None),
            Ended::Silent => this.end(false),
            Ended::Sending => this.end(true),
        }
    }
}

/// How it ended to wait for what is left of a request.
enum Ended {
    /// It came, or the client is gone.
    All,
    /// Nothing comes.
    Silent,
    /// Too much comes.
    Sending,
}

/// A request whose answer came before its end did not come to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the body of a request that is answered did not end")]
struct Unread;

/// What is left of a request that is answered.
struct Rest {
    payload: Payload,
    is_chunked: bool,
    /// Whether it has no end but that of the connection.
    is_endless: bool,
    /// How many more bytes are read.
    bytes: usize,
    /// The end of the time that all of it has.
    late: Pin<Box<Sleep>>,
    silence: Option<Pin<Box<Sleep>>>,
}

impl Rest {
    /// Drops what comes, to the end of the request.
    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<Ended> {
        loop {
            match Pin::new(&mut self.payload).poll_next(cx) {
                Poll::Ready(Some(Ok(chunk))) => {
                    let Some(left) = self.bytes.checked_sub(chunk.len()) else {
                        return Poll::Ready(Ended::Sending);
                    };
                    self.bytes = left;
                    self.silence = None;
                }
                // At its end, or the client is gone.
                Poll::Ready(Some(Err(_)) | None) => return Poll::Ready(Ended::All),
                Poll::Pending if self.is_endless => return Poll::Ready(Ended::Silent),
                Poll::Pending => return self.poll_silence(SILENCE, cx).map(|()| Ended::Silent),
            }
        }
    }

    /// Waits for so long.
    fn poll_silence(&mut self, silence: Duration, cx: &mut Context<'_>) -> Poll<()> {
        let waiting = self.silence.get_or_insert_with(|| Box::pin(sleep(silence)));
        ready!(waiting.as_mut().poll(cx));
        self.silence = None;
        Poll::Ready(())
    }
}
