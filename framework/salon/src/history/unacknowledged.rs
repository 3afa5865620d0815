//! How far each user is in acknowledging what a room awaits that of.
//!
//! It must never have a copy of what it is about, nor more users than it may: it has numbers alone.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    time::Duration,
};

use bytestring::ByteString;

use crate::{base::clock::Instant, message::Reader};

/// How many of one user's acknowledgements out of order are noted; of more than that it is sent something
/// once more that it has acknowledged.
const MOST_OUT_OF_ORDER: usize = 64;

/// How much of it is kept, and how often something is sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// Of how many users it is known how far they are.
    pub(crate) users: usize,
    /// How often something is sent once more that one user does not acknowledge.
    pub(crate) times: usize,
}

/// Whose acknowledgements are one: those of all sessions of a subject, or of a session that has none.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct User {
    is_subject: bool,
    id: ByteString,
}

/// What is awaited of one order, and of whom.
pub(super) struct Unacknowledged {
    patience: Patience,
    /// By its number, from the oldest that is kept.
    awaited: VecDeque<Awaited>,
    users: HashMap<User, Progress>,
    /// The users, from the one that was here longest ago.
    by_use: BTreeMap<u64, User>,
    uses: u64,
    /// When something may be due.
    pub(super) next: Option<Instant>,
}

struct Awaited {
    seq: u64,
    left_out: Option<User>,
    at: Instant,
    span: Duration,
}

/// How far one user is.
struct Progress {
    /// Everything up to this number is acknowledged, given up, or not for it.
    upto: u64,
    /// What has a higher one, and is acknowledged, or given up.
    beyond: BTreeSet<u64>,
    /// What it was sent once more and has not acknowledged: how often, and when last.
    sent: BTreeMap<u64, (usize, Instant)>,
    /// How many are not kept any more that it has not acknowledged.
    lost: usize,
    used: u64,
}

/// What is to be done about one user.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Due {
    /// The numbers of what is sent once more.
    pub(super) again: Vec<u64>,
    /// How many are given up.
    pub(super) given_up: usize,
}

impl Unacknowledged {
    pub(super) fn new(patience: Patience) -> Self {
        Self {
            patience,
            awaited: VecDeque::new(),
            users: HashMap::new(),
            by_use: BTreeMap::new(),
            uses: 0,
            next: None,
        }
    }

    /// Something is published that is to be acknowledged.
    pub(super) fn publish(
        &mut self,
        seq: u64,
        left_out: Option<&Reader>,
        at: Instant,
        span: Duration,
    ) {
        let left_out = left_out.map(User::of);
        self.awaited.push_back(Awaited { seq, left_out, at, span });
        self.look_at(at + span);
    }

    fn look_at(&mut self, at: Instant) {
        self.next = Some(self.next.map_or(at, |next| next.min(at)));
    }

    /// Nothing is kept below that number.
    pub(super) fn trim(&mut self, floor: u64) {
        while let Some(trimmed) = self.awaited.pop_front_if(|awaited| awaited.seq < floor) {
            for (user, progress) in &mut self.users {
                progress.lost += usize::from(progress.owes(&trimmed, user));
                progress.sent.remove(&trimmed.seq);
            }
        }
    }

    /// What has a higher number has not been published after all.
    pub(super) fn rewind(&mut self, head: u64) {
        while self.awaited.pop_back_if(|awaited| awaited.seq > head).is_some() {}
        for progress in self.users.values_mut() {
            progress.upto = progress.upto.min(head);
            progress.beyond.split_off(&(head + 1));
            progress.sent.split_off(&(head + 1));
        }
    }

    /// What is to be acknowledged is published anew, with the numbers that it had: users are as far as they
    /// were.
    pub(super) fn begin_anew(&mut self) {
        self.awaited.clear();
        self.next = None;
    }

