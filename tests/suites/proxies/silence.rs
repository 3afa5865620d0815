//! Connections on which nothing happens: heartbeats keep a proxy from cutting them off.

use std::time::Duration;

use salon_tests::{
    Result,
    websocket::{Incoming, RawWebSocket, WebSocket},
};
use serde_json::json;

use crate::{
    proxy::Setting,
    stage::{SELDOM, Stage, within},
};

/// Proxies that wait for less than they do by default, so that a test need not wait for as long.
const IMPATIENT: [Setting; 2] =
    [Setting::Nginx("proxy_read_timeout 2s; proxy_send_timeout 2s;"), Setting::Haproxy("2s")];

/// A quarter of that.
const OFTEN: Duration = Duration::from_millis(500);

/// Heartbeats of three times as long.
const BEATS: usize = 12;

#[tokio::test]
async fn a_silent_stream_outlives_the_patience_of_a_proxy_by_its_heartbeats() -> Result<()> {
    for setting in IMPATIENT {
        let stage = Stage::with(Some(setting), OFTEN).await?;
        let mut stream = stage.stream("").await?;
        within("a room", stream.named("salon:joined")).await?;
        for _ in 0..BEATS {
            assert_eq!(within("a heartbeat", stream.data()).await?, json!([]));
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_silent_web_socket_outlives_the_patience_of_a_proxy_by_its_pings() -> Result<()> {
    for setting in IMPATIENT {
        let stage = Stage::with(Some(setting), OFTEN).await?;
        let (mut socket, _) = RawWebSocket::open(stage.address(), "/salon").await?;
        let mut beats = 0;
        while beats < BEATS {
            let frame = within("a ping", socket.receive()).await?.ok_or("it was cut off")?;
            if frame.head == 0x89 {
                socket.send_frame(0x8a, &frame.payload).await?;
                beats += 1;
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn without_heartbeats_a_proxy_cuts_off_a_silent_stream() -> Result<()> {
    for setting in IMPATIENT {
        let stage = Stage::with(Some(setting), SELDOM).await?;
        let mut stream = stage.stream("").await?;
        within("a room", stream.named("salon:joined")).await?;
        let cut = async { Ok(stream.event().await) };
        assert!(!matches!(within("the end", cut).await?, Ok(Some(_))));
        stage.has_clients(0).await?;
    }
    Ok(())
}

#[tokio::test]
async fn without_pings_a_proxy_cuts_off_a_silent_web_socket() -> Result<()> {
    for setting in IMPATIENT {
        let stage = Stage::with(Some(setting), SELDOM).await?;
        let mut socket = WebSocket::open(stage.address(), "/salon").await?;
        within("a welcome", socket.receive()).await?;
        assert_eq!(within("the end", socket.receive()).await?, Incoming::Closed(None));
        stage.has_clients(0).await?;
    }
    Ok(())
}
