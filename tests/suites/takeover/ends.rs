//! What a client says last, and what is left of one that is gone.
//!
//! It must never be a time limit of the server that ends something here: they are longer than a test.

use std::time::Duration;

use salon::Salon;
use salon_tests::{Result, in_process::InProcess};
use tokio::io::AsyncWriteExt as _;

use crate::{
    LIMIT,
    client::{CLOSE, Client, frame, handshake},
    no_descriptors,
    server::app,
};

/// As many connections as the server may have.
const MOST: usize = 500;

fn serve_patiently() -> Result<InProcess> {
    let hour = Duration::from_secs(3_600);
    let salon = Salon::builder()
        .timeouts(|timeouts| timeouts.close = hour)
        .limits(|limits| limits.max_connections = MOST);
    InProcess::start_with(2, app(salon)?)
}

/// Clients say something, and at once that it was their last.
async fn the_last_is_answered(end: Option<[u8; 6]>) -> Result<()> {
    let server = serve_patiently()?;
    for _ in 0..50 {
        let mut client = Client::open(server.address()).await?;
        assert_eq!(client.ask("4taken").await?, "4taken");
        let mut bytes = Vec::new();
        frame("4last", &mut bytes);
        bytes.extend(end.into_iter().flatten());
        client.send(&bytes).await?;
        if end.is_none() {
            client.stream.shutdown().await?;
        }
        assert_eq!(client.text().await?, "4last");
    }
    no_descriptors(server.address().port()).await
}

#[tokio::test]
async fn what_comes_in_one_segment_with_the_close_frame_is_answered() -> Result<()> {
    the_last_is_answered(Some(CLOSE)).await
}

#[tokio::test]
async fn what_comes_with_the_end_of_the_stream_is_answered() -> Result<()> {
    the_last_is_answered(None).await
}

#[tokio::test]
async fn nothing_is_left_of_a_client_that_is_gone_before_its_handshake_is_answered() -> Result<()> {
    let server = serve_patiently()?;
    let mut clients = Vec::new();
    for _ in 0..MOST {
        clients.push(Client::connect(server.address()).await?);
    }
    // So many at once that the server reads the handshakes of most with the end behind them.
    for client in &mut clients {
        client.send(&handshake()).await?;
        client.stream.shutdown().await?;
    }
    drop(clients);
    let others = async {
        let mut others = Vec::new();
        while others.len() < MOST {
            let mut client = Client::connect(server.address()).await?;
            client.send(&handshake()).await?;
            if client.head().await?.starts_with("HTTP/1.1 101") {
                others.push(client);
            }
        }
        Ok(())
    };
    tokio::time::timeout(LIMIT, others).await?
}
