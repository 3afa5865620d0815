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
    wire::{
        engine_io::Message,
        websocket::{CloseFrame, Opcode, encode_close, encode_frame},
    },
};

/// How far a WebSocket's writing side is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::transport) enum Stage {
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
pub(in crate::transport) struct WriterControl {
    stage: Cell<Stage>,
    /// Whether no greeting waits.
    is_greeted: Cell<bool>,
    link: Cell<Option<LinkNumber>>,
    /// Boxed: most of the time there is nothing.
    unsaid: Cell<Option<Box<Unsaid>>>,
    writer: Cell<Option<Waker>>,
    /// Whoever waits for the greeting or the close frame to be handed over.
    waiter: Cell<Option<Waker>>,
}

/// What is to be written beside the outbox.
#[derive(Default)]
pub(in crate::transport) struct Unsaid {
    greeting: Option<Bytes>,
    pongs: Pongs,
    farewell: Option<Bytes>,
}

/// Pongs, as frames in the order of their pings.
#[derive(Default)]
struct Pongs {
    frames: Vec<u8>,
    /// Where the last of them begins.
    last: usize,
}

/// How many bytes of pongs wait at most: more than answer what a client may send in one turn of its
/// worker, between which they are written.
const PONGS: usize = 64 * 1024;

impl WriterControl {
    /// With what is unsaid to be said, and the outbox of `link` to be written after it.
    pub(in crate::transport) fn new(link: Option<LinkNumber>, unsaid: Option<Box<Unsaid>>) -> Self {
        Self {
            stage: Cell::new(Stage::Open),
            is_greeted: Cell::new(true),
            link: Cell::new(link),
            unsaid: Cell::new(unsaid),
            writer: Cell::default(),
            waiter: Cell::default(),
        }
    }

    /// Has frames written before all else.
    pub(in crate::transport) fn greet(&self, frames: Vec<u8>) {
        self.is_greeted.set(false);
        self.say(|unsaid| unsaid.greeting = Some(frames.into()));
    }

    /// From now on the outbox is written as well, by this link.
    pub(in crate::transport) fn attach(&self, link: LinkNumber) {
        self.link.set(Some(link));
        self.wake_writer();
    }

    /// Has a ping answered, each by itself. Only if its client does not read does the last take the
    /// place of the one before it (RFC 6455, section 5.5.3), so that a flood of them grows no further.
    pub(super) fn pong(&self, payload: &[u8]) {
        self.say(|unsaid| unsaid.pongs.add(Opcode::Pong, payload));
    }

    /// Has a heartbeat that came as a message answered by one, as a ping is by a pong.
    pub(super) fn heartbeat(&self, heartbeat: &Message) {
        self.say(|unsaid| match heartbeat {
            Message::Text(text) => unsaid.pongs.add(Opcode::Text, text.as_bytes()),
            Message::Binary(bytes) => unsaid.pongs.add(Opcode::Binary, bytes),
        });
    }

    /// Decides the close frame: without a link it is written now, with one at the end of the
    /// outbox. Nothing comes of it once the writing side is done.
    pub(in crate::transport) fn close(&self, frame: Option<&CloseFrame>) {
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

    /// Waits until the greeting is handed over, or cannot be any more. One waiter at a time.
    pub(in crate::transport) async fn greeted(&self) {
        self.until(|| self.is_greeted.get()).await;
    }

    /// Waits until the close frame is handed over, or cannot be any more. One waiter at a time.
    pub(super) async fn closed(&self) {
        self.until(|| false).await;
    }

    async fn until(&self, is_done: impl Fn() -> bool) {
        poll_fn(|cx| {
            if is_done() || self.stage.get() >= Stage::Closed {
                return Poll::Ready(());
            }
            self.waiter.set(Some(cx.waker().clone()));
            Poll::Pending
        })
        .await;
    }

    fn wake_waiter(&self) {
        if let Some(waiter) = self.waiter.take() {
            waiter.wake();
        }
    }

    /// How far the writing side is.
    pub(in crate::transport) fn stage(&self) -> Stage {
        self.stage.get()
    }

    /// Notes how far the writing side is; there is no way back.
    pub(in crate::transport) fn reach(&self, stage: Stage) {
        if self.stage.get() < stage {
            self.stage.set(stage);
            self.wake_waiter();
        }
    }

    /// The link whose outbox is to be written, if any.
    pub(in crate::transport) fn link(&self) -> Option<LinkNumber> {
        self.link.get()
    }

    /// What is to be written before the outbox.
    pub(super) fn take_urgent(&self) -> Option<Bytes> {
        let greeting = self.take(|unsaid| unsaid.greeting.take());
        if greeting.is_some() {
            self.is_greeted.set(true);
            self.wake_waiter();
            return greeting;
        }
        self.take(|unsaid| unsaid.pongs.take())
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
        self.greeting.is_none() && self.pongs.frames.is_empty() && self.farewell.is_none()
    }
}

impl Pongs {
    fn add(&mut self, opcode: Opcode, payload: &[u8]) {
        if self.frames.len() >= PONGS {
            self.frames.truncate(self.last);
        }
        self.last = self.frames.len();
        encode_frame(opcode, payload, &mut self.frames);
    }

    fn take(&mut self) -> Option<Bytes> {
        let Self { frames, .. } = std::mem::take(self);
        (!frames.is_empty()).then(|| frames.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_ping_of_a_burst_has_its_pong() {
        let control = WriterControl::new(None, None);
        let pongs = |count: u32| {
            let pong = |number: u32| [&[0x8a, 4][..], &number.to_be_bytes()].concat();
            (0..count).map(pong).collect::<Vec<_>>().concat()
        };
        for count in [1_u32, 10, 1_000] {
            (0..count).for_each(|number| control.pong(&number.to_be_bytes()));
            assert_eq!(control.take_urgent().unwrap(), pongs(count));
            assert_eq!(control.take_urgent(), None);
        }
    }

    #[test]
    fn a_flood_of_pings_that_nobody_lets_be_answered_leaves_a_bounded_number_of_pongs() {
        let control = WriterControl::new(None, None);
        for count in 0..100_000_u32 {
            control.pong(&count.to_be_bytes());
        }
        let pongs = control.take_urgent().unwrap();
        assert!(pongs.len() <= PONGS + 6, "{} bytes", pongs.len());
        assert!(pongs.ends_with(&99_999_u32.to_be_bytes()), "the last is answered");
        assert_eq!(control.take_urgent(), None);
    }

    #[test]
    fn there_is_no_way_back() {
        let control = WriterControl::new(None, None);
        control.reach(Stage::Gone);
        control.over();
        assert_eq!(control.stage(), Stage::Gone);
    }
}
