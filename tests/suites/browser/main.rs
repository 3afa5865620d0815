//! The examples in Chromium, as a person would use them, and a page without a library.
//!
//! They need node, Chromium and the packages that `tests/peers.sh` installs; without them they fail.

use std::{ffi::OsStr, net::TcpListener, path::PathBuf, time::Duration};

use actix_web::{HttpResponse, web};
use multiplayer_lobby::Rules;
use salon_tests::{Result, by_hand, in_process::InProcess, program, server::folder};
use tokio::process::Command;

/// Longer than any of the scripts takes, so that one that hangs is named and not the whole run.
const LIMIT: Duration = Duration::from_secs(180);

/// Runs a script of `tests/browser` on what it is given; what it printed is in the failure.
async fn play(script: &str, on: &[&OsStr]) -> Result<()> {
    let mut node = Command::new("node");
    node.arg(folder().join("browser").join(script)).args(on).arg(folder().join("screenshots"));
    program::run(node, script, LIMIT).await.map(drop)
}

/// Long enough to play, and short enough to wait for.
const RULES: Rules = Rules { seconds: 45, countdown: 4, token: Duration::from_secs(16) };

/// What a lobby keeps, for one script; dropped, it is removed.
struct Directory(PathBuf);

impl Directory {
    fn new(script: &str) -> Self {
        let directory = format!("{script}-{}", std::process::id());
        Self(PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(directory))
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // It may not have been made.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Serves the lobby, and runs a script against it.
async fn play_lobby(script: &str) -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}", listener.local_addr()?);
    let directory = Directory::new(script);
    actix_web::rt::spawn(multiplayer_lobby::serve(listener, &directory.0, RULES)?);
    play(script, &[url.as_ref()]).await
}

/// A page is all that it needs to be of the server's origin.
async fn page() -> HttpResponse {
    HttpResponse::Ok().content_type("text/html").body("<!doctype html><title>A page</title>")
}

#[actix_web::test]
async fn a_page_speaks_the_plain_protocol_without_a_library() -> Result<()> {
    let salon = by_hand::app()?;
    let server = InProcess::start_with(2, move |config| {
        salon.routes()(config);
        config.route("/page", web::get().to(page));
    })?;
    play("plain.js", &[format!("http://{}", server.address()).as_ref()]).await
}

#[actix_web::test]
async fn the_page_of_the_contract_has_a_client_to_try_it_with() -> Result<()> {
    play_lobby("playground.js").await
}

#[actix_web::test]
async fn three_players_play_in_the_lobby() -> Result<()> {
    play_lobby("lobby.js").await
}

#[actix_web::test]
async fn the_official_client_plays_it_all_too() -> Result<()> {
    play_lobby("official_client.js").await
}

#[actix_web::test]
async fn players_are_back_on_their_seats_when_the_program_was_killed() -> Result<()> {
    // It is a program of another package: cargo has not built it for this one.
    let built = Command::new(env!("CARGO")).args(["build", "-p", "multiplayer-lobby"]).status();
    assert!(built.await?.success(), "the lobby is built");
    let target = std::env::current_exe()?;
    let target = target.ancestors().nth(2).ok_or("a folder of programs")?;
    let (program, directory) =
        (target.join("multiplayer-lobby"), Directory::new("next_process.js"));
    play("next_process.js", &[program.as_ref(), directory.0.as_ref()]).await
}
