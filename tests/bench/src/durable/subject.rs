//! Who is measured: how each is started, and who calls it.
//!
//! It must never have one of them find what another has left.

use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use salon_tests::Result;
use tempfile::TempDir;

use super::{
    callers::{Driven, Shape, drive},
    disk::Appender,
    ledger::{self, Promise},
    nats::{self, Publisher},
    redis::{self, Adder},
    salon::{self, Asker, Speaker},
    watch::Watch,
};
use crate::server::Server;

/// One line of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    /// A file, appended to and synced.
    Disk,
    /// Salon in this process.
    Asked(Promise),
    /// Salon over WebSockets.
    Spoken(Promise),
    /// With that `appendfsync`.
    Redis(&'static str),
    /// With that `sync_interval`, or its own.
    Nats(Option<&'static str>),
}

impl Subject {
    pub(super) const ALL: [Self; 11] = [
        Self::Asked(Promise::Memory),
        Self::Asked(Promise::Process),
        Self::Asked(Promise::Disk),
        Self::Spoken(Promise::Memory),
        Self::Spoken(Promise::Process),
        Self::Redis("everysec"),
        Self::Nats(None),
        Self::Spoken(Promise::Disk),
        Self::Redis("always"),
        Self::Nats(Some("always")),
        Self::Disk,
    ];

    pub(super) fn name(self) -> String {
        let salon = |promise: Promise, how| match promise {
            Promise::Memory => format!("Salon {how}, not durable"),
            Promise::Process => format!("Salon {how}, `Process`"),
            Promise::Disk => format!("Salon {how}, `Disk`"),
        };
        match self {
            Self::Disk => "a file, synced each time".to_owned(),
            Self::Asked(promise) => salon(promise, "in process"),
            Self::Spoken(promise) => salon(promise, "over WebSocket"),
            Self::Redis(fsync) => format!("Redis Streams, `{fsync}`"),
            Self::Nats(None) => "NATS JetStream".to_owned(),
            Self::Nats(Some(sync)) => format!("NATS JetStream, `{sync}`"),
        }
    }

    /// Whether it can be measured in that shape.
    pub(super) fn fits(self, shape: Shape) -> bool {
        self != Self::Disk || (shape.callers == 1 && shape.rooms == 1)
    }

    /// Why it cannot be run here, if so.
    pub(super) fn missing(self) -> Option<String> {
        let program = match self {
            Self::Redis(_) => redis::PROGRAM,
            Self::Nats(_) => nats::PROGRAM,
            Self::Disk | Self::Asked(_) | Self::Spoken(_) => return None,
        };
        let Some(version) = version(program) else {
            return Some(format!(
                "{program} is not installed; Debian has it as a package: \
                apt-get install {program}"
            ));
        };
        let (major, minor) = two_numbers(&version)?;
        (matches!(self, Self::Nats(Some(_))) && (major, minor) < (2, 10)).then(|| {
            format!("{program} {major}.{minor} knows no `sync_interval`: 2.10 and later do")
        })
    }

    /// Measures it, with a server and a folder of its own.
    pub(super) async fn measure(self, shape: Shape, time: Duration) -> Result<Driven> {
        let folder = TempDir::with_prefix("salon-bench-")?;
        let folder = folder.path();
        match self {
            Self::Disk => {
                drive(vec![Appender::new(folder)?], shape.rooms, time, &Watch::nobody()).await
            }
            Self::Asked(promise) => {
                let file = folder.join("rooms.db");
                let (salon, server) = ledger::serve(promise, &file)?;
                // Rooms open on a worker that serves: it does when it has let somebody in.
                drop(Speaker::connect(server.address()).await?);
                let watch = Watch::here(mark(promise, &file))?;
                match promise {
                    Promise::Memory => ask::<false>(&salon, shape, time, &watch).await,
                    Promise::Process | Promise::Disk => {
                        ask::<true>(&salon, shape, time, &watch).await
                    }
                }
            }
            Self::Spoken(promise) => {
                let file = folder.join("rooms.db");
                let server = Server::start(salon::command(promise, &file)?)?;
                let mut callers = Vec::new();
                for _ in 0..shape.callers {
                    callers.push(Speaker::connect(server.address()).await?);
                }
                let watch = Watch::apart(server.id(), mark(promise, &file))?;
                server.in_time(drive(callers, shape.rooms, time, &watch).await)
            }
            Self::Redis(fsync) => {
                let server = told_its_port(|port| redis::command(folder, port, fsync))?;
                let mut callers = Vec::new();
                for _ in 0..shape.callers {
                    callers.push(Adder::connect(server.address()).await?);
                }
                let watch = Watch::apart(server.id(), None)?;
                server.in_time(drive(callers, shape.rooms, time, &watch).await)
            }
            Self::Nats(sync) => {
                let server = told_its_port(|port| nats::command(folder, port, sync))?;
                let mut callers = Vec::new();
                for number in 0..shape.callers {
                    callers.push(Publisher::connect(server.address(), number).await?);
                }
                if let Some(first) = callers.first_mut() {
                    first.make_stream().await?;
                }
                let watch = Watch::apart(server.id(), None)?;
                server.in_time(drive(callers, shape.rooms, time, &watch).await)
            }
        }
    }
}

async fn ask<const IS_DURABLE: bool>(
    salon: &::salon::Salon,
    shape: Shape,
    time: Duration,
    watch: &Watch,
) -> Result<Driven> {
    let callers = (0..shape.callers).map(|_| Asker::<IS_DURABLE>::new(salon, shape.rooms));
    drive(callers.collect(), shape.rooms, time, watch).await
}

/// What lies beside a file of the store.
fn mark(promise: Promise, file: &Path) -> Option<PathBuf> {
    let mut mark = file.to_owned().into_os_string();
    mark.push("-mark");
    (promise != Promise::Memory).then(|| mark.into())
}

/// A server on a port that was free a moment ago.
fn told_its_port(command: impl FnOnce(u16) -> Result<Command>) -> Result<Server> {
    let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
    Server::start_at(port, command(port)?)
}

/// What a program says of its version.
pub(super) fn version(program: &str) -> Option<String> {
    let output = Command::new(program).arg("--version").output().ok()?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The first two numbers of a version: of `nats-server: v2.10.1` they are 2 and 10.
fn two_numbers(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.split_once('v')?.1.split(|part: char| !part.is_ascii_digit());
    Some((numbers.find_map(|number| number.parse().ok())?, numbers.next()?.parse().ok()?))
}
