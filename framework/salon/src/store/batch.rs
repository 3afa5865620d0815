//! What a room has a store keep, and what it finds there.
//!
//! It must stay bytes and numbers: a store is not to know what they mean.

use bytes::Bytes;
use bytestring::ByteString;

/// By what a store knows a room: a key of its own is not told apart by anything else.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "a room is called by both, and by nothing else")]
pub struct RoomName {
    /// The namespace, `/` if it is the one without a name.
    pub namespace: ByteString,
    /// The room's own name: its kind and its key.
    pub name: ByteString,
}

/// What one turn of a room has done: all of it is kept, or nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Batch {
    /// Which of the batches of its room: 1 for the first, each one more than the one before, whatever
    /// room of that name has given it. A store takes none but the next.
    pub revision: u64,
    /// Whether nothing that was kept before counts any more: it goes, in the same step.
    pub replaces: bool,
    /// What the room says of itself, in the place of what it said before.
    pub head: Bytes,
    /// What the application keeps, in the place of what it kept before, if it has changed.
    pub state: Option<Bytes>,
    /// What is kept beside what there is: of each kind, by ascending numbers that there have not been.
    pub records: Vec<Record>,
    /// What is not needed any more.
    pub floors: Floors,
}

/// One thing that a room keeps beside others.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a record is these three to every store")]
pub struct Record {
    /// What it is.
    pub kind: Kind,
    /// Which of its kind.
    pub number: u64,
    /// What it says; it proves by itself that it is whole.
    pub bytes: Bytes,
}

/// What a record is. Numbers of one kind say nothing about those of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// An event that the room has published.
    Event,
    /// What an event was answered that is to be handled once.
    Answer,
    /// Since when somebody has been a member.
    Member,
}

/// For each kind, the lowest number that is needed: what is below may go, at once or later.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Floors {
    /// Of events.
    pub events: u64,
    /// Of answers.
    pub answers: u64,
    /// Of members.
    pub members: u64,
}

/// What there is of a room.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stored {
    /// Of the last batch that was taken.
    pub revision: u64,
    /// Whether the store can tell that nothing is missing of what it has said to be kept. If it is not,
    /// as after a power cut that it was not to survive, the room begins an order of its own.
    pub is_whole: bool,
    /// See [`Batch::head`].
    pub head: Bytes,
    /// See [`Batch::state`].
    pub state: Option<Bytes>,
    /// What is kept: of each kind by ascending numbers. What is below a floor may be among it.
    pub records: Vec<Record>,
}

impl Kind {
    /// All that there are.
    pub const ALL: [Self; 3] = [Self::Event, Self::Answer, Self::Member];
}

impl Floors {
    /// That of one kind.
    #[must_use]
    pub const fn of(&self, kind: Kind) -> u64 {
        match kind {
            Kind::Event => self.events,
            Kind::Answer => self.answers,
            Kind::Member => self.members,
        }
    }
}

impl Stored {
    /// What there is of a room whose last batch was that one; nothing is missing.
    #[must_use]
    pub const fn new(
        revision: u64,
        head: Bytes,
        state: Option<Bytes>,
        records: Vec<Record>,
    ) -> Self {
        Self { revision, is_whole: true, head, state, records }
    }

    /// Something may be missing of what was said to be kept.
    #[must_use]
    pub const fn incomplete(mut self) -> Self {
        self.is_whole = false;
        self
    }
}
