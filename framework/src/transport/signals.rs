//! What the reading and the writing side of one WebSocket tell each other.
//!
//! It must never queue: what a client can make the server say here replaces what was to be said.

use std::{
    cell::Cell,
    future::poll_fn,
    task::{Poll, Waker},
};

use bytes::Bytes;

use crate::{
    outbox::LinkNumber,
    wire::websocket::{CloseFrame, Opcode, encode_close, encode_frame},
};

/// How far a WebSocket's writing side is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    /// It writes what there is.
    Open,
    /// It handed over its close frame.
    Closed,
    /// Nothing is left to wait for: it ends.
    Over,
    /// It is gone.
    Gone,
}

/// Shared by the two sides; both are on one worker.
pub(super) struct Signals {
    stage: Cell<Stage>,
    link: Cell<Option<LinkNumber>>,
    /// Boxed: most of the time there is nothing.
    unsaid: Cell<Option<Box<Unsaid>>>,
    writer: Cell<Option<Waker>>,
    /// Whoever waits for the close frame to be handed over.
    closing: Cell<Option<Waker>>,
}

/// What is to be written beside the outbox.
#[derive(Default)]
pub(super) struct Unsaid {
    greeting: Option<Bytes>,
    pong: Option<Bytes>,
    farewell: Option<Bytes>,
}

impl Signals {
    /// With what is unsaid to be said, and the outbox of `link` to be written after it.
    pub(super) fn new(link: Option<LinkNumber>, unsaid: Option<Box<Unsaid>>) -> Self {
        Self {
            stage: Cell::new(Stage::Open),
            link: Cell::new(link),
            unsaid: Cell::new(unsaid),
            writer: Cell::default(),
            closing: Cell::default(),
        }
    }

    /// Has frames written before all else.
    pub(super) fn greet(&self, frames: Vec<u8>) {
        self.say(|unsaid| unsaid.greeting = Some(frames.into()));
    }

    /// From now on the outbox is written as well, by this link.
    pub(super) fn attach(&self, link: LinkNumber) {
        self.link.set(Some(link));
        self.wake_writer();
    }

    /// Has a ping answered. Only the last one counts (RFC 6455, section 5.5.3), so that a flood of
    /// them does not grow anything.
    pub(super) fn pong(&self, payload: &[u8]) {
        let mut frame = Vec::new();
        encode_frame(Opcode::Pong, payload, &mut frame);
        self.say(|unsaid| unsaid.pong = Some(frame.into()));
    }

    /// Decides the close frame: without a link it is written now, with one at the end of the
    /// outbox. Nothing comes of it once the writing side is done.
    pub(super) fn close(&self, frame: Option<&CloseFrame>) {
        if self.stage.get() >= Stage::Closed {
            return;
        }
        let mut bytes = Vec::new();
        encode_close(frame, &mut bytes);
        self.say(|unsaid| unsaid.farewell = Some(bytes.into()));
    }

    /// Ends the writing side.
    pub(super) fn over(&self) {
        self.reach(Stage::Over);
        self.wake_writer();
    }

    /// Waits until the close frame is handed over, or cannot be any more. One waiter at a time.
    pub(super) async fn closed(&self) {
        poll_fn(|cx| {
            if self.stage.get() >= Stage::Closed {
                return Poll::Ready(());
            }
            self.closing.set(Some(cx.waker().clone()));
            Poll::Pending
        })
        .await;
    }

    /// How far the writing side is.
    pub(super) fn stage(&self) -> Stage {
        self.stage.get()
    }

    /// Notes how far the writing side is; there is no way back.
    pub(super) fn reach(&self, stage: Stage) {
        if self.stage.get() < stage {
            self.stage.set(stage);
            if let Some(closing) = self.closing.take() {
                closing.wake();
            }
        }
    }

    /// The link whose outbox is to be written, if any.
    pub(super) fn link(&self) -> Option<LinkNumber> {
        self.link.get()
    }

    /// What is to be written before the outbox.
    pub(super) fn take_urgent(&self) -> Option<Bytes> {
        self.take(|unsaid| unsaid.greeting.take().or_else(|| unsaid.pong.take()))
    }

    /// The close frame, if it was decided.
    pub(super) fn take_farewell(&self) -> Option<Bytes> {
        self.take(|unsaid| unsaid.farewell.take())
    }

    /// What is to be written beside the outbox, for another to do so.
    pub(super) fn take_unsaid(&self) -> Option<Box<Unsaid>> {
        self.unsaid.take()
    }

    fn say(&self, say: impl FnOnce(&mut Unsaid)) {
        let mut unsaid = self.take_unsaid().unwrap_or_default();
        say(&mut unsaid);
        self.unsaid.set(Some(unsaid));
        self.wake_writer();
    }

    fn take(&self, take: impl FnOnce(&mut Unsaid) -> Option<Bytes>) -> Option<Bytes> {
        let mut unsaid = self.take_unsaid()?;
        let taken = take(&mut unsaid);
        if !unsaid.is_empty() {
            self.unsaid.set(Some(unsaid));
        }
        taken
    }

    /// Remembers whom to wake when there is something to write.
    pub(super) fn register_writer(&self, waker: &Waker) {
        let known = self.writer.take().filter(|writer| writer.will_wake(waker));
        self.writer.set(Some(known.unwrap_or_else(|| waker.clone())));
    }

    fn wake_writer(&self) {
        if let Some(writer) = self.writer.take() {
            writer.wake();
        }
    }
}

impl Unsaid {
    fn is_empty(&self) -> bool {
        self.greeting.is_none() && self.pong.is_none() && self.farewell.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_pings_leaves_one_pong() {
        let signals = Signals::new(None, None);
        for count in 0..1_000_u32 {
            signals.pong(&count.to_be_bytes());
        }
        assert_eq!(signals.take_urgent().unwrap(), &b"\x8a\x04\x00\x00\x03\xe7"[..]);
        assert_eq!(signals.take_urgent(), None);
    }

    #[test]
    fn there_is_no_way_back() {
        let signals = Signals::new(None, None);
        signals.reach(Stage::Gone);
        signals.over();
        assert_eq!(signals.stage(), Stage::Gone);
    }
}
