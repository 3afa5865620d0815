//! Counters of what the framework does.
//!
//! It must cost one atomic addition where it counts, in memory that no other worker adds to; how the
//! figures are exported is decided elsewhere.

use std::{
    collections::HashMap,
    sync::{
        Arc, LazyLock, Mutex, PoisonError, Weak,
        atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering},
    },
};

/// What is counted. The names are stable: dashboards refer to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Count {
    /// Connections opened.
    ConnectionsOpened,
    /// Connections ended, for whatever reason.
    ConnectionsClosed,
    /// Connections closed because others came while their clients had not connected.
    UnconnectedReplaced,
    /// Connections closed because their outbox was full.
    OutboxOverflows,
    /// Sessions connected to a namespace.
    SessionsConnected,
    /// Sessions refused by an authenticator or by `connect`.
    SessionsRefused,
    /// Events received from clients.
    EventsReceived,
    /// Events refused, by whatever check.
    EventsRefused,
    /// Panics of the application's code, wherever it was run: handlers, checks, hooks, futures,
    /// `Serialize`, `Drop` and whatever else it implements. Each has one line in the log.
    HandlerPanics,
    /// Handlers that outlived their time limit, so that their answers are dropped.
    LateAnswers,
    /// Events that came again with their key, and were answered as when they came first.
    DuplicatesAnswered,
    /// Answers to events with keys that were forgotten before their window was over, since one of the
    /// `max_once_…` of the limits was reached: what comes again with such a key is handled again.
    AnswersPushedOut,
    /// Packets that could not be decoded.
    BadPackets,
    /// Frames queued, once per recipient.
    FramesQueued,
    /// Frames of events that a slow client may miss, dropped for it: what is `volatile` because it was not
    /// writable, what is `drop` because too many waited, and of all the oldest where its outbox was full.
    FramesDropped,
    /// Frames of events that are `latest` in whose place a newer one came while they waited.
    FramesConflated,
    /// Frames of a room for a session that had lost its membership, had left, or was not let in.
    FramesSuppressed,
    /// Times that a member could not take what its room sent, or came back to a room that had gone on, and
    /// reads what that keeps.
    MembersBehind,
    /// Events that were sent to nobody: their names are reserved, or they have no JSON form.
    EventsNotSent,
    /// Rooms opened.
    RoomsOpened,
    /// Rooms closed.
    RoomsClosed,
    /// Rooms opened anew after a panic.
    RoomsRestarted,
    /// Events that are `acked` and were sent once more to a user that had not acknowledged them.
    EventsSentAgain,
    /// Events that are `acked` and that a user has not acknowledged, and is not sent any more.
    EventsGivenUp,
    /// Turns of durable rooms that could not be kept, and are undone. The log says why.
    CommitsFailed,
    /// Times that a room or a session was found to do nothing but what it gives itself to do, for 64
    /// turns in a row. The log names it.
    GreedyTurns,
    /// Actors that died of a panic which nothing contained: of a room, a connection, a worker's shard
    /// or its supervisor. Their clients are cut off, so that they come back.
    ActorsLost,
}

impl Count {
    /// All of them, in the order of their declaration.
    pub const ALL: [Self; 27] = [
        Self::ConnectionsOpened,
        Self::ConnectionsClosed,
        Self::UnconnectedReplaced,
        Self::OutboxOverflows,
        Self::SessionsConnected,
        Self::SessionsRefused,
        Self::EventsReceived,
        Self::EventsRefused,
        Self::HandlerPanics,
        Self::LateAnswers,
        Self::DuplicatesAnswered,
        Self::AnswersPushedOut,
        Self::BadPackets,
        Self::FramesQueued,
        Self::FramesDropped,
        Self::FramesConflated,
        Self::FramesSuppressed,
        Self::MembersBehind,
        Self::EventsNotSent,
        Self::RoomsOpened,
        Self::RoomsClosed,
        Self::RoomsRestarted,
        Self::EventsSentAgain,
        Self::EventsGivenUp,
        Self::CommitsFailed,
        Self::GreedyTurns,
        Self::ActorsLost,
    ];

