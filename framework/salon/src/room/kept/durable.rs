//! What a durable room has in its store, and what of that is not there yet.
//!
//! It must never give a batch with a half of what a turn did, nor one out of turn.

use std::{
    cell::{Cell, RefCell},
    panic::AssertUnwindSafe,
    rc::Rc,
    sync::Arc,
};

use bytes::Bytes;
use bytestring::ByteString;
use futures_util::FutureExt;

use super::record::{AnswerRecord, EventRecord, Head, Last, MemberRecord, encode, millis};
use crate::{
    base::{
        clock,
        contained::{Panicked, contain},
        logged::Logged,
        number::{MembershipNumber, SessionNumber},
    },
    hub::{Gate, Sealing},
    message::{Epoch, Publication, Reader},
    store::{Batch, Floors, Kind, Record, RoomName, Store, StoreError, StoreFuture, Stored},
};

/// A durable room's part in its store.
pub(in crate::room) struct Durable {
    store: Arc<dyn Store>,
    name: RoomName,
    gate: Rc<Gate>,
    turn: RefCell<Turn>,
    /// What the turns before have left.
    sealed: RefCell<Sealed>,
    /// Whether what was kept is there, and the room's code has not asked for it since it was opened.
    is_offered: Cell<bool>,
    /// Whether nothing is to be left in the store once the room has closed.
    is_forgotten: Cell<bool>,
    /// The number of the last event that members may have heard of.
    heard: Cell<u64>,
    /// The last batch before the order that the room is in.
    begun: Cell<u64>,
    /// How often the room has found itself in the store: what was under way before is void.
    life: Cell<u32>,
    /// Who became a member by what is not kept, and by which membership.
    refused: RefCell<Vec<(SessionNumber, MembershipNumber)>>,
}

/// What the turn that is under way has done.
#[derive(Default)]
struct Turn {
    records: Vec<Record>,
    last: Last,
    /// Who has become a member for the first time.
    members: Vec<ByteString>,
    state: Option<Bytes>,
    /// Whether nothing is to be left once the room has closed.
    is_last: bool,
    /// Whether something could not be written down.
    is_broken: bool,
}

#[derive(Default)]
struct Sealed {
    revision: u64,
    /// The number of the last event.
    seq: u64,
    last: Last,
    state: Option<Bytes>,
    /// Whether what the store has is of another order, or of no use.
    is_replaced: bool,
}

impl Turn {
    /// One more record, if it could be written down: else the turn comes to nothing.
    fn stage(&mut self, kind: Kind, number: u64, record: Option<Bytes>) {
        match record {
            Some(bytes) => self.records.push(Record { kind, number, bytes }),
            None => self.is_broken = true,
        }
    }
}

impl Sealed {
    /// Another order begins behind that batch.
    fn replacing(revision: u64) -> Self {
        Self { revision, is_replaced: revision > 0, ..Self::default() }
    }
}

/// What of each kind is not needed any more.
#[derive(Clone, Copy, Debug)]
pub(in crate::room) struct Bounds {
    /// The lowest number of an event that is kept.
    pub(in crate::room) floor: u64,
    /// How many answers are.
    pub(in crate::room) answers: u64,
    /// And of how many members it is known since when they are.
    pub(in crate::room) members: u64,
}

impl Durable {
    pub(in crate::room) fn new(store: Arc<dyn Store>, name: RoomName) -> Self {
        Self {
            store,
            name,
            gate: Rc::default(),
            turn: RefCell::default(),
            sealed: RefCell::default(),
            is_offered: Cell::new(false),
            is_forgotten: Cell::new(false),
            heard: Cell::new(0),
            begun: Cell::new(0),
            life: Cell::new(0),
            refused: RefCell::default(),
        }
    }

    pub(in crate::room) fn name(&self) -> &RoomName {
        &self.name
    }

    /// Asks the store what there is of the room.
    pub(in crate::room) fn find(&self) -> impl Future<Output = Found> + use<> {
        contained(contain(|| self.store.open(&self.name)))
    }

    /// Gives the store a batch. It counts though nobody waits for it.
    pub(in crate::room) fn append(
        &self,
        batch: Batch,
    ) -> impl Future<Output = Result<(), StoreError>> + use<> {
        contained(contain(|| self.store.append(&self.name, batch)))
    }

    pub(in crate::room) fn gate(&self) -> &Rc<Gate> {
        &self.gate
    }

