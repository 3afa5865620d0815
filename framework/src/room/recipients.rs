//! Members of a room, chosen by the room's handler to be sent something.
//!
//! It must never outlive the handler: who is a member changes.

use std::sync::Arc;

use serde::Serialize;

use super::roll::Roll;
use crate::{event::Event, number::SessionNumber, peer::Peer};

/// Some members of a room.
#[must_use = "an audience does nothing until something is emitted to it"]
pub struct RoomAudience<'a> {
    pub(super) roll: &'a Roll,
    pub(super) choice: Choice,
}

/// Which of the members.
pub(super) enum Choice {
    Everyone,
    Except(SessionNumber),
    One(Arc<Peer>),
}

impl RoomAudience<'_> {
    /// Sends an event to them.
    pub fn emit<E: Event + Serialize>(&self, event: &E) {
        let roll = self.roll;
        let numbered = !E::POLICY.volatile && !matches!(self.choice, Choice::One(_));
        let order = roll.order.told();
        if roll.is_empty() && !matches!(self.choice, Choice::One(_)) {
            // It has its number all the same: who comes later may have known what was before.
            if let Some(order) = order.filter(|_| numbered) {
                order.publish();
            }
            return;
        }
        let place = order.map(|order| {
            order.place(roll.name(), if numbered { order.next() } else { order.now() })
        });
        let broadcaster = &roll.broadcaster();
        let Some(frame) = broadcaster.room_frame(roll.namespace(), roll.room(), event, place)
        else {
            return;
        };
        if let Some(order) = order.filter(|_| numbered) {
            order.publish();
        }
        let except = match &self.choice {
            Choice::Everyone => None,
            Choice::Except(session) => Some(*session),
            Choice::One(peer) => return broadcaster.send_to(peer, frame),
        };
        tracing::trace!(room = %roll.name(), event = E::NAME, members = roll.len(), "broadcast");
        roll.deliver(&frame, except);
    }
}
