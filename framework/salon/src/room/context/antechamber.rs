//! Where what a room sends to one that it is asked to let in waits for its decision.
//!
//! It must never let anything out by itself: whoever is refused gets nothing of it.

use std::cell::Cell;

use crate::message::Publication;

/// What waits for one that is asked in, until the room has decided: of a refused one nothing has
/// left the room. One word while nothing waits, as there is one for each room.
#[derive(Default)]
pub(in crate::room) struct Antechamber(Cell<Option<Box<Waiting>>>);

type Waiting = Vec<Publication>;

impl Antechamber {
    pub(super) fn hold(&self, publication: Publication) {
        let mut waiting = self.0.take().unwrap_or_default();
        waiting.push(publication);
        self.0.set(Some(waiting));
    }

    /// Takes out what waits.
    pub(in crate::room) fn take(&self) -> impl ExactSizeIterator<Item = Publication> + use<> {
        self.0.take().map(|waiting| *waiting).unwrap_or_default().into_iter()
    }
}
