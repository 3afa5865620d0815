//! How a room hears of a member's session.
//!
//! It must never keep its room open: a membership outlives the room that it was in.

use actix::WeakAddr;

use super::{
    Room,
    actor::RoomActor,
    sent::{Lapse, SessionEnded},
};
use crate::{
    disconnect::DisconnectReason,
    membership::{Lapsed, RoomLink},
    number::SessionNumber,
};

/// The way from a session to one of its rooms.
pub(super) struct Link<R: Room>(pub(super) WeakAddr<RoomActor<R>>);

impl<R: Room> RoomLink for Link<R> {
    fn ended(&self, session: SessionNumber, reason: DisconnectReason) {
        if let Some(address) = self.0.upgrade() {
            address.do_send(SessionEnded { session, reason });
        }
    }

    fn lapsed(&self, lapsed: Lapsed) {
        if let Some(address) = self.0.upgrade() {
            address.do_send(Lapse(lapsed));
        }
    }
}