    /// The store has this of it, up to the event of the number `seq`; nothing has been done since.
    pub(in crate::room) fn begin(&self, revision: u64, seq: u64, last: Last, state: Option<Bytes>) {
        self.live_again(Sealed { revision, seq, last, state, is_replaced: false });
    }

    /// The room is in another order than what the store has: the next batch takes the place of that.
    pub(in crate::room) fn begin_behind(&self, revision: u64, state: Option<Bytes>) {
        self.live_again(Sealed { revision, state, ..Sealed::replacing(revision) });
    }

    /// The room is in another order, and nothing counts that was kept, but for what its code has kept in the
    /// turn in which it opened. What is under way is kept as before.
    pub(in crate::room) fn begin_anew(&self) {
        self.gate.discard_turn();
        let Turn { state, is_last, is_broken, .. } = self.turn.take();
        let revision = self.sealed.borrow().revision;
        self.begin_with(Sealed::replacing(revision));
        let mut turn = self.turn.borrow_mut();
        (turn.state, turn.is_last, turn.is_broken) = (state, is_last, is_broken);
    }

    fn live_again(&self, sealed: Sealed) {
        self.life.set(self.life.get() + 1);
        self.begin_with(sealed);
    }

    fn begin_with(&self, sealed: Sealed) {
        self.turn.replace(Turn { last: sealed.last, ..Turn::default() });
        self.heard.set(sealed.seq);
        self.begun.set(sealed.revision);
        self.is_offered.set(false);
        self.is_forgotten.set(false);
        self.sealed.replace(sealed);
    }

    /// Which of the lives that it has had in the store this is.
    pub(in crate::room) fn life(&self) -> u32 {
        self.life.get()
    }

    /// The number of the last event that members may have heard of.
    pub(in crate::room) fn heard(&self) -> u64 {
        self.heard.get()
    }

    /// All batches up to that one are kept: what waited for them goes out.
    pub(in crate::room) fn is_kept(&self, revision: u64) {
        self.has_said(self.gate.release(revision));
    }

    /// The store has all batches up to that one, and none that was given it later.
    pub(in crate::room) fn is_found(&self, revision: u64) {
        self.has_said(self.gate.restore(revision));
    }

    fn has_said(&self, last: Option<Sealing>) {
        if let Some(Sealing { seq, .. }) = last.filter(|it| it.revision > self.begun.get()) {
            self.heard.set(seq);
        }
    }

    /// A session is no member, by this membership: that could not be kept.
    pub(in crate::room) fn refuse(&self, session: SessionNumber, membership: MembershipNumber) {
        self.refused.borrow_mut().push((session, membership));
    }

    /// Those of whom it is so, since it was asked last.
    pub(in crate::room) fn take_refused(&self) -> Vec<(SessionNumber, MembershipNumber)> {
        self.refused.take()
    }

    /// The room's code is about to be opened, with what it has kept to be asked for.
    pub(in crate::room) fn offer_state(&self) {
        self.is_offered.set(self.sealed.borrow().state.is_some());
    }

    /// What the application has kept last.
    pub(in crate::room) fn state(&self) -> Option<Bytes> {
        self.turn.borrow().state.clone().or_else(|| self.sealed.borrow().state.clone())
    }

    /// The room's code has what it had kept.
    pub(in crate::room) fn restored(&self) {
        self.is_offered.set(false);
    }

    /// Whether what was kept is there and the room's code has not asked for it.
    pub(in crate::room) fn is_not_restored(&self) -> bool {
        self.is_offered.get()
    }

    /// The event of that number is published.
    pub(in crate::room) fn stage_event(
        &self,
        seq: u64,
        publication: &Publication,
        left_out: Option<&Reader>,
    ) {
        let at = millis(clock::wall());
        let record = publication.named_payload().and_then(|(name, payload)| {
            encode(&EventRecord::new(name, payload, at, left_out)?).ok()
        });
        self.turn.borrow_mut().stage(Kind::Event, seq, record);
    }

    /// An event is answered that is to be handled once.
    pub(in crate::room) fn stage_answer(&self, record: &AnswerRecord) {
        let mut turn = self.turn.borrow_mut();
        turn.last.answer += 1;
        let number = turn.last.answer;
        turn.stage(Kind::Answer, number, encode(record).ok());
    }

