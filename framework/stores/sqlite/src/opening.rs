//! How a file is to be opened.

use std::{path::PathBuf, time::Duration};

use crate::{durability::Durability, mark};

/// A file that is to be opened: see [`Sqlite::at`](crate::Sqlite::at).
#[derive(Clone, Debug)]
#[must_use = "it is not open yet"]
pub struct Opening {
    pub(crate) path: PathBuf,
    pub(crate) durability: Durability,
    pub(crate) retention: Duration,
    pub(crate) max_bytes: u64,
    pub(crate) boot: mark::Boot,
}

impl Opening {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self {
            path,
            durability: Durability::default(),
            retention: Duration::from_secs(30 * 24 * 60 * 60),
            max_bytes: 8 << 30,
            boot: mark::boot(),
        }
    }

    /// What a batch outlives, once it is said to be kept; [`Durability::Process`] if it is not called. It
    /// may be another one each time the file is opened.
    pub const fn durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// For how long a room is kept that is not written: 30 days if it is not called, for ever if it is
    /// [`Duration::MAX`]. Those that are open are kept.
    pub const fn retention(mut self, retention: Duration) -> Self {
        self.retention = retention;
        self
    }

    /// How large the database becomes at most: 8 GiB if it is not called. What does not fit is not kept,
    /// and whoever asked for it is told. The log beside it comes on top: some 64 MiB, and what is
    /// written at once. A file does not become smaller: what is deleted makes room in it.
    pub const fn max_bytes(mut self, max_bytes: u64) -> Self {
        self.max_bytes = max_bytes;
        self
    }

    /// As if the machine had been started for the time of that name: for tests.
    #[doc(hidden)]
    pub fn booted_as(mut self, boot: &str) -> Self {
        self.boot = mark::boot_named(boot);
        self
    }
}
