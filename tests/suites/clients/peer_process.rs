//! A client suite in another language, as a process whose exit code is its verdict.

use salon_tests::server::{Implementation, Server, folder};
use salon_tests::{Result, program};
use std::path::PathBuf;
use std::time::Duration;
use tokio::process::Command;

/// Longer than a suite takes, so that one that hangs is named and not the whole run.
const LIMIT: Duration = Duration::from_secs(180);
/// Set to `reference`, it plays the clients against the reference, which proves the suites.
const SUBJECT_VARIABLE: &str = "SALON_SUBJECT";

/// Starts the server under test with the fixture `typed`, which is Salon's alone.
pub(crate) async fn typed(arguments: &[&str]) -> Result<Server> {
    let binary = PathBuf::from(env!("CARGO_BIN_EXE_conformance-server"));
    Server::start(&Implementation::Salon(binary), "typed", arguments).await
}

/// Starts the server under test with the `interop` fixture.
pub(crate) async fn interop(arguments: &[&str]) -> Result<Server> {
    let is_overridden = std::env::var(SUBJECT_VARIABLE).is_ok_and(|name| name == "reference");
    let implementation = match option_env!("CARGO_BIN_EXE_conformance-server") {
        Some(binary) if !is_overridden => Implementation::Salon(PathBuf::from(binary)),
        _ => Implementation::Reference,
    };
    Server::start(&implementation, "interop", arguments).await
}

/// A suite and the client it plays.
#[derive(Clone, Debug)]
pub(crate) struct PeerProcess {
    program: PathBuf,
    script: PathBuf,
    client: &'static str,
}

impl PeerProcess {
    /// The suite of the official client, one of its versions.
    pub(crate) fn node(client: &'static str) -> Self {
        let script = folder().join("clients/node/suite.js");
        Self { program: PathBuf::from("node"), script, client }
    }

    /// The official client, one of its versions, that is cut off and resumes a room.
    pub(crate) fn resuming_node(client: &'static str) -> Self {
        let script = folder().join("clients/node/resume.js");
        Self { script, ..Self::node(client) }
    }

    /// The official client, one of its versions, that sends by `retries` what it has put off.
    pub(crate) fn retrying_node(client: &'static str) -> Self {
        let script = folder().join("clients/node/retries.js");
        Self { script, ..Self::node(client) }
    }

    /// The same as `resuming_node` with python-socketio.
    pub(crate) fn resuming_python(client: &'static str) -> Self {
        let script = folder().join("clients/python/resume.py");
        Self { script, ..Self::python(client) }
    }

    /// The suite of python-socketio, `sync` or `async`.
    pub(crate) fn python(client: &'static str) -> Self {
        let python = folder().join("clients/python");
        Self { program: python.join(".venv/bin/python"), script: python.join("suite.py"), client }
    }

    /// Runs it; what it printed is in the failure.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Result<()> {
        let mut suite = Command::new(&self.program);
        suite.arg(&self.script).arg(self.client).args(arguments);
        program::run(suite, self.client, LIMIT).await.map(drop)
    }
}
