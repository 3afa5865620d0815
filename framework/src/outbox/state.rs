//! What changes in an outbox, under its lock.
//!
//! It must stay small while nothing waits: there is one for every connection, and most are idle.

use std::{collections::HashMap, sync::Arc, task::Waker};

use smallvec::SmallVec;
use tokio::sync::Notify;

use super::drain::LinkNumber;
use crate::{
    disconnect::DisconnectReason,
    frame::Frame,
    number::{MembershipNumber, RoomNumber},
    wire::engine_io,
};

/// What waits in an outbox, and for what it waits.
#[derive(Default)]
pub(super) struct State {
    /// Boxed: they are rare, and taken together.
    control: Option<Box<Control>>,
    /// In place while there are few.
    pub(super) frames: SmallVec<[Frame; 2]>,
    pub(super) bytes: usize,
    pub(super) link: LinkNumber,
    pub(super) closed: Option<DisconnectReason>,
    /// The link that waited last.
    waker: Option<Waker>,
    /// Whether it waits still.
    is_awaited: bool,
    /// Rooms whose frames are withheld, and up to which membership: while something may be on its
    /// way by one that was lost. Boxed: most connections never lose a room.
    pub(super) barred: Option<Box<Barred>>,
    /// Made for who waits first for the end, or for room.
    pub(super) changed: Option<Arc<Notify>>,
    /// Whether somebody waits for room.
    pub(super) is_room_awaited: bool,
}

type Control = Vec<engine_io::Packet>;

type Barred = HashMap<RoomNumber, MembershipNumber>;

impl State {
    /// A control packet overtakes the frames.
    pub(super) fn queue_control(&mut self, packet: engine_io::Packet) {
        self.control.get_or_insert_default().push(packet);
        self.wake();
    }

    /// The control packets that wait.
    pub(super) fn control(&self) -> impl Iterator<Item = &engine_io::Packet> {
        self.control.iter().flat_map(|control| control.iter())
    }

    /// Takes the control packets, if there are any. They come as often as a heartbeat: a connection
    /// that has nothing else to be sent gives back what it took when it had.
    pub(super) fn take_control(&mut self) -> Option<Box<Control>> {
        let control = self.control.take()?;
        if self.frames.is_empty() {
            self.frames.shrink_to_fit();
        }
        Some(control)
    }

    /// Drops the frames that wait.
    pub(super) fn drop_frames(&mut self) {
        self.frames = SmallVec::new();
        self.bytes = 0;
        self.tell_of_room();
    }

    pub(super) fn withholds(&self, frame: &Frame) -> bool {
        let bars = |room| self.barred.as_ref().is_some_and(|barred| barred.contains_key(&room));
        frame.room().is_some_and(bars)
    }

    /// The frames of a room are withheld no more, if `is_over` says so of the last membership that
    /// was lost.
    pub(super) fn release(
        &mut self,
        room: RoomNumber,
        is_over: impl FnOnce(MembershipNumber) -> bool,
    ) {
        let Some(barred) = &mut self.barred else { return };
        if barred.get(&room).is_some_and(|last| is_over(*last)) {
            barred.remove(&room);
        }
        if barred.is_empty() {
            self.barred = None;
        }
    }

    pub(super) fn queue(&mut self, frame: Frame) {
        self.bytes += frame.cost();
        self.frames.push(frame);
        self.wake();
    }

    /// Takes as many frames as `count` says; whether that is any.
    pub(super) fn take(&mut self, count: impl FnOnce(&[Frame]) -> usize) -> bool {
        let count = count(&self.frames);
        for frame in self.frames.drain(..count) {
            self.bytes -= frame.cost();
        }
        if count > 0 {
            self.tell_of_room();
        }
        count > 0
    }

    /// There is more room than before: whoever waits for it looks again.
    pub(super) fn tell_of_room(&mut self) {
        if std::mem::take(&mut self.is_room_awaited)
            && let Some(changed) = &self.changed
        {
            changed.notify_waiters();
        }
    }

    /// Whether a link is waiting for something to write.
    pub(super) fn is_writable(&self) -> bool {
        self.is_awaited && self.frames.is_empty()
    }

    /// A link waits from now on.
    pub(super) fn wait(&mut self, link: &Waker) {
        self.is_awaited = true;
        match &mut self.waker {
            Some(waker) => waker.clone_from(link),
            none @ None => *none = Some(link.clone()),
        }
    }

    /// No link waits, and none is remembered.
    pub(super) fn wait_no_more(&mut self) {
        self.is_awaited = false;
        self.waker = None;
    }

    /// Ends it; true if it had not ended before.
    pub(super) fn end(&mut self, reason: DisconnectReason, discard: bool) -> bool {
        let first = self.closed.is_none();
        self.closed.get_or_insert(reason);
        if let Some(changed) = self.changed.take() {
            changed.notify_waiters();
        }
        if discard {
            self.control = None;
            self.drop_frames();
        }
        self.wake();
        first
    }

    pub(super) fn wake(&mut self) {
        if let Some(waker) = &self.waker
            && self.is_awaited
        {
            self.is_awaited = false;
            waker.wake_by_ref();
        }
    }
}
