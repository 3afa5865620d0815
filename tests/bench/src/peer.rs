//! The servers that are compared: how each is built and started.
//!
//! It must never give one of them what another lacks: one core, one worker, production settings. A
//! variant of Salon differs in what it is named after, and is compared with Salon alone.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use salon_tests::Result;

use crate::{load::Dialect, machine::Placement};

/// Who is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Peer {
    /// Epoll and the unavoidable writes.
    Limit,
    /// The fixture `load` of the conformance server: typed events and rooms.
    Salon,
    /// The same, and its clients speak the plain protocol.
    Plain,
    /// Salon, with a place on every event of a room.
    Numbered,
    /// Salon on the cores of its load.
    Together,
    /// Salon with two workers, on the cores of its load; connections are on them in turn, so each
    /// room is split.
    TwoWorkers,
    /// The same, with all members of a room on one worker, by its affinity.
    AtHome,
    /// A WebSocket by hand on actix-ws.
    ActixWs,
    /// socketioxide on axum.
    Socketioxide,
    /// npm socket.io with `ws`.
    Node,
}

impl Peer {
    pub(crate) const ALL: [Self; 10] = [
        Self::Limit,
        Self::Salon,
        Self::Plain,
        Self::Numbered,
        Self::Together,
        Self::TwoWorkers,
        Self::AtHome,
        Self::ActixWs,
        Self::Socketioxide,
        Self::Node,
    ];

    /// Its name in arguments, tables and plots.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Limit => "limit",
            Self::Salon => "salon",
            Self::Plain => "salon-plain",
            Self::Numbered => "salon-numbered",
            Self::Together => "salon-together",
            Self::TwoWorkers => "salon-2-workers",
            Self::AtHome => "salon-2-at-home",
            Self::ActixWs => "actix-ws",
            Self::Socketioxide => "socketioxide",
            Self::Node => "node",
        }
    }

    /// Whether it is Salon in another way than the peers are measured.
    pub(crate) fn is_variant(self) -> bool {
        matches!(self, Self::Numbered | Self::Together | Self::TwoWorkers | Self::AtHome)
    }

    /// Which cores it has, and which its load.
    pub(crate) fn placement(self) -> Placement {
        match self {
            Self::Together | Self::TwoWorkers | Self::AtHome => Placement::Together,
            _ => Placement::Apart,
        }
    }

    /// What its clients speak.
    pub(crate) fn dialect(self) -> Dialect {
        if self == Self::Plain { Dialect::Plain } else { Dialect::SocketIo }
    }

    /// Whether it is asked by long polling.
    pub(crate) fn polls(self) -> bool {
        matches!(self, Self::Salon | Self::Socketioxide | Self::Node)
    }

    /// Why it cannot be run here, if so.
    pub(crate) fn missing(self) -> Option<&'static str> {
        if self != Self::Node {
            return None;
        }
        let version = Command::new("node").arg("--version").stdout(Stdio::null()).status();
        if !version.is_ok_and(|status| status.success()) {
            Some("node is not installed")
        } else if !reference().join("node_modules").is_dir() {
            Some("npm socket.io is not installed; run tests/peers.sh")
        } else {
            None
        }
    }
}

/// The programs of those who are Rust, built.
#[derive(Debug)]
pub(crate) struct Programs {
    salon: PathBuf,
    others: PathBuf,
}

impl Programs {
    /// Builds what is needed, in release.
    pub(crate) fn build(peers: &[Peer]) -> Result<Self> {
        let salon = if peers
            .iter()
            .any(|peer| matches!(peer, Peer::Salon | Peer::Plain) || peer.is_variant())
        {
            build_salon()?
        } else {
            PathBuf::new()
        };
        let mut others = PathBuf::new();
        for peer in peers {
            if let Peer::Limit | Peer::ActixWs | Peer::Socketioxide = peer {
                let program = cargo_build(&folder().join("peers/Cargo.toml"), peer.name())?;
                others = program.parent().map(Path::to_owned).unwrap_or_default();
            }
        }
        Ok(Self { salon, others })
    }

    /// How a peer is started.
    pub(crate) fn command(&self, peer: Peer) -> Command {
        match peer {
            Peer::Salon
            | Peer::Plain
            | Peer::Numbered
            | Peer::Together
            | Peer::TwoWorkers
            | Peer::AtHome => {
                let fixture = if peer == Peer::Numbered { "load-numbered" } else { "load" };
                let workers = match peer {
                    Peer::TwoWorkers | Peer::AtHome => "2",
                    _ => "1",
                };
                let mut command = Command::new(&self.salon);
                command.args([fixture, "--port", "0", "--workers", workers]);
                command
            }
            Peer::Node => {
                let mut command = Command::new("node");
                command.arg(reference().join("server.js")).args(["load", "--port", "0"]);
                command.env("NODE_ENV", "production");
                command
            }
            Peer::Limit | Peer::ActixWs | Peer::Socketioxide => {
                Command::new(self.others.join(peer.name()))
            }
        }
    }
}

/// Builds the conformance server; where it is.
pub(crate) fn build_salon() -> Result<PathBuf> {
    cargo_build(&folder().join("../Cargo.toml"), "conformance-server")
}

/// How that is started with durable rooms in that file, on one worker, for clients with tokens.
pub(crate) fn durable(program: &Path, file: &Path, secret: &str) -> Command {
    let mut command = Command::new(program);
    command.args(["typed", "--port", "0", "--workers", "1", "--secret", secret, "--store"]);
    command.arg(file);
    command
}

/// The folder of this crate.
pub(crate) fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn reference() -> PathBuf {
    folder().join("../reference")
}

/// Builds one program; cargo says where it is.
fn cargo_build(manifest: &Path, program: &str) -> Result<PathBuf> {
    println!("building {program}");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["build", "--release", "--quiet", "--message-format=json", "--manifest-path"])
        .arg(manifest)
        .args(["--bin", program])
        .stderr(Stdio::inherit())
        .output()?;
    let messages = String::from_utf8(output.stdout)?;
    let mut messages = messages.lines().filter_map(|line| serde_json::from_str(line).ok());
    let executable = messages.find_map(|message: serde_json::Value| {
        let named = message["target"]["name"] == program;
        message["executable"].as_str().filter(|_| named).map(PathBuf::from)
    });
    executable.ok_or_else(|| format!("cargo did not build {program}").into())
}
