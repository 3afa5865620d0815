//! The order of what a room publishes, and what is kept of it.
//!
//! It must never give one number to two events, nor leave one out.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    sync::{Arc, OnceLock, Weak},
    time::Duration,
};

use bytestring::ByteString;
use serde::Serialize;

use crate::{
    base::room_id::RoomId,
    event::Overflow,
    history::{
        History, HistoryTotal, KnownSince, LeftOut, MOST_KNOWN, Past, Patience, Restored, RoomLog,
    },
    message::{
        At, AwaitedId, AwaitedIds, Content, Epoch, Kept, Log, Ordered, Place, PositionOf,
        Publication, Reader, Seen,
    },
    room::kept::{Bounds, Durable, KeptEvent, KeptMember, KeptOrder},
    session::handle::SessionHandle,
    store::Batch,
};

/// The order of what one state of a room publishes.
pub(in crate::room) struct Order {
    epoch: Epoch,
    /// Whether it is told.
    told: bool,
    published: Cell<u64>,
    /// If the room has a history.
    history: Option<Box<OrderHistory>>,
    /// If the room is durable.
    durable: Option<Rc<Durable>>,
}

/// What is kept of it.
struct OrderHistory {
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
    pub(in crate::room) fn begin(
        told: bool,
        history: History,
        total: &HistoryTotal,
        patience: Option<Patience>,
        durable: Option<Rc<Durable>>,
    ) -> Self {
        let history = (told && !history.is_none()).then(|| {
            Box::new(OrderHistory {
                log: Arc::new(RoomLog::new(history, total.clone(), patience)),
                known: (history.past == Past::SinceJoined).then(RefCell::default),
            })
        });
        Self { epoch: Epoch::draw(), told, published: Cell::new(0), history, durable }
    }

    /// It is the one that was kept, and goes on behind that: nothing else was published in it.
    /// What is to be acknowledged is expected under a new id.
    pub(in crate::room) fn restore(
        &mut self,
        kept: KeptOrder,
        room: RoomId,
        (namespace, name): (&ByteString, &ByteString),
        expect: impl Fn(&Self, &str, u64) -> Option<Arc<AwaitedId>>,
    ) {
        self.epoch = kept.epoch;
        self.published.set(kept.seq);
        self.restore_members(&kept.members);
        let Some(log) = self.log() else { return };
        let first = kept.seq + 1 - u64::try_from(kept.events.len()).unwrap_or(0);
        let restored = kept.events.into_iter().zip(first..).filter_map(|(event, seq)| {
            let KeptEvent { name: event, payload, at, left_out } = event;
            let awaited = expect(self, &event, seq);
            let content = Content::Event {
                namespace: namespace.clone(),
                name: event,
                payload,
                order: Some(Ordered::InRoom(self.position(name, At::Seq(seq)))),
                question: awaited.as_ref().map(|awaited| awaited.id),
            };
            let log = Arc::<RoomLog>::downgrade(log);
            let skip = OnceLock::new();
            let place = Kept { log, seq, closes: false, awaited, skip };
            let publication = Publication::kept_by_room(content, room, place);
            let left_out = match left_out {
                Some(reader) => Some(LeftOut { reader, skip: publication.skipped()? }),
                None => None,
            };
            Some(Restored { publication, at, left_out })
        });
        log.restore(restored, kept.seq);
    }

    /// These have been members, and nobody else.
    fn restore_members(&self, members: &[KeptMember]) {
        let Some(known) = self.known() else { return };
        let mut restored = KnownSince::default();
        for KeptMember { subject, since } in members {
            restored.since(subject, *since);
        }
        known.replace(restored);
    }

    /// The order, if the members are told of it.
    pub(in crate::room) fn told(&self) -> Option<&Self> {
        self.told.then_some(self)
    }

    /// What is kept of it, if anything is.
    #[inline]
    pub(in crate::room) fn log(&self) -> Option<&Arc<RoomLog>> {
        self.history.as_ref().map(|history| &history.log)
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
        let Some(log) = self.log() else { return };
        if let Some(durable) = &self.durable {
            let left_out = left_out.as_ref().map(|(reader, _)| reader);
            durable.stage_event(self.head(), publication, left_out);
        }
        let left_out = left_out.map(|(reader, skip)| LeftOut { reader, skip: skip.clone() });
        log.append(publication.clone(), left_out);
    }

