//! The machine: its name, a core for each side, and enough descriptors.
//!
//! It must never go on in silence where the machine gives less than a run needs.

use core_affinity::CoreId;
use salon_tests::Result;

/// What a run has of the machine.
#[derive(Debug)]
pub(crate) struct Machine {
    server: CoreId,
    load: CoreId,
    /// How many descriptors a process may have.
    descriptors: u64,
}

impl Machine {
    /// Takes two cores and as many descriptors as there are, and says what is missing.
    pub(crate) fn take() -> Result<Self> {
        let cores = core_affinity::get_core_ids().unwrap_or_default();
        let [server, .., load] = cores[..] else {
            return Err("server and load need a core each, and there is only one".into());
        };
        let machine = Self { server, load, descriptors: raise_descriptors()? };
        machine.run_on(load)?;
        Ok(machine)
    }

    /// Does what starts a process; the process runs on the server's core, this one on its own.
    pub(crate) fn on_the_servers_core<T>(&self, start: impl FnOnce() -> Result<T>) -> Result<T> {
        self.run_on(self.server)?;
        let started = start();
        self.run_on(self.load)?;
        started
    }

    /// So many connections, or as many as the descriptors allow: when all come anew, a server has
    /// the old ones beside the new ones for a moment.
    pub(crate) fn connections(&self, wanted: usize) -> usize {
        const OTHERS: u64 = 200;
        let possible = usize::try_from((self.descriptors - OTHERS) / 2).unwrap_or(usize::MAX);
        if possible < wanted {
            println!(
                "only {} descriptors are allowed: {possible} connections instead of {wanted}",
                self.descriptors
            );
        }
        possible.min(wanted)
    }

    fn run_on(&self, core: CoreId) -> Result<()> {
        match core_affinity::set_for_current(core) {
            true => Ok(()),
            false => Err(format!("core {} may not be used alone", core.id).into()),
        }
    }
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