    /// A user comes. What has a higher number than `upto` it gets by itself, now; of the rest it is due what it
    /// has not acknowledged, if it is not new.
    pub(super) fn enter(&mut self, reader: &Reader, upto: u64, now: Instant) -> Due {
        let user = User::of(reader);
        if !self.users.contains_key(&user) {
            self.make_room();
            self.users.insert(user.clone(), Progress::new(upto));
        }
        self.touch(&user);
        if let Some(progress) = self.users.get_mut(&user) {
            progress.is_sent_behind(upto, &self.awaited, &user, now);
        }
        let due = self.due(&user, now, |awaited, _| awaited.seq <= upto);
        if let Some(at) = self.awaits(&user) {
            self.look_at(at);
        }
        due
    }

    /// What is due of a user that is here.
    pub(super) fn look(&mut self, reader: &Reader, now: Instant) -> Due {
        let user = User::of(reader);
        if self.users.contains_key(&user) {
            self.touch(&user);
        }
        let due = self.due(&user, now, |awaited, progress| progress.due_at(awaited) <= now);
        if let Some(at) = self.awaits(&user) {
            self.look_at(at);
        }
        due
    }

    fn due(
        &mut self,
        user: &User,
        now: Instant,
        is_due: impl Fn(&Awaited, &Progress) -> bool,
    ) -> Due {
        let Some(progress) = self.users.get_mut(user) else { return Due::default() };
        let mut due = Due { given_up: std::mem::take(&mut progress.lost), ..Due::default() };
        let owed = self.awaited.iter().filter(|awaited| progress.owes(awaited, user));
        let numbers = owed.filter(|awaited| is_due(awaited, progress)).map(|it| it.seq);
        for seq in numbers.collect::<Vec<_>>() {
            let (times, at) = progress.sent.entry(seq).or_insert((0, now));
            if *times >= self.patience.times {
                progress.done(seq);
                due.given_up += 1;
            } else {
                (*times, *at) = (*times + 1, now);
                due.again.push(seq);
            }
        }
        progress.advance(&self.awaited, user);
        due
    }

    /// When something is due of a user, if it acknowledges nothing until then.
    fn awaits(&self, user: &User) -> Option<Instant> {
        let progress = self.users.get(user)?;
        let owed = self.awaited.iter().filter(|awaited| progress.owes(awaited, user));
        owed.map(|awaited| progress.due_at(awaited)).min()
    }

    /// A user has acknowledged something that was for it.
    pub(super) fn acknowledge(&mut self, reader: &Reader, seq: u64) {
        let user = User::of(reader);
        let found = self.awaited.binary_search_by_key(&seq, |awaited| awaited.seq);
        let awaited = found.ok().and_then(|index| self.awaited.get(index));
        let (Some(awaited), Some(progress)) = (awaited, self.users.get_mut(&user)) else { return };
        if !progress.owes(awaited, &user) {
            return;
        }
        progress.done(seq);
        progress.advance(&self.awaited, &user);
        if progress.beyond.len() > MOST_OUT_OF_ORDER {
            progress.beyond.remove(&seq);
        }
    }

    fn touch(&mut self, user: &User) {
        let Some(progress) = self.users.get_mut(user) else { return };
        self.by_use.remove(&progress.used);
        self.uses += 1;
        progress.used = self.uses;
        self.by_use.insert(self.uses, user.clone());
    }

    fn make_room(&mut self) {
        while self.users.len() >= self.patience.users.max(1) {
            let Some((_, user)) = self.by_use.pop_first() else { return };
            self.users.remove(&user);
        }
    }
}

impl Progress {
    fn new(upto: u64) -> Self {
        Self { upto, beyond: BTreeSet::new(), sent: BTreeMap::new(), lost: 0, used: 0 }
    }

    fn owes(&self, awaited: &Awaited, user: &User) -> bool {
        let Awaited { seq, left_out, .. } = awaited;
        *seq > self.upto && !self.beyond.contains(seq) && left_out.as_ref() != Some(user)
    }

    /// When it is due, unless it is acknowledged until then.
    fn due_at(&self, Awaited { seq, at, span, .. }: &Awaited) -> Instant {
        self.sent.get(seq).map_or(*at, |(_, sent)| *sent) + *span
    }

