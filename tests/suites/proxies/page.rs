//! A page in Chromium, over HTTP/2: a hundred streams, and what else it sends beside them.

use std::{process::Stdio, time::Duration};

use salon_tests::{
    Result,
    server::{folder, missing_program},
};
use tokio::{process::Command, time::sleep};

use crate::{
    app::say,
    many::shared_one_connection,
    stage::{Stage, Way, within},
};

/// Plays the page, to which something is said all the time; what it printed is in the failure.
async fn play(way: Way) -> Result<()> {
    // haproxy notices only when it has something for a client that this has left.
    let stage = Stage::beating(way, Duration::from_millis(500)).await?;
    let page = Command::new("node")
        .arg(folder().join("browser/streams.js"))
        .arg(format!("https://{}", stage.secure()?))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| missing_program("node".as_ref(), &error))?;
    let talks = async {
        loop {
            say(&stage.salon, "to all of you").await;
            sleep(Duration::from_millis(100)).await;
        }
    };
    let played = async {
        tokio::select! {
            output = page.wait_with_output() => Ok(output?),
            () = talks => unreachable!("it talks for ever"),
        }
    };
    let output = within("the end of the page", played).await?;
    if output.status.success() {
        return shared_one_connection(&stage).await;
    }
    let printed = String::from_utf8_lossy(&output.stderr);
    Err(format!("streams.js {}\n{printed}", output.status).into())
}

#[tokio::test]
async fn a_page_has_a_hundred_streams_on_one_connection_to_nginx() -> Result<()> {
    play(Way::Nginx).await
}

#[tokio::test]
async fn a_page_has_a_hundred_streams_on_one_connection_to_haproxy() -> Result<()> {
    play(Way::Haproxy).await
}