    /// The counter's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ConnectionsOpened => "connections_opened",
            Self::ConnectionsClosed => "connections_closed",
            Self::UnconnectedReplaced => "unconnected_replaced",
            Self::OutboxOverflows => "outbox_overflows",
            Self::SessionsConnected => "sessions_connected",
            Self::SessionsRefused => "sessions_refused",
            Self::EventsReceived => "events_received",
            Self::EventsRefused => "events_refused",
            Self::HandlerPanics => "handler_panics",
            Self::LateAnswers => "late_answers",
            Self::DuplicatesAnswered => "duplicates_answered",
            Self::AnswersPushedOut => "answers_pushed_out",
            Self::BadPackets => "bad_packets",
            Self::FramesQueued => "frames_queued",
            Self::FramesDropped => "frames_dropped",
            Self::FramesConflated => "frames_conflated",
            Self::FramesSuppressed => "frames_suppressed",
            Self::MembersBehind => "members_behind",
            Self::EventsNotSent => "events_not_sent",
            Self::RoomsOpened => "rooms_opened",
            Self::RoomsClosed => "rooms_closed",
            Self::RoomsRestarted => "rooms_restarted",
            Self::EventsSentAgain => "events_sent_again",
            Self::EventsGivenUp => "events_given_up",
            Self::CommitsFailed => "commits_failed",
            Self::GreedyTurns => "greedy_turns",
            Self::ActorsLost => "actors_lost",
        }
    }
}

/// The counters of one Salon.
///
/// ```
/// use salon::{Count, Salon};
///
/// let salon = Salon::builder().build()?;
/// assert_eq!(salon.counters().get(Count::ConnectionsOpened), 0);
/// # Ok::<(), salon::BuildError>(())
/// ```
#[derive(Debug, Default)]
pub struct Counters([Share; SHARES]);

/// How many threads count apart from each other; of more, some count together.
const SHARES: usize = 16;

/// What some threads have counted. Apart from the others': a processor that fetches a line may fetch
/// its neighbour with it.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Share([AtomicU64; Count::ALL.len()]);

thread_local! {
    /// Which share this thread counts in.
    static OWN: usize = {
        static THREADS: AtomicUsize = AtomicUsize::new(0);
        THREADS.fetch_add(1, Ordering::Relaxed) % SHARES
    };
}

impl Counters {
    /// The counter's value now.
    #[must_use]
    pub fn get(&self, count: Count) -> u64 {
        self.0.iter().map(|share| share.0[count as usize].load(Ordering::Relaxed)).sum()
    }

    /// Adds `by` to a counter.
    pub(crate) fn add(&self, count: Count, by: u64) {
        let share = OWN.with(|own| &self.0[*own % SHARES]);
        share.0[count as usize].fetch_add(by, Ordering::Relaxed);
    }

    /// Adds one.
    pub(crate) fn one(&self, count: Count) {
        self.add(count, 1);
    }
}

/// Which counters, for what has no room for more than a number, nor time to count a reference. It
/// leads to nothing once they are gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Tally(u32);

/// All counters that have a tally. Looked at when something is wrong, and not otherwise.
static TALLIES: LazyLock<Mutex<HashMap<Tally, Weak<Counters>>>> = LazyLock::new(Mutex::default);

impl Tally {
    /// Counts nowhere.
    pub(crate) const NONE: Self = Self(0);

    /// The tally of some counters.
    pub(crate) fn of(counters: &Arc<Counters>) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let tally = Self(NEXT.fetch_add(1, Ordering::Relaxed));
        let mut tallies = TALLIES.lock().unwrap_or_else(PoisonError::into_inner);
        tallies.retain(|_, counters| counters.strong_count() > 0);
        tallies.insert(tally, Arc::downgrade(counters));
        tally
    }

    /// Adds one.
    pub(crate) fn one(self, count: Count) {
        let counters = {
            let tallies = TALLIES.lock().unwrap_or_else(PoisonError::into_inner);
            tallies.get(&self).and_then(Weak::upgrade)
        };
        if let Some(counters) = counters {
            counters.one(count);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_several_threads_count_is_one_sum() {
        let counters = Counters::default();
        std::thread::scope(|scope| {
            for _ in 0..2 * SHARES {
                scope.spawn(|| counters.add(Count::FramesQueued, 3));
            }
        });
        assert_eq!(counters.get(Count::FramesQueued), 6 * SHARES as u64);
        assert_eq!(counters.get(Count::FramesDropped), 0);
    }
}
