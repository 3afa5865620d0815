//! A proxy that gathers what it has before it hands it on: what a client sees of it, and what helps.

use std::{process::Stdio, time::Duration};

use salon_tests::{
    Result,
    raw_http::Request,
    server::missing_program,
    websocket::{Incoming, WebSocket},
};
use serde_json::Value;
use tokio::process::Command;

use crate::{
    guide::{block, filled_in},
    proxy::Setting,
    socket_io::polls,
    stage::{Stage, lounge, within},
};

/// More often than it is looked for a welcome, so that heartbeats do not help either.
const OFTEN: Duration = Duration::from_millis(200);

/// It hands whole chunks of HTTP/1.1 on, but waits for a full buffer of what has neither chunks nor length.
const BUFFERING: Setting = Setting::BareNginx("proxy_ignore_headers X-Accel-Buffering;");
const MENDED: Setting =
    Setting::BareNginx("proxy_ignore_headers X-Accel-Buffering; proxy_buffering off;");

/// What the guide's line for it shows.
async fn shown(stage: &Stage) -> Result<String> {
    let line = filled_in(block("sh")?, &[("127.0.0.1:8080", &stage.address().to_string())])?;
    let shell =
        Command::new("sh").arg("-c").arg(line).stdin(Stdio::null()).kill_on_drop(true).output();
    let output = shell.await.map_err(|error| missing_program("sh".as_ref(), &error))?;
    // It is curl that says how long it waits, and that its time was up.
    match output.status.code() {
        Some(28) => Ok(String::from_utf8(output.stdout)?),
        Some(127) => Err("curl is missing; see tests/peers.sh".into()),
        code => Err(format!("curl ended with {code:?} where it waits").into()),
    }
}

#[tokio::test]
async fn the_guides_line_shows_a_welcome_unless_a_proxy_keeps_it() -> Result<()> {
    for (setting, is_welcomed) in [
        (None, true),
        (Some(Setting::Nginx("")), true),
        (Some(Setting::Haproxy("50s")), true),
        (Some(MENDED), true),
        (Some(BUFFERING), false),
    ] {
        let stage = Stage::with(setting, OFTEN).await?;
        let shown = shown(&stage).await?;
        assert_eq!(shown.contains("data: [\"salon:welcome\""), is_welcomed, "{shown}");
        assert_eq!(shown.is_empty(), !is_welcomed, "{shown}");
    }
    Ok(())
}

/// Opens a connection of the plain protocol by a request that ends, and polls what its joining brings.
async fn polls_plainly(stage: &Stage) -> Result<()> {
    let ask = || Request::new("GET", &lounge()).header("accept", "application/x-ndjson");
    let opened = within("a welcome", ask().send(stage.address())).await?;
    let welcome: Value = serde_json::from_str(opened.text().lines().next().unwrap_or_default())?;
    assert_eq!(welcome[0], "salon:welcome");
    let secret = welcome[1]["secret"].as_str().ok_or("a secret")?;
    let mut told = opened.text();
    let mut last = opened.header("salon-last").ok_or("a number")?.to_owned();
    while !told.contains("salon:joined") {
        let poll = ask().header("salon-session", secret).header("salon-ack", &last);
        let polled = within("more", poll.send(stage.address())).await?;
        last = polled.header("salon-last").map_or(last, str::to_owned);
        told += &polled.text();
    }
    Ok(())
}

#[tokio::test]
async fn polling_and_web_sockets_go_through_what_keeps_a_stream() -> Result<()> {
    let stage = Stage::with(Some(BUFFERING), OFTEN).await?;
    polls(&stage).await?;
    polls_plainly(&stage).await?;
    // What cannot do WebSockets keeps none.
    let upgrading = Setting::Nginx("proxy_ignore_headers X-Accel-Buffering;");
    let stage = Stage::with(Some(upgrading), OFTEN).await?;
    let mut socket = WebSocket::open(stage.address(), "/salon").await?;
    let welcome = within("a welcome", socket.receive()).await?;
    assert!(
        matches!(&welcome, Incoming::Text(text) if text.contains("salon:welcome")),
        "{welcome:?}"
    );
    Ok(())
}
