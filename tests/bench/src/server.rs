//! A server under load: a process of its own, with its time and its memory as the kernel counts
//! them.
//!
//! It must never outlive a run.

use std::{
    io::{BufRead, BufReader},
    net::{SocketAddr, TcpStream},
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use procfs::process::{ClearRefs, Process};
use salon_tests::Result;

use crate::{limit::Limit, load::Dialect};

/// How long a server may take to say where it listens.
const START: Duration = Duration::from_secs(60);

/// How long a run may take: more than the longest of them, on a slow machine.
const RUN: Duration = Duration::from_secs(300);

/// A running server; dropped, or at the end of its time, it is killed.
#[derive(Debug)]
pub(crate) struct Server {
    child: Arc<Running>,
    process: Process,
    address: SocketAddr,
    /// What clients are to speak with it.
    dialect: Dialect,
    limit: Limit,
}

/// The process of a server, which ends what waits for it when it is killed.
#[derive(Debug)]
struct Running {
    child: Mutex<Child>,
    overdue: AtomicBool,
}

impl Server {
    /// Starts a server, and waits until it says `listening on PORT`.
    pub(crate) fn start(command: Command) -> Result<Self> {
        Self::start_within(START, RUN, command)
    }

    /// Starts a server that was told its port, and waits until it lets somebody in there.
    pub(crate) fn start_at(port: u16, mut command: Command) -> Result<Self> {
        let program = command.get_program().display().to_string();
        let mut server = Self::spawn(START, &mut command)?;
        server.address.set_port(port);
        while TcpStream::connect(server.address).is_err() {
            if server.child.has_ended() {
                return Err(format!("{program} ended before it let anybody in").into());
            }
            thread::sleep(Duration::from_millis(5));
        }
        server.limit = Running::limit(&server.child, RUN);
        Ok(server)
    }

    fn start_within(start: Duration, run: Duration, mut command: Command) -> Result<Self> {
        let program = command.get_program().display().to_string();
        let mut server = Self::spawn(start, command.stdout(Stdio::piped()))?;
        let output = server.child.lock().stdout.take().ok_or("its output is not piped")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        if server.child.is_overdue() {
            let seconds = start.as_secs();
            return Err(format!("{program} did not say its port in {seconds} s").into());
        }
        let port = line.strip_prefix("listening on ").and_then(|port| port.trim().parse().ok());
        let port = port.ok_or_else(|| format!("{program} ended, or said {line:?} for its port"))?;
        server.address.set_port(port);
        server.limit = Running::limit(&server.child, run);
        Ok(server)
    }

    fn spawn(start: Duration, command: &mut Command) -> Result<Self> {
        let program = command.get_program().display().to_string();
        let child = command.stdin(Stdio::null()).spawn();
        let child = child.map_err(|error| format!("cannot run {program}: {error}"))?;
        let process = Process::new(child.id().try_into()?)?;
        let child = Arc::new(Running { child: Mutex::new(child), overdue: AtomicBool::new(false) });
        let limit = Running::limit(&child, start);
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        Ok(Self { child, process, address, dialect: Dialect::SocketIo, limit })
    }

    /// Has its clients speak that, instead of Socket.IO.
    pub(crate) fn speaking(mut self, dialect: Dialect) -> Self {
        self.dialect = dialect;
        self
    }

    /// What came of a run, or that its time was over: then its server was killed, and whatever else
    /// is said to have failed is a consequence.
    pub(crate) fn in_time<T>(&self, result: Result<T>) -> Result<T> {
        match self.child.is_overdue() {
            true => Err("the run did not end in time, and its server was killed".into()),
            false => result,
        }
    }

    /// Its number, as the kernel gave it.
    pub(crate) fn id(&self) -> u32 {
        self.child.lock().id()
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// What clients are to speak with it.
    pub(crate) fn dialect(&self) -> Dialect {
        self.dialect
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
        self.child.kill();
    }
}

impl Running {
    /// Kills it after `time`, so that whoever reads from it comes to the end.
    fn limit(running: &Arc<Self>, time: Duration) -> Limit {
        let running = running.clone();
        Limit::new(time, move || {
            running.overdue.store(true, Ordering::SeqCst);
            running.kill();
        })
    }

    fn is_overdue(&self) -> bool {
        self.overdue.load(Ordering::SeqCst)
    }

    fn has_ended(&self) -> bool {
        matches!(self.lock().try_wait(), Ok(Some(_)))
    }

    fn lock(&self) -> MutexGuard<'_, Child> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A second time it does nothing.
    fn kill(&self) {
        let mut child = self.lock();
        let _ = child.kill();
        let _ = child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The time of the test, which is over at once, and one that it does not wait for.
    const SHORT: Duration = Duration::from_millis(10);
    const LONG: Duration = Duration::from_secs(600);

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_server_that_says_nothing_is_not_waited_for() {
        let error = Server::start_within(SHORT, LONG, shell("exec sleep 600")).unwrap_err();
        assert!(error.to_string().contains("did not say its port"), "{error}");
    }

    #[test]
    fn a_server_that_ends_without_its_port_is_told_from_one_that_hangs() {
        let error = Server::start_within(LONG, LONG, shell("echo no")).unwrap_err();
        assert!(error.to_string().contains(r#"said "no\n" for its port"#), "{error}");
    }

    #[test]
    fn a_run_that_does_not_end_loses_its_server_and_says_so() -> Result<()> {
        let script = "echo listening on 1; exec sleep 600";
        let server = Server::start_within(LONG, SHORT, shell(script))?;
        let child = server.child.clone();
        // What waits for the server to end waits no longer than that.
        while !child.has_ended() {
            thread::yield_now();
        }
        let error = server.in_time(Ok(())).unwrap_err();
        assert!(error.to_string().contains("did not end in time"), "{error}");
        Ok(())
    }
}