    /// What the turn has published is not published after all.
    pub(in crate::room) fn discard_turn(&self) {
        let Some(durable) = &self.durable else { return };
        let (head, members) = durable.discard_turn();
        self.rewind(head);
        if let Some(known) = self.known() {
            let mut known = known.borrow_mut();
            members.iter().for_each(|subject| known.forget(subject));
        }
    }

    /// Whether it is the order of that epoch in which members have heard of what came up to the number
    /// `heard`, and that goes on behind `seq`.
    pub(in crate::room) fn goes_on(&self, epoch: Epoch, heard: u64, seq: u64) -> bool {
        self.epoch == epoch && (heard..=self.head()).contains(&seq)
    }

    /// What has a higher number than `head` has not been published after all.
    pub(in crate::room) fn rewind(&self, head: u64) {
        self.published.set(head);
        if let Some(log) = self.log() {
            log.rewind(head);
        }
    }

    /// The turn is over: the batch of what it did, if the room is durable and it did anything. As many
    /// answers are kept.
    pub(in crate::room) fn seal(&self, answers: usize) -> Option<Batch> {
        let count = |count| u64::try_from(count).unwrap_or(u64::MAX);
        self.durable.as_ref()?.seal(self.epoch, self.head(), || Bounds {
            floor: self.log().map_or(0, |log| log.floor()),
            answers: count(answers),
            members: count(MOST_KNOWN),
        })
    }

    /// Where the next one that is published can be read again, if it is kept; and whether a member that
    /// cannot take it is cut off.
    pub(in crate::room) fn place(&self, overflow: Overflow) -> Option<Kept> {
        let log: Weak<RoomLog> = Arc::downgrade(self.log()?);
        let closes = overflow == Overflow::Close;
        let (seq, skip) = (self.published.get() + 1, OnceLock::new());
        Some(Kept { log, seq, closes, awaited: None, skip })
    }

    /// The acknowledgement of that id is that of the event of that number.
    pub(in crate::room) fn expect(
        &self,
        ids: &Arc<AwaitedIds>,
        id: u64,
        (room, seq): (RoomId, u64),
        span: Duration,
    ) -> Option<Arc<AwaitedId>> {
        let ledger: Weak<RoomLog> = Arc::downgrade(self.log()?);
        Some(ids.expect(id, Place { room, seq, ledger }, span))
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
            self.since(known, &subject);
        }
    }

    /// After which number a subject came in first: now, if it comes for the first time.
    fn since(&self, known: &RefCell<KnownSince>, subject: &ByteString) -> u64 {
        let mut known = known.borrow_mut();
        if let Some(durable) = &self.durable
            && !known.knows(subject)
        {
            durable.stage_member(subject, self.head());
        }
        known.since(subject, self.head())
    }

    /// After which number a client gets what it missed, all of it, if it has seen everything up to there
    /// and no more. A member has been one since a number at the latest, whoever it is.
    pub(in crate::room) fn resume(
        &self,
        seen: Seen,
        reader: &Reader,
        member_since: Option<u64>,
    ) -> Result<u64, Lost> {
        if seen.epoch != Some(self.epoch) {
            return Err(Lost::Epoch);
        }
        if seen.seq > self.head() {
            return Err(Lost::Ahead);
        }
        if seen.seq + 1 < self.first_for(reader, member_since) {
            return Err(Lost::Trimmed);
        }
        Ok(seen.seq)
    }

    /// The lowest number that is kept for a client; the next one, if none is.
    pub(in crate::room) fn first_for(&self, reader: &Reader, member_since: Option<u64>) -> u64 {
        let since = match (self.known(), &reader.subject) {
            (None, _) => 0,
            (Some(known), Some(subject)) => self.since(known, subject),
            (Some(_), None) => self.head(),
        };
        let since = member_since.map_or(since, |member| member.min(since));
        self.floor().max(since + 1)
    }

    fn known(&self) -> Option<&RefCell<KnownSince>> {
        self.history.as_ref()?.known.as_ref()
    }
}
