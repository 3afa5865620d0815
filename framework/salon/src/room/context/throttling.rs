//! How a room comes to what it has held back of events with a `throttle`: by a timer among its own.
//!
//! It must never let the last value of a key go unsent while the state lives that published it.

use std::time::Duration;

use super::{newest::Outgoing, room_context::RoomContext};
use crate::{base::clock, room::contract::Room};

impl<R: Room> RoomContext<R> {
    /// Sets a timer for what is held back, if none is set for it.
    pub(in crate::room) fn wake_for_held(&mut self) {
        let Some((at, former)) = self.newest.to_be_woken() else { return };
        if let Some(former) = former {
            self.timers.cancel(former);
        }
        let delay: Duration = at.saturating_duration_since(clock::now());
        let timer = self.after(delay, |_, cx| cx.send_all(&cx.newest.due()));
        self.newest.woken_by(at, timer);
    }

    /// Sends what is held back: nothing comes after it.
    pub(in crate::room) fn send_held_back(&self) {
        self.send_all(&self.newest.take_held());
    }

    fn send_all(&self, outgoing: &[Outgoing]) {
        for outgoing in outgoing {
            self.members.deliver(&outgoing.publication, outgoing.except());
        }
    }
}
