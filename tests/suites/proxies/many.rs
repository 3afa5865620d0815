//! Many streams on one connection: HTTP/2 between a client and a proxy.

use std::{net::SocketAddr, path::Path, process::Stdio, time::Duration};

use salon_tests::{Result, server::missing_program};
use tokio::{
    process::{Child, Command},
    time::sleep,
};

use crate::{
    app::say,
    proxy::connections_of,
    stage::{Stage, Way, lounge, within},
};

const STREAMS: usize = 100;

/// Opens the streams by one curl, which writes each to a file of its own.
fn curl(to: SocketAddr, folder: &Path) -> Result<Child> {
    Command::new("curl")
        .current_dir(folder)
        .args(["--http2", "--insecure", "--silent", "--no-buffer"])
        .args(["--parallel", "--parallel-max", "120"])
        .args(["--output", "stream-#1", "--write-out", "%{http_version} %{response_code}\n"])
        .arg(format!("https://{to}{}&number=[1-{STREAMS}]", lounge()))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        // How far it is, which it says in spite of `--silent`.
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| missing_program("curl".as_ref(), &error))
}

/// Waits until that is in all files.
async fn all_have(folder: &Path, text: &str) -> Result<()> {
    let have = || {
        let files = (1..=STREAMS).map(|number| folder.join(format!("stream-{number}")));
        files.filter(|file| std::fs::read_to_string(file).is_ok_and(|it| it.contains(text))).count()
    };
    let all = async {
        while have() < STREAMS {
            sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    };
    within(text, all).await.map_err(|error| format!("{error}; {} have it", have()).into())
}

/// Says whether all streams came over one connection, once all of them are over.
pub(crate) async fn shared_one_connection(stage: &Stage) -> Result<()> {
    let connections = connections_of(STREAMS, &stage.scratch);
    let connections = within("the end of all streams", connections).await?;
    assert_eq!(connections.len(), 1, "{connections:?}");
    Ok(())
}

async fn a_hundred_streams_share_one_connection(way: Way) -> Result<()> {
    let stage = Stage::set(way).await?;
    let folder = &stage.scratch.0;
    let curl = curl(stage.secure()?, folder)?;
    all_have(folder, "\"salon:welcome\"").await?;
    all_have(folder, "\"salon:joined\"").await?;
    assert_eq!(stage.salon.connections(), STREAMS);
    say(&stage.salon, "to all of you").await;
    all_have(folder, "to all of you").await?;
    stage.salon.shutdown(Duration::from_secs(1)).await;
    all_have(folder, "\"salon:bye\"").await?;
    let output = within("the end", async { Ok(curl.wait_with_output().await?) }).await?;
    assert_eq!(String::from_utf8(output.stdout)?, "2 200\n".repeat(STREAMS));
    shared_one_connection(&stage).await
}

#[tokio::test]
async fn a_hundred_streams_share_one_connection_to_nginx() -> Result<()> {
    a_hundred_streams_share_one_connection(Way::Nginx).await
}

#[tokio::test]
async fn a_hundred_streams_share_one_connection_to_haproxy() -> Result<()> {
    a_hundred_streams_share_one_connection(Way::Haproxy).await
}
