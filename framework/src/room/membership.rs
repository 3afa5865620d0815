//! How a room hears of the end of a member's session.
//!
//! It must never keep its room open: a membership outlives the room that it was in.

use actix::WeakAddr;

use super::{Room, actor::RoomActor, sent::SessionEnded};
use crate::{
    disconnect::DisconnectReason,
    peer::{Membership, RoomNumber, SessionNumber},
};

/// One session's place in one room.
pub(super) struct RoomMembership<R: Room> {
    pub(super) room: RoomNumber,
    pub(super) address: WeakAddr<RoomActor<R>>,
}

impl<R: Room> Membership for RoomMembership<R> {
    fn room(&self) -> RoomNumber {
        self.room
    }

    fn ended(&self, session: SessionNumber, reason: DisconnectReason) {
        if let Some(address) = self.address.upgrade() {
            address.do_send(SessionEnded { session, reason });
        }
    }
}
