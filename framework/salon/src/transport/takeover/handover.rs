//! The way of a socket from actix-web to Salon, behind the head of a 101 response.
//!
//! It must never lose a byte that actix-web has read, nor one that it has not written: unless both
//! is sure, the socket stays where it is. Of what is not written it is as sure as one can be from
//! outside: a client that pipelined its handshake behind a response for which the socket had no room
//! would have to make a third of its buffer free between two looks, a few microseconds apart.

use std::{
    cell::{Cell, RefCell},
    future::poll_fn,
    net::TcpStream,
    pin::Pin,
    task::{Context, Poll, Waker},
};

use actix_web::dev::Payload;
use bytes::BytesMut;
use futures_util::Stream as _;

use super::socket::ClientSocket;

/// How far the handover is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// The response is not under way yet.
    Asked,
    /// The head is in actix-web's write buffer, which it tries to empty at once.
    Written,
    /// The socket took bytes after that: actix-web is to try once more, should bytes be left.
    Again,
    /// It has tried, and the body ends.
    Ending,
    /// actix-web has let go.
    Ended,
    /// actix-web keeps the socket.
    Declined,
}

/// Shared by the body of a response and the link that wants its socket; both are on one worker.
///
/// Every time that actix-web has read what there is it asks the body for bytes, and after that it
/// writes what it has. So the body sees what was read, has itself asked again until nothing is left
/// on either side, and ends.
pub(in crate::transport) struct Handover {
    stage: Cell<Stage>,
    socket: ClientSocket,
    stream: Cell<Option<TcpStream>>,
    payload: RefCell<Payload>,
    /// What the client sent right behind its handshake.
    early: RefCell<BytesMut>,
    link: Cell<Option<Waker>>,
}

impl Handover {
    /// The handover of a socket whose incoming bytes are read from `payload` until then.
    pub(in crate::transport) fn new(socket: ClientSocket, payload: Payload) -> Self {
        Self {
            stage: Cell::new(Stage::Asked),
            socket,
            stream: Cell::default(),
            payload: RefCell::new(payload),
            early: RefCell::default(),
            link: Cell::default(),
        }
    }

    /// The socket, once actix-web has let go of it; `None` if it keeps the socket, because the client
    /// does not read, or if the response ended before.
    pub(in crate::transport) async fn complete(&self) -> Option<TcpStream> {
        poll_fn(|cx| match self.stage.get() {
            Stage::Ended | Stage::Declined => Poll::Ready(()),
            Stage::Asked | Stage::Written | Stage::Again | Stage::Ending => {
                self.link.set(Some(cx.waker().clone()));
                Poll::Pending
            }
        })
        .await;
        self.stream.take()
    }

    /// What actix-web has read, and whence more of it comes.
    pub(in crate::transport) fn take_parts(&self) -> (BytesMut, Payload) {
        self.drain(&mut Context::from_waker(Waker::noop()));
        (self.early.take(), self.payload.borrow_mut().take())
    }

    /// The body's part: ready when it is to end. Pending also when it is to serve for good.
    pub(in crate::transport) fn poll_end(&self, cx: &mut Context<'_>) -> Poll<()> {
        // What is left here holds actix-web up, so that it could have more that it has not given.
        self.drain(cx);
        match self.stage.get() {
            Stage::Asked => self.go_on(Stage::Written, cx),
            Stage::Written if self.socket.is_writable() => self.go_on(Stage::Again, cx),
            Stage::Again if self.socket.is_writable() => match self.socket.take() {
                Ok(stream) => {
                    self.stream.set(Some(stream));
                    self.stage.set(Stage::Ending);
                }
                Err(error) => {
                    tracing::debug!(%error, "the socket was not taken over");
                    self.settle(Stage::Declined);
                }
            },
            // Bytes of responses before this one are still on their way.
            Stage::Written | Stage::Again => self.settle(Stage::Declined),
            Stage::Ending | Stage::Ended | Stage::Declined => {}
        }
        match self.stage.get() {
            Stage::Ending | Stage::Ended => Poll::Ready(()),
            Stage::Asked | Stage::Written | Stage::Again | Stage::Declined => Poll::Pending,
        }
    }

    /// The body is gone; whether the socket was taken over before.
    pub(in crate::transport) fn ended(&self) -> bool {
        let is_taken = self.stage.get() == Stage::Ending;
        self.settle(Stage::Ended);
        is_taken
    }

    /// Whether the body serves for good.
    pub(in crate::transport) fn is_declined(&self) -> bool {
        self.stage.get() == Stage::Declined
    }

    fn drain(&self, cx: &mut Context<'_>) {
        let mut payload = self.payload.borrow_mut();
        while let Poll::Ready(next) = Pin::new(&mut *payload).poll_next(cx) {
            let Some(Ok(chunk)) = next else {
                // An error is told once; what is left in its place says so again.
                *payload = Payload::None;
                return;
            };
            self.early.borrow_mut().extend_from_slice(&chunk);
        }
    }

    /// Has actix-web ask again, once it has written what it can: at once, and not after a turn of the
    /// runtime, which would give a client time to make room for what was left.
    fn go_on(&self, stage: Stage, cx: &Context<'_>) {
        self.stage.set(stage);
        cx.waker().wake_by_ref();
    }

    fn settle(&self, stage: Stage) {
        self.stage.set(stage);
        if let Some(link) = self.link.take() {
            link.wake();
        }
    }
}
