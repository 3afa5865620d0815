//! The way of a socket from actix-web to Salon, behind the head of a 101 response.
//!
//! It must never lose a byte that actix-web has read, nor one that it has not written: unless both
//! is sure, the socket stays where it is.

use std::{
    cell::{Cell, RefCell},
    net::TcpStream,
    pin::Pin,
    task::{Context, Poll, Waker},
};

use actix_web::dev::Payload;
use bytes::BytesMut;
use futures_util::Stream as _;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tokio::sync::Notify;

use super::socket::ClientSocket;

/// How far the handover is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    /// The response is not under way yet.
    Asked,
    /// The head is in actix-web's write buffer, which it tries to empty at once.
    Written,
    /// The socket took bytes after that: actix-web is to try once more, should bytes be left.
    Again,
    /// It has tried.
    Flushed,
    /// The body is to end.
    Ending,
    /// actix-web has let go.
    Ended,
    /// actix-web keeps the socket.
    Declined,
}

/// Shared by the body of a response and the link that wants its socket; both are on one worker.
///
/// Every time that actix-web has read what there is it asks the body for bytes, and after that it
/// writes what it has. So the body sees what was read, and ends when nothing is left on either side.
pub(super) struct Handover {
    stage: Cell<Stage>,
    payload: RefCell<Payload>,
    /// What the client sent right behind its handshake.
    early: RefCell<BytesMut>,
    body: RefCell<Option<Waker>>,
    progress: Notify,
}

impl Handover {
    /// The handover of a socket whose incoming bytes are read from `payload` until then.
    pub(super) fn new(payload: Payload) -> Self {
        Self {
            stage: Cell::new(Stage::Asked),
            payload: RefCell::new(payload),
            early: RefCell::default(),
            body: RefCell::default(),
            progress: Notify::new(),
        }
    }

    /// Takes the socket over, or gives it back if its client does not read: `None`.
    pub(super) async fn complete(&self, socket: &ClientSocket) -> Option<TcpStream> {
        self.reached(Stage::Written).await;
        if self.stage.get() == Stage::Ended {
            return None;
        }
        let stream = match socket.take() {
            Ok(stream) => stream,
            Err(error) => {
                tracing::debug!(%error, "the socket was not taken over");
                self.advance(Stage::Declined);
                return None;
            }
        };
        if is_writable(&stream) {
            self.advance(Stage::Again);
            self.reached(Stage::Flushed).await;
            if is_writable(&stream) {
                self.advance(Stage::Ending);
                self.reached(Stage::Ended).await;
                return Some(stream);
            }
        }
        // Bytes of responses before this one are still on their way.
        socket.put_back(stream);
        self.advance(Stage::Declined);
        None
    }

    /// What actix-web has read, and whence more of it comes.
    pub(super) fn take_parts(&self) -> (BytesMut, Payload) {
        self.drain(&mut Context::from_waker(Waker::noop()));
        (self.early.take(), self.payload.borrow_mut().take())
    }

    /// The body's part: ready when it is to end.
    pub(super) fn poll_end(&self, cx: &mut Context<'_>) -> Poll<()> {
        // What is left here holds actix-web up, so that it could have more that it has not given.
        self.drain(cx);
        match self.stage.get() {
            Stage::Asked => self.reach(Stage::Written),
            Stage::Again => self.reach(Stage::Flushed),
            Stage::Ending => return Poll::Ready(()),
            Stage::Written | Stage::Flushed | Stage::Ended | Stage::Declined => {}
        }
        *self.body.borrow_mut() = Some(cx.waker().clone());
        Poll::Pending
    }

    /// The body is gone.
    pub(super) fn ended(&self) {
        self.reach(Stage::Ended);
    }

    /// Whether the body serves for good.
    pub(super) fn is_declined(&self) -> bool {
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

    fn advance(&self, stage: Stage) {
        self.reach(stage);
        if let Some(body) = self.body.take() {
            body.wake();
        }
    }

    fn reach(&self, stage: Stage) {
        if self.stage.get() < stage {
            self.stage.set(stage);
            self.progress.notify_one();
        }
    }

    async fn reached(&self, stage: Stage) {
        while self.stage.get() < stage {
            self.progress.notified().await;
        }
    }
}

/// Whether a socket takes bytes now.
fn is_writable(stream: &TcpStream) -> bool {
    let mut asked = [PollFd::new(stream, PollFlags::OUT)];
    let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut asked, Some(&at_once)).is_ok() && asked[0].revents().contains(PollFlags::OUT)
}
