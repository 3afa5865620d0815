//! What a store has of a room, as far as it can be trusted.
//!
//! It must never mend anything: an order of which a number is missing is none, and a new one is begun.

use std::time::Duration;

use bytes::Bytes;
use bytestring::ByteString;

use super::record::{
    AnswerRecord, EventRecord, Head, Last, MemberRecord, NotARecord, decode, millis, whole,
};
use crate::{
    base::clock::{self, Instant},
    message::{Epoch, Reader},
    once::{Answered, Id},
    payload::Payload,
    store::{Kind, Record, Stored},
};

/// What there is of a room.
#[derive(Default)]
pub(in crate::room) struct Recovered {
    /// Of its last batch; 0 if there is none.
    pub(in crate::room) revision: u64,
    /// The order that it published in, if all of that is there which is to be.
    pub(in crate::room) order: Option<KeptOrder>,
    /// What the application keeps.
    pub(in crate::room) state: Option<Bytes>,
    /// Whether something is missing, or is not what was kept.
    pub(in crate::room) is_damaged: bool,
}

/// An order, up to where it was.
pub(in crate::room) struct KeptOrder {
    pub(in crate::room) epoch: Epoch,
    pub(in crate::room) seq: u64,
    /// The last that were published, those up to `seq`: none is missing among them.
    pub(in crate::room) events: Vec<KeptEvent>,
    pub(in crate::room) answers: Vec<KeptAnswer>,
    pub(in crate::room) members: Vec<KeptMember>,
    /// The numbers of the last answer and of the last member.
    pub(in crate::room) last: Last,
}

/// An event that was published.
pub(in crate::room) struct KeptEvent {
    pub(in crate::room) name: ByteString,
    pub(in crate::room) payload: Payload,
    /// When; `None` if that is longer ago than the clock can tell. So for the others.
    pub(in crate::room) at: Option<Instant>,
    pub(in crate::room) left_out: Option<Reader>,
}

/// What an event was answered.
pub(in crate::room) struct KeptAnswer {
    pub(in crate::room) id: Id,
    pub(in crate::room) event: String,
    pub(in crate::room) key: String,
    pub(in crate::room) payload: u64,
    pub(in crate::room) at: Option<Instant>,
    pub(in crate::room) answered: Answered,
}

/// Since when somebody has been a member.
pub(in crate::room) struct KeptMember {
    pub(in crate::room) subject: ByteString,
    pub(in crate::room) since: u64,
}

impl Recovered {
    /// What a store has given.
    pub(in crate::room) fn of(stored: Stored) -> Self {
        let Stored { revision, is_whole, head, state, records } = stored;
        let (kept, order) = (state.is_some(), KeptOrder::of(&head, records));
        let state = state.filter(|state| whole(state).is_ok());
        let is_damaged = !is_whole || order.is_err() || state.is_some() != kept;
        Self { revision, order: order.ok().filter(|_| !is_damaged), state, is_damaged }
    }
}

impl KeptOrder {
    fn of(head: &[u8], records: Vec<Record>) -> Result<Self, NotARecord> {
        let head: Head = decode(head)?;
        let epoch = Epoch::parse(&head.epoch).ok_or(NotARecord)?;
        let last = Last { answer: head.answer, member: head.member };
        let (mut events, mut answers, mut members) = (Vec::new(), Vec::new(), Vec::new());
        let [mut event, mut answer, mut member] =
            [head.seq, head.answer, head.member].map(Numbers::up_to);
        for Record { kind, number, bytes } in records {
            match kind {
                Kind::Event => {
                    event.follow(number)?;
                    events.push(KeptEvent::try_from(decode::<EventRecord>(&bytes)?)?);
                }
                Kind::Answer => {
                    answer.follow(number)?;
                    answers.push(KeptAnswer::try_from(decode::<AnswerRecord>(&bytes)?)?);
                }
                Kind::Member => {
                    member.follow(number)?;
                    let MemberRecord { subject, since } = decode(&bytes)?;
                    members.push(KeptMember { subject, since });
                }
            }
        }
        [event, answer, member].into_iter().try_for_each(Numbers::end)?;
        Ok(Self { epoch, seq: head.seq, events, answers, members, last })
    }
}

/// The numbers of one kind: none is missing behind the first that is kept, if one is.
struct Numbers {
    last: u64,
    before: Option<u64>,
}

impl Numbers {
    fn up_to(last: u64) -> Self {
        Self { last, before: None }
    }

    fn follow(&mut self, number: u64) -> Result<(), NotARecord> {
        match self.before.replace(number) {
            Some(before) if before.checked_add(1) != Some(number) => Err(NotARecord),
            Some(_) | None => Ok(()),
        }
    }

    fn end(self) -> Result<(), NotARecord> {
        if self.before.is_none_or(|number| number == self.last) { Ok(()) } else { Err(NotARecord) }
    }
}

impl TryFrom<EventRecord> for KeptEvent {
    type Error = NotARecord;

    fn try_from(record: EventRecord) -> Result<Self, NotARecord> {
        let EventRecord { name, at, payload, left_out } = record;
        let payload = payload.try_into()?;
        Ok(Self { name, payload, at: moment(at), left_out: left_out.map(Reader::from) })
    }
}

impl TryFrom<AnswerRecord> for KeptAnswer {
    type Error = NotARecord;

    fn try_from(record: AnswerRecord) -> Result<Self, NotARecord> {
        let AnswerRecord { subject, session, event, key, payload, at, reply, refused } = record;
        let id = match (subject, session) {
            (Some(subject), None) => Id::Subject(subject),
            (None, Some(session)) => Id::Session(session),
            _ => return Err(NotARecord),
        };
        let answered = match (reply, refused) {
            (Some(reply), None) => Ok(reply.try_into()?),
            (None, Some(refused)) => Err(refused.into_refusal()),
            _ => return Err(NotARecord),
        };
        Ok(Self { id, event, key, payload, at: moment(at), answered })
    }
}

/// The moment that was so many milliseconds after the beginning of 1970; now, if it is still to come.
fn moment(at: u64) -> Option<Instant> {
    let ago = Duration::from_millis(millis(clock::wall()).saturating_sub(at));
    clock::now().checked_sub(ago)
}
