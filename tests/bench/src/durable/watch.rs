//! What a server spends while it is measured: time on the processor, commits of its file, allocations.
//!
//! It must never count the callers as the server, where a thread tells them apart.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

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
#[derive(Debug)]
pub(super) struct Reading {
    /// By each thread that there is, and whether it is the one of the store. One that has ended since takes
    /// its time with it.
    threads: Option<BTreeMap<i32, (Duration, bool)>>,
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
        Ok(Reading {
            threads: self.process.as_ref().map(|process| self.threads(process)).transpose()?,
            commits: self.mark.as_deref().map(commits).transpose()?,
            allocations: self.callers.map(|_| allocated(&ALLOCATOR.stats())),
        })
    }

    fn threads(&self, process: &Process) -> Result<BTreeMap<i32, (Duration, bool)>> {
        let mut threads = BTreeMap::new();
        for task in process.tasks()?.flatten().filter(|task| Some(task.tid) != self.callers) {
            if let Ok(spent) = task.schedstat() {
                let spent = Duration::from_nanos(spent.sum_exec_runtime);
                threads.insert(task.tid, (spent, is_writer(&task)));
            }
        }
        Ok(threads)
    }
}

impl Reading {
    /// What was spent since.
    pub(super) fn since(mut self, before: &Self) -> Self {
        for (thread, (spent, _)) in self.threads.iter_mut().flatten() {
            let before = before.threads.as_ref().and_then(|threads| threads.get(thread));
            *spent -= before.map_or(Duration::ZERO, |(spent, _)| *spent);
        }
        self.commits = self.commits.zip(before.commits).map(|(now, before)| now - before);
        self.allocations =
            self.allocations.zip(before.allocations).map(|(now, before)| now - before);
        self
    }

    /// In µs.
    pub(super) fn cpu(&self) -> Option<f64> {
        self.threads.as_ref().map(|threads| micros(threads.values().map(|(spent, _)| *spent)))
    }

    /// Of that the writing thread of the store, in µs, if there is one.
    pub(super) fn writer(&self) -> Option<f64> {
        let of_writer = |(spent, is_writer): &(Duration, bool)| is_writer.then_some(*spent);
        let threads = self.threads.as_ref().filter(|_| self.commits.is_some());
        threads.map(|threads| micros(threads.values().filter_map(of_writer)))
    }

    pub(super) fn commits(&self) -> Option<f64> {
        self.commits.map(|commits| commits as f64)
    }

    pub(super) fn allocations(&self) -> Option<f64> {
        self.allocations.map(|allocations| allocations as f64)
    }
}

/// How many commits a mark counts.
fn commits(mark: &Path) -> Result<u64> {
    let bytes = fs::read(mark)?;
    let commits = bytes.get(COMMITS..COMMITS + 8).filter(|_| bytes.starts_with(MAGIC));
    let commits = commits.ok_or("the mark beside the file is not one that is known here")?;
    Ok(u64::from_le_bytes(commits.try_into()?))
}

fn micros(spent: impl Iterator<Item = Duration>) -> f64 {
    spent.sum::<Duration>().as_secs_f64() * 1e6
}

fn is_writer(task: &Task) -> bool {
    task.stat().is_ok_and(|stat| stat.comm == WRITER)
}

fn allocated(stats: &Stats) -> usize {
    stats.allocations + stats.reallocations
}
