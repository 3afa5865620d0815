//! A page in Chromium, over HTTP/2: a hundred streams, and what else it sends beside them.

use std::time::Duration;

use salon_tests::{Result, program, server::folder};
use tokio::{process::Command, time::sleep};

use crate::{
    app::say,
    many::shared_one_connection,
    stage::{PATIENCE, Stage, Way},
};

/// Plays the page, to which something is said all the time; what it printed is in the failure.
async fn play(way: Way) -> Result<()> {
    // haproxy notices only when it has something for a client that this has left.
    let stage = Stage::beating(way, Duration::from_millis(500)).await?;
    let mut node = Command::new("node");
    node.arg(folder().join("browser/streams.js")).arg(format!("https://{}", stage.secure()?));
    let talks = async {
        loop {
            say(&stage.salon, "to all of you").await;
            sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::select! {
        played = program::run(node, "streams.js", PATIENCE) => drop(played?),
        () = talks => unreachable!("it talks for ever"),
    }
    shared_one_connection(&stage).await
}

#[tokio::test]
async fn a_page_has_a_hundred_streams_on_one_connection_to_nginx() -> Result<()> {
    play(Way::Nginx).await
}

#[tokio::test]
async fn a_page_has_a_hundred_streams_on_one_connection_to_haproxy() -> Result<()> {
    play(Way::Haproxy).await
}
