//! A program of others as a test: its exit code is the verdict.

use std::{process::Stdio, time::Duration};

use tokio::process::Command;

use crate::{Result, server::missing_program};

/// Runs it to its end, for no longer than that, and has what it printed; if it failed, that is in the failure, and
/// `what` is its name there.
///
/// # Errors
/// If it cannot be started, does not end in time, or fails.
pub async fn run(mut command: Command, what: &str, limit: Duration) -> Result<String> {
    let program = command.as_std().get_program().to_owned();
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| missing_program(&program, &error))?;
    let output = tokio::time::timeout(limit, child.wait_with_output())
        .await
        .map_err(|_elapsed| format!("{what} did not end within {limit:?}"))??;
    let printed = String::from_utf8_lossy(&output.stdout);
    if output.status.success() {
        return Ok(printed.into_owned());
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    Err(format!("{what} {}\n{printed}{errors}", output.status).into())
}
