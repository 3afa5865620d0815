//! Room in an outbox: whether what a client is about to be answered has a place there.
//!
//! It must never be asked by whoever emits, who does not wait: it is for those who can leave a client's
//! next message where it is.

use super::{queue::Outbox, state::State};

/// What is to have a place beside what waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Room {
    /// In bytes.
    pub(crate) bytes: usize,
    /// In frames.
    pub(crate) frames: usize,
}

impl Outbox {
    /// Half of all that it may hold.
    pub(crate) fn half(&self) -> Room {
        Room { bytes: self.terms.max_bytes / 2, frames: self.terms.max_frames / 2 }
    }

    /// Whether half of what it may hold waits.
    pub(crate) fn is_half_full(&self) -> bool {
        self.lock().is_half_full(&self.terms)
    }

    /// Whether there is room. An outbox that is empty, or over, has room for everything: nothing would
    /// make more of it.
    pub(crate) fn has(&self, room: Room) -> bool {
        self.fits(&self.lock(), room)
    }

    /// Waits until there is room.
    pub(crate) async fn until_it_has(&self, room: Room) {
        loop {
            let changed = self.lock().changed.get_or_insert_default().clone();
            // Made before the look, so that room that is made in between is not missed.
            let changed = changed.notified();
            {
                let mut state = self.lock();
                if self.fits(&state, room) {
                    return;
                }
                state.is_room_awaited = true;
            }
            changed.await;
        }
    }

    fn fits(&self, state: &State, room: Room) -> bool {
        // What is held behind something that is to be read takes a place as well.
        let (own, held) = (state.own(), state.held());
        let (frames, bytes) = (own.0 + held.0, own.1 + held.1);
        (frames == 0 && !state.is_behind())
            || state.closed.is_some()
            || bytes.saturating_add(room.bytes) <= self.terms.max_bytes
                && frames.saturating_add(room.frames) <= self.terms.max_frames
    }
}

#[cfg(test)]
mod tests {
    use std::{
        future::Future,
        pin::pin,
        sync::{Arc, Weak},
        task::{Context, Poll, Waker},
    };

    use super::*;
    use crate::{
        base::{
            config::Limits, disconnect::DisconnectReason, in_flight::InFlightLimit,
            number::SessionNumber,
        },
        message::{Layer, Publication},
        outbox::{Control, End, Frames, LinkNumber, Owner, Sink, Terms, TransportKind},
        protocol::RawCodec,
        wire::engine_io::Message,
    };

    /// Whose outbox it is; there is none.
    struct Nobody;

    impl Owner for Nobody {
        fn ended(&self, _: DisconnectReason) {}

        fn end_session(&self, _: SessionNumber, _: End) {}

        fn has_missed(&self) {}
    }

    /// Takes one frame at a time.
    struct One;

    impl Sink for One {
        fn control(&mut self, _: Control) {}

        fn frames(&mut self, frames: Frames<'_>) -> usize {
            frames.len().min(1)
        }
    }

    fn outbox() -> Outbox {
        let limits = Limits { max_outbox_bytes: 40, max_outbox_frames: 4, ..Limits::default() };
        let terms = Terms::new(
            &limits,
            Arc::new(RawCodec { layer: Layer::EngineIo }),
            Arc::default(),
            Arc::new(InFlightLimit::new(1)),
        );
        let owner = Weak::<Nobody>::new();
        Outbox::new(Arc::new(terms), TransportKind::WebSocket, owner)
    }

    fn frame() -> Publication {
        Publication::message(Message::Text("0123456789".into()))
    }

    #[test]
    fn there_is_room_for_what_fits_beside_what_waits_and_in_an_empty_outbox_for_all() {
        let (outbox, room) = (outbox(), |bytes, frames| Room { bytes, frames });
        assert!(outbox.has(room(1_000, 1_000)));
        outbox.push(&frame()).unwrap();
        assert!(outbox.has(room(30, 3)));
        assert!(!outbox.has(room(31, 1)), "a byte too many");
        assert!(!outbox.has(room(1, 4)), "a frame too many");
        outbox.close(DisconnectReason::TransportClose);
        assert!(outbox.has(room(31, 4)));
    }

    #[test]
    fn half_of_what_it_may_hold_is_half_of_the_bytes_and_half_of_the_frames() {
        let outbox = outbox();
        assert_eq!(outbox.half(), Room { bytes: 20, frames: 2 });
    }

    #[test]
    fn whoever_waits_for_room_is_told_when_there_is_and_at_the_end() {
        for by_an_end in [false, true] {
            let outbox = outbox();
            (0..4).for_each(|_| outbox.push(&frame()).unwrap());
            let mut waiting = pin!(outbox.until_it_has(outbox.half()));
            let mut cx = Context::from_waker(Waker::noop());
            assert!(waiting.as_mut().poll(&mut cx).is_pending());
            if by_an_end {
                outbox.close(DisconnectReason::TransportClose);
            } else {
                let _ = outbox.poll_drain(&mut cx, LinkNumber::FIRST, &mut One);
                assert!(waiting.as_mut().poll(&mut cx).is_pending(), "three wait");
                let _ = outbox.poll_drain(&mut cx, LinkNumber::FIRST, &mut One);
            }
            assert_eq!(waiting.as_mut().poll(&mut cx), Poll::Ready(()));
        }
    }
}
