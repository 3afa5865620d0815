//! The machine: its name, cores for each side, and enough descriptors.
//!
//! It must never go on in silence where the machine gives less than a run needs.

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use salon_tests::Result;

/// Which cores a server and its load have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Placement {
    /// One each.
    Apart,
    /// Two, which both of them use.
    Together,
}

/// What a run has of the machine.
#[derive(Debug)]
pub(crate) struct Machine {
    server: usize,
    load: usize,
    /// How many descriptors a process may have.
    descriptors: u64,
}

impl Machine {
    /// Takes two cores and as many descriptors as there are, and says what is missing.
    pub(crate) fn take() -> Result<Self> {
        let allowed = sched_getaffinity(None)?;
        let cores: Vec<_> = (0..CpuSet::MAX_CPU).filter(|core| allowed.is_set(*core)).collect();
        let [server, .., load] = cores[..] else {
            return Err("server and load need a core each, and there is only one".into());
        };
        Ok(Self { server, load, descriptors: raise_descriptors()? })
    }

    /// Does what starts a process, which then runs on the server's cores; from here on this thread
    /// runs on those of the load.
    pub(crate) fn place<T>(
        &self,
        placement: Placement,
        start: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        let (server, load) = match placement {
            Placement::Apart => (vec![self.server], vec![self.load]),
            Placement::Together => (vec![self.server, self.load], vec![self.server, self.load]),
        };
        run_on(&server)?;
        let started = start();
        run_on(&load)?;
        started
    }

    /// So many connections, or as many as the descriptors allow: when all come anew, a server has
    /// the old ones beside the new ones for a moment.
    pub(crate) fn connections(&self, wanted: usize) -> usize {
        self.possible(wanted, 2)
    }

    /// The same, where a server has no old ones: it is another one.
    pub(crate) fn connections_anew(&self, wanted: usize) -> usize {
        self.possible(wanted, 1)
    }

    fn possible(&self, wanted: usize, descriptors: u64) -> usize {
        const OTHERS: u64 = 200;
        let possible = (self.descriptors - OTHERS) / descriptors;
        let possible = usize::try_from(possible).unwrap_or(usize::MAX);
        if possible < wanted {
            println!(
                "only {} descriptors are allowed: {possible} connections instead of {wanted}",
                self.descriptors
            );
        }
        possible.min(wanted)
    }
}

/// This thread, and what it starts, runs on these cores alone.
fn run_on(cores: &[usize]) -> Result<()> {
    let mut set = CpuSet::new();
    cores.iter().for_each(|core| set.set(*core));
    sched_setaffinity(None, &set)
        .map_err(|error| format!("the cores {cores:?} may not be used alone: {error}").into())
}

/// Takes as many descriptors as may be had and are of use; how many that are.
pub(crate) fn raise_descriptors() -> Result<u64> {
    const WANTED: u64 = 32_768;
    match rlimit::Resource::NOFILE.set(WANTED, WANTED) {
        Ok(()) => Ok(WANTED),
        Err(_) => Ok(rlimit::increase_nofile_limit(WANTED)?),
    }
}

/// The processor, the number of cores and the kernel.
pub(crate) fn name() -> String {
    let read = |path| std::fs::read_to_string(path).unwrap_or_default();
    let processors = read("/proc/cpuinfo");
    let mut models = processors.lines().filter(|line| line.starts_with("model name"));
    let model = models.next().and_then(|line| line.split_once(": ")).map(|(_, name)| name);
    let kernel = read("/proc/sys/kernel/osrelease");
    // What follows the version is the name that somebody gave a build.
    let kernel = kernel.split('-').next().unwrap_or_default();
    let cores = processors.lines().filter(|line| line.starts_with("processor")).count();
    format!("{}, {cores} cores, Linux {}", model.unwrap_or("unknown processor"), kernel.trim())
}
