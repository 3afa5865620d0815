//! The disk itself: what is published is appended to a file, and synced.
//!
//! It must never do less than has to be done: no server that syncs can answer one caller sooner.

use std::{fs::File, io::Write, path::Path};

use salon_tests::Result;
use tokio::task::yield_now;

use super::{callers::Caller, ledger::TEXT};

/// Appends, and waits for the disk.
pub(super) struct Appender(File);

impl Appender {
    pub(super) fn new(folder: &Path) -> Result<Self> {
        Ok(Self(File::create(folder.join("log"))?))
    }
}

impl Caller for Appender {
    async fn publish(&mut self, room: u32, number: u64) -> Result<()> {
        // It waits here, and there is nobody beside it but who ends it.
        yield_now().await;
        writeln!(self.0, "{room} {number} {TEXT}")?;
        Ok(self.0.sync_data()?)
    }
}
