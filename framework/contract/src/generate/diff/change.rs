//! A change, and whom it breaks.
//!
//! It must say the same of a change wherever it is found: who reads a value decides, and where it has gone.

use std::fmt;

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change {
    /// Whether a client of the old contract may fail by it.
    pub breaking: bool,
    /// The event, and which side of it.
    pub at: String,
    /// What is another, and why that breaks a client if it does.
    pub what: String,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.breaking { "breaking" } else { "harmless" };
        write!(f, "{kind}: {}: {}", self.at, self.what)
    }
}

/// Who reads a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reader {
    /// The server: clients that exist send what they did.
    Server,
    /// Clients: those that exist read what they were promised.
    Clients,
}

/// Where what a value may be has gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Course {
    /// It may be less than before.
    Narrower,
    /// It may be more than before.
    Wider,
    /// It is another.
    Other,
}

impl Course {
    /// Whether that is a mistake to a reader that takes what was, or to one that sends it.
    pub(super) fn breaks(self, reader: Reader) -> bool {
        match self {
            Self::Narrower => reader == Reader::Server,
            Self::Wider => reader == Reader::Clients,
            Self::Other => true,
        }
    }
}
