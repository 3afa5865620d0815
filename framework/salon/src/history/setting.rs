//! What a kind of room says about its history.
//!
//! It must stay a constant: what depends on the room itself is not here.

use std::time::Duration;

/// What a room keeps of what it has published, by [`Room::HISTORY`](crate::Room::HISTORY): nothing,
/// unless it says so.
///
/// A client that comes back says which number it has seen last, and gets what it missed, if all of that
/// is kept; a member that cannot take what is sent now gets it later, in place of being cut off. See
/// [what arrives](crate::guide::what_arrives).
///
/// ```
/// use std::time::Duration;
///
/// use salon::{History, Past};
///
/// const HISTORY: History = History::keep(1_000)
///     .bytes(1 << 20)
///     .age(Duration::from_secs(3_600))
///     .visible(Past::SinceJoined);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct History {
    pub(crate) events: usize,
    pub(crate) bytes: usize,
    pub(crate) age: Option<Duration>,
    pub(crate) past: Past,
    pub(crate) is_durable: bool,
}

/// Which part of a room's history a member may have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Past {
    /// All that is kept.
    #[default]
    All,
    /// What was published since it became a member for the first time. A room knows that by the subject
    /// that the authenticator gives; a session without one has no past. Of 10,000 subjects it is known
    /// for certain, and of those who came last; of others it may be forgotten.
    SinceJoined,
}

impl History {
    /// Nothing is kept.
    pub const NONE: Self =
        Self { events: 0, bytes: 0, age: None, past: Past::All, is_durable: false };

    /// The last `events` are kept, and no more than 1 MiB of them.
    ///
    /// # Panics
    /// If that is none, and so at compile time where a room says it: [`NONE`](Self::NONE) keeps nothing.
    #[must_use]
    pub const fn keep(events: usize) -> Self {
        assert!(
            events > 0,
            "`History::keep(0)` keeps nothing: leave it out, or say `History::NONE`"
        );
        Self { events, bytes: 1 << 20, ..Self::NONE }
    }

    /// No more than so many bytes: each event counts what it says, its name and its payload, and 512
    /// bytes beside. All rooms together have a [limit](crate::config::Limits::max_history_bytes) of
    /// their own.
    #[must_use]
    pub const fn bytes(mut self, bytes: usize) -> Self {
        self.bytes = bytes;
        self
    }

    /// Nothing older than that.
    #[must_use]
    pub const fn age(mut self, age: Duration) -> Self {
        self.age = Some(age);
        self
    }

    /// What a member may have of it.
    #[must_use]
    pub const fn visible(mut self, past: Past) -> Self {
        self.past = past;
        self
    }

    /// It outlives the room: what the room has published, what it has
    /// [kept](crate::RoomContext::keep) of its state and what it has answered to events that are handled
    /// [once](crate::guide::once) are in the [store](crate::store) of the Salon, which
    /// [has to have one](crate::salon::Builder::store). A room that is opened again, in this process or the
    /// next, goes on in the same order.
    ///
    /// What one event has done is kept as one, all of it or nothing, before anybody hears of it: an
    /// acknowledgement of a durable room says that it is kept. See [durable rooms](crate::guide::durable).
    #[must_use]
    pub const fn durable(mut self) -> Self {
        self.is_durable = true;
        self
    }

    /// Whether nothing is kept.
    pub(crate) const fn is_none(&self) -> bool {
        self.events == 0
    }
}
