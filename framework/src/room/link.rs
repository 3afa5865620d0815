//! How a room hears of a member's session.
//!
//! It must never keep its room open: a membership outlives the room that it was in.

use actix::WeakAddr;
use bytestring::ByteString;

use super::{
    Room,
    actor::RoomActor,
    sent::{Lapse, SessionEnded},
};
use crate::{
    disconnect::DisconnectReason,
    membership::{Lapsed, RoomLink},
    number::{RoomNumber, SessionNumber},
};

/// The way from a session to one of its rooms; all members of a room share one.
pub(super) struct Link<R: Room> {
    pub(super) room: RoomNumber,
    pub(super) name: ByteString,
    pub(super) address: WeakAddr<RoomActor<R>>,
}

impl<R: Room> RoomLink for Link<R> {
    fn room(&self) -> RoomNumber {
        self.room
    }

    fn name(&self) -> &ByteString {
        &self.name
    }

    fn ended(&self, session: SessionNumber, reason: DisconnectReason) {
        if let Some(address) = self.address.upgrade() {
            address.do_send(SessionEnded { session, reason });
        }
    }

    fn lapsed(&self, lapsed: Lapsed) {
        if let Some(address) = self.address.upgrade() {
            address.do_send(Lapse(lapsed));
        }
    }
}
