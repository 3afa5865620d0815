//! What becomes of a client whose outbox has no place for an event that it may not miss.
//!
//! It must never be asked for what a client may miss: that has a place, or is missed.

/// What becomes of a client that cannot take an event, as its derive says it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Overflow {
    /// It reads the event later if the room keeps a history; else its connection ends.
    #[default]
    Lag,
    /// `close`: its connection ends, also where it might read the event later.
    Close,
}
