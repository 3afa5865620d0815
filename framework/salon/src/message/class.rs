//! Dropped of the two classes of events a publication is of: one that reaches whom it is for, or one that a
//! client that is slow may miss, and how.
//!
//! It must take nothing for what nobody may miss.

use std::sync::Arc;

use crate::event::{Dropped, Event, Loss};

/// What becomes of a publication where a client is slow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// It is queued, or the connection ends.
    Reliable,
    /// It is for whoever is writable at this moment.
    Volatile,
    /// A newer one of this key takes its place.
    Latest(Option<Arc<str>>),
    /// So many of them may wait, and one more drops one of them.
    Drop { which: Dropped, queue: u16 },
}

impl Class {
    /// That of an event, as its derive says.
    pub(crate) fn of<E: Event>(event: &E) -> Self {
        match E::POLICY.loss {
            Loss::Volatile => Self::Volatile,
            Loss::Latest => Self::Latest(event.latest_key().map(|key| key.as_ref().into())),
            Loss::Drop { which, queue } => Self::Drop { which, queue },
            // Of a loss that is not known here nothing is lost.
            _ => Self::Reliable,
        }
    }

    /// Whether nobody may miss it: it has a number, and is kept for who comes back.
    pub(crate) fn is_reliable(&self) -> bool {
        *self == Self::Reliable
    }
}