    /// Somebody has become a member for the first time, behind the event of that number.
    pub(in crate::room) fn stage_member(&self, subject: &ByteString, since: u64) {
        let mut turn = self.turn.borrow_mut();
        turn.last.member += 1;
        turn.members.push(subject.clone());
        let number = turn.last.member;
        let record = encode(&MemberRecord { subject: subject.clone(), since });
        turn.stage(Kind::Member, number, record.ok());
    }

    /// The application keeps this, in the place of what it kept before.
    pub(in crate::room) fn stage_state(&self, state: Bytes) {
        self.turn.borrow_mut().state = Some(state);
    }

    /// What the application is to keep cannot be written down: its turn comes to nothing, as what it has done
    /// would be kept without that.
    pub(in crate::room) fn break_turn(&self) {
        self.turn.borrow_mut().is_broken = true;
    }

    /// The turn has come to nothing. The number of the last event before it, and who has not become a member
    /// by it.
    pub(in crate::room) fn discard_turn(&self) -> (u64, Vec<ByteString>) {
        self.gate.discard_turn();
        let sealed = self.sealed.borrow();
        let turn = self.turn.replace(Turn { last: sealed.last, ..Turn::default() });
        (sealed.seq, turn.members)
    }

    /// The turn is over, and that was the last that the room has published: the batch of what it did, if
    /// it did anything. What it said waits for that.
    pub(in crate::room) fn seal(
        &self,
        epoch: Epoch,
        seq: u64,
        bounds: impl FnOnce() -> Bounds,
    ) -> Option<Batch> {
        let (mut turn, mut sealed) = (self.turn.borrow_mut(), self.sealed.borrow_mut());
        if self.gate.has_failed() {
            *turn = Turn { last: sealed.last, ..Turn::default() };
            self.gate.seal(None);
            return None;
        }
        if turn.is_broken {
            tracing::error!(room = %Logged(&self.name.name), "what the room did cannot be written down");
            self.gate.fail(sealed.revision + 1);
            return None;
        }
        if std::mem::take(&mut turn.is_last) {
            self.is_forgotten.set(true);
        }
        // An order in which there is nothing is not worth a batch.
        if turn.records.is_empty() && turn.state.is_none() && seq == sealed.seq {
            self.gate.seal(None);
            return None;
        }
        sealed.revision += 1;
        sealed.seq = seq;
        sealed.last = turn.last;
        let replaces = std::mem::take(&mut sealed.is_replaced);
        let is_news = |state: &Bytes| replaces || sealed.state.as_ref() != Some(state);
        let state = turn.state.take().or_else(|| sealed.state.clone()).filter(is_news);
        if state.is_some() {
            sealed.state.clone_from(&state);
        }
        let (bounds, last) = (bounds(), turn.last);
        turn.members.clear();
        let batch = Batch {
            revision: sealed.revision,
            replaces,
            head: encode(&Head::new(epoch, seq, last)).unwrap_or_default(),
            state,
            records: std::mem::take(&mut turn.records),
            floors: Floors {
                events: bounds.floor,
                answers: last.answer.saturating_sub(bounds.answers) + 1,
                members: last.member.saturating_sub(bounds.members) + 1,
            },
        };
        self.gate.seal(Some(Sealing { revision: batch.revision, seq }));
        Some(batch)
    }

    /// Once the room has closed nothing is to be left of it in the store.
    pub(in crate::room) fn forget(&self) {
        self.turn.borrow_mut().is_last = true;
    }

    /// The room has closed: what it said last goes out behind what it did last.
    pub(in crate::room) fn end(&self) {
        self.gate.seal(None);
        // Both count though nobody waits for them. A store that panics has lost nothing of the room's.
        let _ = contain(|| {
            if self.is_forgotten.take() {
                drop(self.store.remove(&self.name));
            }
            self.store.release(&self.name);
        });
    }
}

/// What a store has of a room, or why that is not known.
pub(in crate::room) type Found = Result<Option<Stored>, StoreError>;

/// What a store was called for, which may be the application's: a panic in it is one more error.
async fn contained<T>(called: Result<StoreFuture<T>, Panicked>) -> Result<T, StoreError> {
    let waited = match called {
        Ok(future) => AssertUnwindSafe(future).catch_unwind().await.ok(),
        Err(Panicked) => None,
    };
    waited.unwrap_or_else(|| Err(StoreError::panicked()))
}
