//! How far a session is behind in what a room keeps.
//!
//! It must never hold what a room keeps: of that it has a number alone. What it does hold is for this
//! session alone, and no more than a burst to a client that reads.

use std::{ptr, sync::Arc};

use super::{burst, terms::Terms};
use crate::{
    base::room_id::RoomId,
    message::{Kept, Listener, Log, Publication, Reader, Stretch},
};

/// How far a session is behind in one room. There is none for a session that is not.
pub(crate) struct Lag {
    pub(super) room: RoomId,
    pub(super) log: Arc<dyn Log>,
    pub(super) listener: Listener,
    /// The number of the first that it has not read.
    pub(super) next: u64,
    /// That of the last that it has to read: what has a higher one comes to it by itself.
    pub(super) last: u64,
    /// Up to which number it is not told who came and went: its client has a list that is younger.
    pub(super) listed: u64,
    /// What has no number of its own, each with the number that it belongs behind, in order.
    pub(super) held: Vec<(u64, Publication)>,
    pub(super) held_bytes: usize,
    /// Whether it is behind since it was away, and not since it is slow.
    is_return: bool,
}

/// What becomes of a publication for a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Held {
    /// It is to be queued as ever.
    Passes,
    /// It is read later, or comes behind what is.
    Later,
    /// It may be missed, and is.
    Missed,
    /// There is no place for it.
    Full,
}

/// What one that is behind may read next.
pub(super) struct Wanted {
    pub(super) room: RoomId,
    pub(super) log: Arc<dyn Log>,
    pub(super) listener: Listener,
    pub(super) from: u64,
    pub(super) to: u64,
    pub(super) listed: u64,
    pub(super) most: usize,
    pub(super) bytes: usize,
}

impl Lag {
    /// It has come back, and reads that.
    pub(crate) fn new(room: RoomId, log: Arc<dyn Log>, reader: Reader, missed: Stretch) -> Self {
        let Stretch { after, to: last, is_listed } = missed;
        let (next, listed) = (after + 1, if is_listed { last } else { 0 });
        // What is published from here on it is sent as any member is.
        let listener = Listener { reader, since: last };
        let (held, held_bytes) = (Vec::new(), 0);
        Self { room, log, listener, next, last, listed, held, held_bytes, is_return: true }
    }

    /// It is slow: there is no place for that number.
    pub(super) fn of_one_that_is_slow(
        room: RoomId,
        log: Arc<dyn Log>,
        reader: Reader,
        seq: u64,
    ) -> Self {
        let missed = Stretch { after: seq - 1, to: seq, is_listed: false };
        Self { is_return: false, ..Self::new(room, log, reader, missed) }
    }

    /// Whether it is to be cut off rather than read something later. One that has been away is not: it
    /// would not come any further than to what it missed.
    pub(super) fn is_closed_by(&self, kept: &Kept) -> bool {
        kept.closes && !self.is_return
    }

    /// Whether something is kept in the order that it reads.
    pub(super) fn reads(&self, kept: &Kept) -> bool {
        ptr::addr_eq(Arc::as_ptr(&self.log), kept.log.as_ptr())
    }

    /// Keeps something that has no number behind what is to be read before it. What its client may miss
    /// leaves half of the place to what it may not.
    pub(super) fn hold(&mut self, publication: &Publication, cost: usize, terms: &Terms) -> Held {
        let (most_frames, most_bytes) = match publication.class().is_reliable() {
            // As much as may be sent in one turn to a client that takes it.
            true => (
                terms.max_frames.saturating_mul(burst::MOST),
                terms.max_bytes.saturating_mul(burst::MOST),
            ),
            false => (terms.max_frames / 2, terms.max_bytes / 2),
        };
        if self.held.len() >= most_frames || self.held_bytes + cost > most_bytes {
            return Held::Full;
        }
        self.held.push((self.last, publication.clone()));
        self.held_bytes += cost;
        Held::Later
    }
}
