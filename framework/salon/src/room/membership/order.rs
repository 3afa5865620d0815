//! The order of what a room publishes.
//!
//! It must never give one number to two events, nor leave one out.

use std::cell::Cell;

use bytestring::ByteString;

use crate::message::{At, Epoch, PositionOf};

/// The order of what one state of a room publishes.
pub(in crate::room) struct Order {
    epoch: Epoch,
    /// Whether it is told.
    told: bool,
    published: Cell<u64>,
}

impl Order {
    /// A new order, in which nothing is published yet; whether the members are told of it.
    pub(in crate::room) fn begin(told: bool) -> Self {
        Self { epoch: Epoch::draw(), told, published: Cell::new(0) }
    }

    /// The order, if the members are told of it.
    pub(in crate::room) fn told(&self) -> Option<&Self> {
        self.told.then_some(self)
    }

    /// What the next one that is published gets; it is taken by [`publish`](Self::publish).
    pub(in crate::room) fn next(&self) -> At {
        At::Seq(self.published.get() + 1)
    }

    /// The number is taken that was the next.
    pub(in crate::room) fn publish(&self, at: At) {
        debug_assert_eq!(at, self.next(), "nothing else is published while an event is written");
        self.published.set(self.published.get() + 1);
    }

    /// Behind what has been published.
    pub(in crate::room) fn now(&self) -> At {
        At::After(self.published.get())
    }

    /// A position in this order.
    pub(in crate::room) fn position(&self, room: &ByteString, at: At) -> PositionOf {
        PositionOf { room: room.clone(), epoch: self.epoch, at }
    }
}
