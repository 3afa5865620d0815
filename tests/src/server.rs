//! A server under test, as a child process that ends with the test.
//!
//! It must never outlive its owner, nor be waited for by time: it says when it is ready.

use crate::{Failure, Result};
use std::ffi::OsStr;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdout, Command};

const STARTUP: Duration = Duration::from_secs(20);

/// Which implementation plays the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Implementation {
    /// The npm packages, through `tests/reference/server.js`.
    Reference,
    /// Salon, through the conformance server at this path.
    Salon(PathBuf),
}

impl Implementation {
    /// Its name in messages.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Reference => "reference",
            Self::Salon(_) => "salon",
        }
    }
}

/// A running server; dropped, it is killed.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    child: Child,
    _output: BufReader<ChildStdout>,
}

impl Server {
    /// Starts a fixture of the conformance page on a free port and waits until it listens.
    pub async fn start(
        implementation: &Implementation,
        fixture: &str,
        arguments: &[&str],
    ) -> Result<Self> {
        let mut command = match implementation {
            Implementation::Reference => {
                let mut node = Command::new("node");
                node.arg(reference_script()?);
                node
            }
            Implementation::Salon(binary) => Command::new(binary),
        };
        command.arg(fixture).args(["--port", "0"]).args(arguments);
        Self::spawn(command).await.map_err(|error| {
            format!("the {} server, fixture {fixture}: {error}", implementation.name()).into()
        })
    }

    async fn spawn(mut command: Command) -> Result<Self> {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| missing_program(command.as_std().get_program(), &error))?;
        let output = child.stdout.take().ok_or("its output is not piped")?;
        let mut output = BufReader::new(output);
        let mut line = String::new();
        tokio::time::timeout(STARTUP, output.read_line(&mut line))
            .await
            .map_err(|_elapsed| "it did not say that it listens")??;
        let port = line
            .strip_prefix("listening on ")
            .and_then(|port| port.trim().parse().ok())
            .ok_or_else(|| format!("it ended or said {line:?} where `listening on PORT` is due"))?;
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        Ok(Self { address, child, _output: output })
    }

    /// Ends it as `kill -9` does, and waits until it has ended.
    pub async fn kill(mut self) -> Result<()> {
        Ok(self.child.kill().await?)
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

/// The folder of this crate.
#[must_use]
pub fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn reference_script() -> Result<PathBuf> {
    let folder = folder().join("reference");
    if !folder.join("node_modules").is_dir() {
        return Err("its npm packages are not installed; run tests/peers.sh".into());
    }
    Ok(folder.join("server.js"))
}

/// Says which peer is missing, in the words of somebody who has to install it.
#[must_use]
pub fn missing_program(program: &OsStr, error: &std::io::Error) -> Failure {
    let program = program.display();
    format!("cannot run {program} ({error}); the peers need it, see tests/peers.sh").into()
}
