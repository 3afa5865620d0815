//! What a client that is slow may miss of an event.
//!
//! It must never be more than what the derive says: what becomes of one event is up to whoever queues it.

/// What a client that is slow may miss of an event, as its derive says it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Loss {
    /// Nothing: it gets each of them, in their order.
    #[default]
    None,
    /// `volatile`: whatever comes while its transport is not writable.
    Volatile,
    /// `latest`: whatever has a newer one of the same key.
    Latest,
    /// `drop`: what is too much.
    Drop {
        /// Dropped of them.
        which: Dropped,
        /// How many may wait for one client, from 1 to 10,000.
        queue: u16,
    },
}

/// Dropped one is dropped when one too many waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a queue has two ends")]
pub enum Dropped {
    /// The one that has waited for longest.
    Oldest,
    /// The one that comes.
    Newest,
}
