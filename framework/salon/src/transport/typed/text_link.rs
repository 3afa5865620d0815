//! What a connection's client is told, taken out of its outbox as text: where no socket is its own.
//!
//! It must never take more than is handed on.

use std::{
    future::poll_fn,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::{Bytes, BytesMut};

use crate::{
    base::disconnect::DisconnectReason,
    connection::ConnectionHandle,
    outbox::{Control, Drained, Frames, LinkNumber, Sink},
};

/// How many bytes are taken at once, unless one frame alone has more: what is taken can be conflated and
/// revoked no more.
const AT_ONCE: usize = 16 * 1024;

/// The link of one connection.
pub(super) struct TextLink {
    pub(super) handle: Arc<ConnectionHandle>,
    link: LinkNumber,
    terms: Terms,
}

/// How the text is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    /// What stands before each frame.
    pub(super) before: &'static str,
    /// What stands behind each frame, unless the codec has written that.
    pub(super) behind: &'static [u8],
    /// A heartbeat, with what stands behind it; nothing where there is none.
    pub(super) heartbeat: &'static [u8],
    /// Whether a heartbeat that is handed on is answered by that: it is all that can be seen of a client
    /// which makes no other request.
    pub(super) answers_itself: bool,
}

/// What a client is told.
#[derive(Debug)]
pub(super) enum Told {
    /// That.
    Text(Bytes),
    /// Nothing more.
    Over(DisconnectReason),
    /// Nothing more by this link: another has taken its place.
    Replaced,
}

impl TextLink {
    /// The link of a connection from now on, in the place of any other.
    pub(super) fn new(handle: Arc<ConnectionHandle>, terms: Terms) -> Self {
        let link = handle.outbox().attach();
        Self { handle, link, terms }
    }

    /// What there is to be told.
    pub(super) fn poll_told(&self, cx: &mut Context<'_>) -> Poll<Told> {
        let (terms, text) = (self.terms, BytesMut::new());
        let mut taken = Taken { terms, text, single: None, has_beaten: false };
        let drained = self.handle.outbox().poll_drain(cx, self.link, &mut taken);
        if taken.has_beaten && terms.answers_itself {
            self.handle.pong();
        }
        match drained {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Drained::Something | Drained::Everything) => {
                Poll::Ready(Told::Text(taken.into_bytes()))
            }
            Poll::Ready(Drained::Closed(reason)) => Poll::Ready(Told::Over(reason)),
            Poll::Ready(Drained::Replaced) => Poll::Ready(Told::Replaced),
        }
    }

    /// Whether no other has taken its place.
    pub(super) fn is_current(&self) -> bool {
        self.handle.outbox().is_drained_by(self.link)
    }

    /// Waits until there is something to be told.
    pub(super) async fn told(&self) -> Told {
        poll_fn(|cx| self.poll_told(cx)).await
    }
}

impl Drop for TextLink {
    fn drop(&mut self) {
        self.handle.outbox().park(self.link);
    }
}

/// What was taken.
struct Taken {
    terms: Terms,
    text: BytesMut,
    /// The only frame so far, so that one shares its bytes.
    single: Option<Bytes>,
    has_beaten: bool,
}

impl Taken {
    fn add(&mut self, frame: Bytes, behind: &[u8]) {
        if self.text.is_empty() && self.single.is_none() && behind.is_empty() {
            self.single = Some(frame);
            return;
        }
        if let Some(single) = self.single.take() {
            self.text.extend_from_slice(&single);
        }
        self.text.extend_from_slice(&frame);
        self.text.extend_from_slice(behind);
    }

    fn into_bytes(self) -> Bytes {
        self.single.unwrap_or_else(|| self.text.freeze())
    }
}

impl Sink for Taken {
    fn control(&mut self, control: Control) {
        match control {
            Control::Ping | Control::Heartbeat => {
                self.has_beaten = true;
                if !self.terms.heartbeat.is_empty() {
                    self.add(Bytes::from_static(self.terms.heartbeat), b"");
                }
            }
            // That is for who polls.
            Control::LetGo => {}
        }
    }

    fn frames(&mut self, frames: Frames<'_>) -> usize {
        let (mut count, mut bytes) = (0, 0);
        for frame in frames.iter() {
            bytes += frame.cost();
            if count > 0 && bytes > AT_ONCE {
                break;
            }
            self.add(frame.polling(), self.terms.behind);
            count += 1;
        }
        count
    }
}
