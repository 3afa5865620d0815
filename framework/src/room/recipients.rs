//! Members of a room, chosen by the room's handler to be sent something.
//!
//! It must never outlive the handler: who is a member changes.

use std::sync::Arc;

use serde::Serialize;

use super::{place::Order, roll::Roll};
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
        let is_for_one = matches!(self.choice, Choice::One(_));
        let is_numbered = !E::POLICY.volatile && !is_for_one;
        let order = roll.order.told();
        let take_number = || order.filter(|_| is_numbered).into_iter().for_each(Order::publish);
        if roll.is_empty() && !is_for_one {
            // It has its number all the same: who comes later may have known what was before.
            return take_number();
        }
        let place = order.map(|order| {
            order.place(roll.name(), if is_numbered { order.next() } else { order.now() })
        });
        let broadcaster = roll.broadcaster();
        let Some(frame) = broadcaster.room_frame(roll.namespace(), roll.room(), event, place)
        else {
            return;
        };
        take_number();
        let except = match &self.choice {
            Choice::Everyone => None,
            Choice::Except(session) => Some(*session),
            Choice::One(peer) => return roll.send_to(peer, frame),
        };
        tracing::trace!(room = %roll.name(), event = E::NAME, members = roll.len(), "broadcast");
        roll.deliver(&frame, except);
    }
}
