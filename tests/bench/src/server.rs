//! A server under load: a process of its own, with its time and its memory as the kernel counts
//! them.
//!
//! It must never outlive a run.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
    time::Duration,
};

use procfs::process::{ClearRefs, Process};
use salon_tests::Result;

/// A running server; dropped, it is killed.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    process: Process,
    address: SocketAddr,
}

impl Server {
    /// Starts a server, and waits until it says `listening on PORT`.
    pub(crate) fn start(mut command: Command) -> Result<Self> {
        let program = command.get_program().display().to_string();
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("cannot run {program}: {error}"))?;
        let process = Process::new(child.id().try_into()?)?;
        let output = child.stdout.take().ok_or("its output is not piped")?;
        let mut server = Self { child, process, address: SocketAddr::from(([127, 0, 0, 1], 0)) };
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let port = line.strip_prefix("listening on ").and_then(|port| port.trim().parse().ok());
        let port = port.ok_or_else(|| format!("{program} ended, or said {line:?} for its port"))?;
        server.address.set_port(port);
        Ok(server)
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// What its threads have had of the processor.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        let mut nanoseconds = 0;
        for task in self.process.tasks()?.flatten() {
            nanoseconds += task.schedstat().map_or(0, |schedstat| schedstat.sum_exec_runtime);
        }
        Ok(Duration::from_nanos(nanoseconds))
    }

    /// Its memory that is resident, in bytes.
    pub(crate) fn memory(&self) -> Result<u64> {
        let rollup = self.process.smaps_rollup()?.memory_map_rollup;
        let resident = rollup.into_iter().find_map(|map| map.extension.map.get("Rss").copied());
        Ok(resident.ok_or("the kernel does not tell the resident memory")?)
    }

    /// The most that has been resident since [`Server::forget_peak`], in bytes.
    pub(crate) fn peak(&self) -> Result<u64> {
        let kibibytes = self.process.status()?.vmhwm;
        Ok(kibibytes.ok_or("the kernel does not tell the peak memory")? * 1024)
    }

    /// The peak is counted from here on.
    pub(crate) fn forget_peak(&self) -> Result<()> {
        Ok(self.process.clear_refs(ClearRefs::PeakRSS)?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
