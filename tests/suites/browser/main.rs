//! The examples in Chromium, as a person would use them.
//!
//! They need node, Chromium and the packages that `tests/peers.sh` installs; without them they fail.

use std::{net::TcpListener, process::Stdio, time::Duration};

use multiplayer_lobby::Rules;
use salon_tests::{
    Result,
    server::{folder, missing_program},
};
use tokio::process::Command;

/// Longer than any of the scripts takes, so that one that hangs is named and not the whole run.
const LIMIT: Duration = Duration::from_secs(180);

/// Runs a script of `tests/browser` against a server; what it printed is in the failure.
async fn play(script: &str, url: &str) -> Result<()> {
    let child = Command::new("node")
        .arg(folder().join("browser").join(script))
        .arg(url)
        .arg(folder().join("screenshots"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| missing_program("node".as_ref(), &error))?;
    let output = tokio::time::timeout(LIMIT, child.wait_with_output())
        .await
        .map_err(|_elapsed| format!("{script} did not end within {LIMIT:?}"))??;
    if output.status.success() {
        return Ok(());
    }
    let printed = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    Err(format!("{script} {}\n{printed}{errors}", output.status).into())
}

/// Long enough to play, and short enough to wait for.
const RULES: Rules = Rules { seconds: 45, countdown: 2, token: Duration::from_secs(16) };

/// Serves the lobby, and runs a script against it.
async fn play_lobby(script: &str) -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}", listener.local_addr()?);
    actix_web::rt::spawn(multiplayer_lobby::serve(listener, RULES)?);
    play(script, &url).await
}

#[actix_web::test]
async fn three_players_play_in_the_lobby() -> Result<()> {
    play_lobby("lobby.js").await
}

#[actix_web::test]
async fn the_official_client_plays_it_all_too() -> Result<()> {
    play_lobby("official_client.js").await
}
