//! How connections end, and that nothing of them stays.

use std::time::Duration;

use salon::{Count, Salon};
use salon_tests::{
    Result,
    in_process::InProcess,
    polling::{Endpoint, Polling},
    socket_io::Client,
    websocket::{Incoming, WebSocket},
};
use serde_json::json;

use crate::table::{guest, salon, salon_with};

/// Waits until nothing is left, with the connections' own ends as the clock.
async fn empty(salon: &Salon) -> Result<()> {
    let gone = async {
        while salon.connections() > 0 || salon.open_rooms() > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    Ok(tokio::time::timeout(Duration::from_secs(20), gone).await?)
}

#[tokio::test]
async fn after_every_kind_of_end_the_registries_are_empty() -> Result<()> {
    let salon = salon();
    let server = InProcess::start(&salon, 4)?;
    for round in 0..40 {
        let mut client = Client::connect(server.address(), guest("ada")).await?;
        client.ask("table:sit", json!({ "table": round })).await?;
        match round % 4 {
            0 => drop(client),
            1 => client.send("41").await?,
            2 => {
                client.send("4nonsense").await?;
                assert_eq!(client.closed().await?, None);
            }
            _ => {
                client.send("40{}").await?;
                assert_eq!(client.closed().await?, None, "a second connect closes");
            }
        }
    }
    empty(&salon).await?;
    let counters = salon.counters();
    assert_eq!(counters.get(Count::ConnectionsOpened), counters.get(Count::ConnectionsClosed));
    assert_eq!(counters.get(Count::RoomsOpened), counters.get(Count::RoomsClosed));
    Ok(())
}

#[tokio::test]
async fn a_client_that_does_not_answer_pings_is_gone() -> Result<()> {
    let salon = salon_with(|builder| {
        builder.heartbeat(Duration::from_millis(200), Duration::from_millis(100))
    });
    let server = InProcess::start(&salon, 1)?;
    let target = "/socket.io/?EIO=4&transport=websocket";
    let mut silent = WebSocket::open(server.address(), target).await?;
    let mut pings = 0;
    loop {
        match silent.receive().await? {
            Incoming::Text(text) => pings += u32::from(text == "2"),
            Incoming::Binary(_) => {}
            Incoming::Closed(_) => break,
        }
    }
    assert_eq!(pings, 1);
    empty(&salon).await
}

#[tokio::test]
async fn pongs_that_answer_no_ping_keep_no_client_that_does_not_read() -> Result<()> {
    let salon = salon_with(|builder| {
        builder.heartbeat(Duration::from_millis(200), Duration::from_millis(100))
    });
    let server = InProcess::start(&salon, 1)?;
    let endpoint =
        Endpoint { address: server.address(), path: "/socket.io/", parameters: String::new() };
    let (polling, _open) = Polling::open(endpoint).await?;
    // It never polls for the ping, so it cannot know that there is one to answer.
    while polling.post("3").await?.status == 200 {}
    empty(&salon).await
}

#[tokio::test]
async fn without_a_connect_in_time_the_connection_is_closed() -> Result<()> {
    let salon = salon_with(|builder| {
        builder.timeouts(|timeouts| timeouts.connect = Duration::from_millis(50))
    });
    let server = InProcess::start(&salon, 1)?;
    let mut client = Client::open(server.address()).await?;
    assert_eq!(client.closed().await?, None);
    empty(&salon).await
}

#[tokio::test]
async fn a_shutdown_tells_the_clients_that_the_server_restarts() -> Result<()> {
    let salon = salon();
    let server = InProcess::start(&salon, 2)?;
    let mut ada = Client::connect(server.address(), guest("ada")).await?;
    ada.ask("table:sit", json!({ "table": 1 })).await?;
    salon.shutdown(Duration::from_secs(5)).await;
    assert_eq!(ada.closed().await?, Some(1012));
    let late = Client::open(server.address()).await;
    assert!(late.is_err(), "a server that shuts down takes no new client");
    empty(&salon).await
}
