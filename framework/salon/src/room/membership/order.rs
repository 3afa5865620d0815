//! The order of what a room publishes, and what is kept of it.
//!
//! It must never give one number to two events, nor leave one out.

use std::{
    cell::{Cell, RefCell},
    sync::{Arc, Weak},
};

use bytestring::ByteString;
use serde::Serialize;

use crate::{
    history::{History, HistoryTotal, KnownSince, LeftOut, Past, RoomLog},
    message::{At, Epoch, Kept, Log, PositionOf, Publication, Reader, Seen},
    session::handle::SessionHandle,
};

/// The order of what one state of a room publishes.
pub(in crate::room) struct Order {
    epoch: Epoch,
    /// Whether it is told.
    told: bool,
    published: Cell<u64>,
    /// If the room has a history.
    kept: Option<Box<KeptOrder>>,
}

/// What is kept of it.
struct KeptOrder {
    log: Arc<RoomLog>,
    /// If a member has only what was published since it came first.
    known: Option<RefCell<KnownSince>>,
}

/// Why a client does not get what it missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::room) enum Lost {
    /// What it has seen is of another order than the room has now.
    Epoch,
    /// Not all of it is kept, or not for this client.
    Trimmed,
    /// It names a number that there has not been.
    Ahead,
}

impl Order {
    /// A new order, in which nothing is published yet; whether the members are told of it, and what is
    /// kept.
    pub(in crate::room) fn begin(told: bool, history: History, total: &HistoryTotal) -> Self {
        let kept = (told && !history.is_none()).then(|| {
            Box::new(KeptOrder {
                log: Arc::new(RoomLog::new(history, total.clone())),
                known: (history.past == Past::SinceJoined).then(RefCell::default),
            })
        });
        Self { epoch: Epoch::draw(), told, published: Cell::new(0), kept }
    }

    /// The order, if the members are told of it.
    pub(in crate::room) fn told(&self) -> Option<&Self> {
        self.told.then_some(self)
    }

    /// What is kept of it, if anything is.
    pub(in crate::room) fn log(&self) -> Option<&Arc<RoomLog>> {
        self.kept.as_ref().map(|kept| &kept.log)
    }

    /// As [`log`](Self::log), as whoever reads it knows it.
    pub(in crate::room) fn shared_log(&self) -> Option<Arc<dyn Log>> {
        let log: Arc<dyn Log> = self.log()?.clone();
        Some(log)
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

    /// What was published is kept; whoever is left out reads the other in its place.
    pub(in crate::room) fn keep(
        &self,
        publication: &Publication,
        left_out: Option<(Reader, &Publication)>,
    ) {
        if let Some(log) = self.log() {
            let left_out = left_out.map(|(reader, skip)| LeftOut { reader, skip: skip.clone() });
            log.append(publication.clone(), left_out);
        }
    }

    /// Where the next one that is published can be read again, if it is kept.
    pub(in crate::room) fn place(&self) -> Option<Kept> {
        let log: Weak<RoomLog> = Arc::downgrade(self.log()?);
        Some(Kept { log, seq: self.published.get() + 1 })
    }

    /// The lowest number that is kept; the next one, if none is.
    pub(in crate::room) fn floor(&self) -> u64 {
        self.log().map_or(self.head() + 1, |log| log.floor())
    }

    /// Behind what has been published.
    pub(in crate::room) fn now(&self) -> At {
        At::After(self.published.get())
    }

    /// The number of the last that was published.
    pub(in crate::room) fn head(&self) -> u64 {
        self.published.get()
    }

    /// A position in this order.
    pub(in crate::room) fn position(&self, room: &ByteString, at: At) -> PositionOf {
        PositionOf { room: room.clone(), epoch: self.epoch, at }
    }

    /// A session is a member, and its subject since now if it has not been one before.
    pub(in crate::room) fn enter(&self, handle: &SessionHandle) {
        if let (Some(known), Some(subject)) = (self.known(), handle.reader().subject) {
            known.borrow_mut().since(&subject, self.head());
        }
    }

    /// After which number a client gets what it missed, all of it, if it has seen everything up to there
    /// and no more.
    pub(in crate::room) fn resume(&self, seen: Seen, reader: &Reader) -> Result<u64, Lost> {
        if seen.epoch != Some(self.epoch) {
            return Err(Lost::Epoch);
        }
        if seen.seq > self.head() {
            return Err(Lost::Ahead);
        }
        let since = match (self.known(), &reader.subject) {
            (None, _) => 0,
            (Some(known), Some(subject)) => known.borrow_mut().since(subject, self.head()),
            (Some(_), None) => self.head(),
        };
        if seen.seq + 1 < self.floor() || seen.seq < since {
            return Err(Lost::Trimmed);
        }
        Ok(seen.seq)
    }

    fn known(&self) -> Option<&RefCell<KnownSince>> {
        self.kept.as_ref()?.known.as_ref()
    }
}
