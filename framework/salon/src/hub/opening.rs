//! Who opens a room, and whether one more may be open.
//!
//! It must never refuse a room that is open already: what is limited is opening one.

use crate::base::{
    allowance::Allowance,
    config::{Limits, Rate},
    number::ShardNumber,
    refusal::{Code, Refusal},
    slots::{Slot, Slots},
};

/// Who has a room opened.
pub(crate) enum Opener<'a> {
    /// The app.
    App,
    /// A client by its event, whose session is on the worker `near`.
    Client { near: ShardNumber, allowance: &'a mut Allowance },
}

impl Opener<'_> {
    /// The worker that the room would best be on.
    pub(crate) fn near(&self) -> Option<ShardNumber> {
        match self {
            Self::App => None,
            Self::Client { near, .. } => Some(*near),
        }
    }
}

/// How many rooms may be open in one Salon, and how many by one connection.
#[derive(Debug)]
pub(crate) struct Openings {
    open: Slots,
    most: usize,
    most_of_connection: usize,
    rate: Rate,
}

/// What an open room has taken: given back by its drop.
#[derive(Debug)]
pub(crate) struct Opened {
    _of_salon: Slot,
    _of_connection: Option<Slot>,
}

impl Openings {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            open: Slots::default(),
            most: limits.max_open_rooms,
            most_of_connection: limits.max_rooms_opened,
            rate: limits.room_rate,
        }
    }

    /// Takes the right to open one more room.
    pub(crate) fn take(&self, opener: Opener<'_>) -> Result<Opened, Refusal> {
        let of_salon = self.open.take(self.most);
        let _of_salon = of_salon.ok_or_else(|| too_many_open(self.most, "rooms"))?;
        let _of_connection = match opener {
            Opener::App => None,
            Opener::Client { allowance, .. } => {
                Some(allowance.take_room(self.rate, self.most_of_connection)?)
            }
        };
        Ok(Opened { _of_salon, _of_connection })
    }
}

/// The refusal of a room while as many are open as may be.
pub(crate) fn too_many_open(most: usize, what: &str) -> Refusal {
    Refusal::new(Code::LimitExceeded, format!("{most} {what} are open, and no more may be"))
}