    /// It gets what has a higher number than `upto`, for the first time or again: its time counts from now.
    fn is_sent_behind(&mut self, upto: u64, all: &VecDeque<Awaited>, user: &User, now: Instant) {
        let first = all.partition_point(|awaited| awaited.seq <= upto);
        for awaited in all.range(first..) {
            if self.owes(awaited, user) {
                self.sent.entry(awaited.seq).or_insert((0, now)).1 = now;
            }
        }
    }

    /// Something is acknowledged, or given up.
    fn done(&mut self, seq: u64) {
        self.beyond.insert(seq);
        self.sent.remove(&seq);
    }

    /// Goes on to the first that it owes.
    fn advance(&mut self, awaited: &VecDeque<Awaited>, user: &User) {
        let first = awaited.partition_point(|awaited| awaited.seq <= self.upto);
        for awaited in awaited.range(first..) {
            if self.owes(awaited, user) {
                break;
            }
            self.beyond.remove(&awaited.seq);
            self.upto = awaited.seq;
        }
    }
}

impl User {
    fn of(reader: &Reader) -> Self {
        let id = reader.subject.as_ref().unwrap_or(&reader.session);
        // It may be a part of what its client has presented.
        Self { is_subject: reader.subject.is_some(), id: ByteString::from(&**id) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock;

    const SECOND: Duration = Duration::from_secs(1);

    fn reader(name: &'static str) -> Reader {
        Reader { session: name.into(), subject: Some(name.into()) }
    }

    fn unacknowledged(users: usize, times: usize) -> Unacknowledged {
        Unacknowledged::new(Patience { users, times })
    }

    #[test]
    fn each_is_sent_as_often_as_it_says_though_others_are_acknowledged() {
        let (mut of, ada, mut now) = (unacknowledged(9, 2), reader("ada"), clock::now());
        assert_eq!(of.enter(&ada, 0, now), Due::default());
        of.publish(1, None, now, SECOND);
        let mut sent = Vec::new();
        for seq in 2..6 {
            of.publish(seq, None, now, SECOND);
            of.acknowledge(&ada, seq);
            now += 2 * SECOND;
            let Due { again, given_up } = of.look(&ada, now);
            sent.push((again.len(), given_up));
        }
        assert_eq!(sent, [(1, 0), (1, 0), (0, 1), (0, 0)]);
        assert_eq!(of.users[&User::of(&ada)].upto, 5);
    }

    #[test]
    fn who_acknowledges_out_of_order_costs_no_more_than_so_many_numbers() {
        let (mut of, ada, now) = (unacknowledged(9, 2), reader("ada"), clock::now());
        of.enter(&ada, 0, now);
        for seq in 1..=500 {
            of.publish(seq, None, now, SECOND);
            if seq > 1 {
                of.acknowledge(&ada, seq);
            }
        }
        assert_eq!(of.users[&User::of(&ada)].beyond.len(), MOST_OUT_OF_ORDER);
        of.acknowledge(&ada, 1);
        assert_eq!(of.users[&User::of(&ada)].upto, 1 + MOST_OUT_OF_ORDER as u64);
        of.trim(501);
        assert_eq!(of.look(&ada, now).given_up, 500 - 1 - MOST_OUT_OF_ORDER);
    }

    #[test]
    fn what_is_undone_is_not_awaited_and_whoever_was_here_longest_ago_is_forgotten() {
        let (mut of, now) = (unacknowledged(2, 2), clock::now());
        for name in ["ada", "bob"] {
            of.enter(&reader(name), 0, now);
        }
        of.publish(1, Some(&reader("bob")), now, SECOND);
        of.publish(2, None, now, SECOND);
        of.acknowledge(&reader("bob"), 2);
        of.rewind(1);
        assert_eq!(of.look(&reader("bob"), now + SECOND), Due::default(), "left out");
        assert_eq!(of.look(&reader("ada"), now + SECOND).again, [1]);
        of.publish(2, None, now, SECOND);
        assert_eq!(of.look(&reader("bob"), now + SECOND).again, [2]);
        of.enter(&reader("cyd"), 2, now);
        assert_eq!(of.users.len(), 2);
        assert_eq!(of.enter(&reader("ada"), 2, now), Due::default(), "she is forgotten");
    }
}
