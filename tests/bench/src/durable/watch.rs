//! What a server spends while it is measured: time on the processor, commits of its file, allocations.
//!
//! It must never count the callers as the server, where a thread tells them apart.

use std::{fs, path::PathBuf, time::Duration};

use procfs::process::{Process, Task};
use rustix::thread::gettid;
use salon_tests::Result;
use stats_alloc::Stats;

use crate::measure::ALLOCATOR;

/// The thread of the store, as the kernel names it.
const WRITER: &str = "salon-sqlite";

/// Where the mark beside a file of the store counts its commits, and how it begins.
const COMMITS: usize = 16;
const MAGIC: &[u8] = b"salonmk1";

/// Who is watched.
#[derive(Debug)]
pub(super) struct Watch {
    process: Option<Process>,
    /// The thread of the callers, if they are in the same process.
    callers: Option<i32>,
    /// The mark of the store's file, if it has one.
    mark: Option<PathBuf>,
}

/// What has been spent so far.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    cpu: Option<Duration>,
    writer: Duration,
    commits: Option<u64>,
    allocations: Option<usize>,
}

impl Watch {
    /// A server of its own, with a store in the file of that mark.
    pub(super) fn apart(process: u32, mark: Option<PathBuf>) -> Result<Self> {
        let process = Process::new(process.try_into()?)?;
        Ok(Self { process: Some(process), callers: None, mark })
    }

    /// This process, of which this thread calls.
    pub(super) fn here(mark: Option<PathBuf>) -> Result<Self> {
        let callers = Some(gettid().as_raw_nonzero().get());
        Ok(Self { process: Some(Process::myself()?), callers, mark })
    }

    /// Nobody: there is no server.
    pub(super) fn nobody() -> Self {
        Self { process: None, callers: None, mark: None }
    }

    pub(super) fn read(&self) -> Result<Reading> {
        let mut reading = Reading {
            cpu: self.process.as_ref().map(|_| Duration::ZERO),
            writer: Duration::ZERO,
            commits: None,
            allocations: self.callers.map(|_| allocated(&ALLOCATOR.stats())),
        };
        let tasks = self.process.iter().map(Process::tasks).collect::<Result<Vec<_>, _>>()?;
        for task in tasks.into_iter().flatten().flatten() {
            let Ok(spent) = task.schedstat() else { continue };
            let spent = Duration::from_nanos(spent.sum_exec_runtime);
            if Some(task.tid) != self.callers {
                reading.cpu = reading.cpu.map(|cpu| cpu + spent);
            }
            if is_writer(&task) {
                reading.writer += spent;
            }
        }
        if let Some(mark) = &self.mark {
            let bytes = fs::read(mark)?;
            let commits = bytes.get(COMMITS..COMMITS + 8).filter(|_| bytes.starts_with(MAGIC));
            let commits =
                commits.ok_or("the mark beside the file is not one that is known here")?;
            reading.commits = Some(u64::from_le_bytes(commits.try_into()?));
        }
        Ok(reading)
    }
}

impl Reading {
    /// What was spent since.
    pub(super) fn since(&self, before: &Self) -> Self {
        Self {
            cpu: self.cpu.zip(before.cpu).map(|(now, before)| now.saturating_sub(before)),
            writer: self.writer.saturating_sub(before.writer),
            commits: self.commits.zip(before.commits).map(|(now, before)| now - before),
            allocations: self.allocations.zip(before.allocations).map(|(now, before)| now - before),
        }
    }

    /// In µs.
    pub(super) fn cpu(&self) -> Option<f64> {
        self.cpu.map(|cpu| cpu.as_secs_f64() * 1e6)
    }

    /// Of that the writing thread of the store, in µs, if there is one.
    pub(super) fn writer(&self) -> Option<f64> {
        self.commits.map(|_| self.writer.as_secs_f64() * 1e6)
    }

    pub(super) fn commits(&self) -> Option<f64> {
        self.commits.map(|commits| commits as f64)
    }

    pub(super) fn allocations(&self) -> Option<f64> {
        self.allocations.map(|allocations| allocations as f64)
    }
}

fn is_writer(task: &Task) -> bool {
    task.stat().is_ok_and(|stat| stat.comm == WRITER)
}

fn allocated(stats: &Stats) -> usize {
    stats.allocations + stats.reallocations
}
