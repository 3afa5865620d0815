//! The way of a WebSocket's socket from actix-web to Salon: nothing is lost, doubled or left.
//!
//! It must never know how it is done: it looks at bytes, descriptors and logs.

mod affinity;
mod answers;
mod client;
mod crowd;
mod descriptors;
mod ends;
mod fairness;
mod in_the_closure;
mod logs;
mod server;
mod stopping;

use std::time::Duration;

use salon_tests::Result;
use tokio::net::TcpSocket;

use client::{Client, frame, handshake};
use server::{BIG, SMALL, TINY, serve, serve_from_tiny_buffers, serve_together_on};

/// Longer than any test needs.
const LIMIT: Duration = Duration::from_secs(60);

/// More than actix-web reads at once, and than it keeps for one request.
const MANY: usize = 5_000;

fn texts() -> impl Iterator<Item = String> {
    (0..MANY).map(|number| format!("4message {number}"))
}

#[tokio::test]
async fn frames_in_one_segment_with_the_handshake_are_answered_once_each_and_in_order() -> Result<()>
{
    for server in [serve()?, serve_together_on(2)?] {
        for repetition in 0..200 {
            let mut bytes = handshake();
            let count = repetition % 5;
            texts().take(count).for_each(|text| frame(&text, &mut bytes));
            let mut client = Client::connect(server.address()).await?;
            client.send(&bytes).await?;
            client.begins().await?;
            for text in texts().take(count) {
                assert_eq!(client.text().await?, text, "repetition {repetition}");
            }
            assert_eq!(client.ask("4last").await?, "4last");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_frame_that_is_cut_anywhere_between_two_segments_is_whole() -> Result<()> {
    let server = serve()?;
    let mut whole = Vec::new();
    frame("4a message in two parts", &mut whole);
    for cut in 0..=whole.len() {
        let mut bytes = handshake();
        bytes.extend_from_slice(&whole[..cut]);
        let mut client = Client::connect(server.address()).await?;
        client.send(&bytes).await?;
        client.begins().await?;
        client.send(&whole[cut..]).await?;
        assert_eq!(client.text().await?, "4a message in two parts", "cut at {cut}");
    }
    Ok(())
}

#[tokio::test]
async fn more_than_any_buffer_holds_may_follow_the_handshake_at_once() -> Result<()> {
    for server in [serve()?, serve_together_on(2)?] {
        for _ in 0..20 {
            let mut bytes = handshake();
            texts().for_each(|text| frame(&text, &mut bytes));
            let mut client = Client::connect(server.address()).await?;
            client.send(&bytes).await?;
            client.begins().await?;
            for text in texts() {
                assert_eq!(client.text().await?, text);
            }
        }
    }
    Ok(())
}

/// Answers that a client did not read yet are ahead of the 101 in actix-web's buffer and in the
/// kernel's.
#[tokio::test]
async fn a_handshake_behind_an_answer_that_is_not_read_yet_is_answered_whole() -> Result<()> {
    let server = serve()?;
    for _ in 0..20 {
        let mut client = Client::connect(server.address()).await?;
        client.send(&behind("/big")).await?;
        is_answered(&mut client, BIG).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_handshake_is_answered_whole_from_the_smallest_buffers() -> Result<()> {
    let server = serve_from_tiny_buffers()?;
    for _ in 0..100 {
        let mut client = Client::open(server.address()).await?;
        let long = format!("4{}", "x".repeat(100_000));
        assert_eq!(client.ask(&long).await?, long);
    }
    for _ in 0..20 {
        let socket = TcpSocket::new_v4()?;
        socket.set_recv_buffer_size(TINY)?;
        let mut client = Client::connect_from(socket, server.address()).await?;
        client.send(&behind("/small")).await?;
        // Meanwhile the server's one worker has done with this client what it can.
        for _ in 0..3 {
            Client::open(server.address()).await?.ask("4hello").await?;
        }
        is_answered(&mut client, SMALL).await?;
    }
    Ok(())
}

/// A handshake behind another request, and a frame behind it.
fn behind(path: &str) -> Vec<u8> {
    let mut bytes = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n").into_bytes();
    bytes.extend(handshake());
    frame("4behind", &mut bytes);
    bytes
}

async fn is_answered(client: &mut Client, length: usize) -> Result<()> {
    assert!(client.head().await?.starts_with("HTTP/1.1 200 OK"));
    client.skip(length).await?;
    client.begins().await?;
    assert_eq!(client.text().await?, "4behind");
    assert_eq!(client.ask("4last").await?, "4last");
    Ok(())
}

/// A server that has not taken a socket over has two of it.
#[tokio::test]
async fn a_taken_socket_has_one_descriptor_and_gives_it_back() -> Result<()> {
    for server in [serve()?, serve_together_on(2)?] {
        let mut clients = Vec::new();
        for _ in 0..50 {
            let mut client = Client::open(server.address()).await?;
            client.ask("4taken").await?;
            clients.push(client);
        }
        assert_eq!(descriptors::of(server.address().port())?, [1; 50]);
        drop(clients);
        no_descriptors(server.address().port()).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_client_that_stops_reading_is_cut_off_at_its_limit() -> Result<()> {
    let server = serve()?;
    let mut client = Client::open(server.address()).await?;
    let mut bytes = Vec::new();
    frame(&format!("4{}", "x".repeat(900_000)), &mut bytes);
    // It sends until the server, which cannot answer any more, has ended the connection.
    let sending = async { while client.send(&bytes).await.is_ok() {} };
    tokio::time::timeout(LIMIT, sending).await?;
    no_descriptors(server.address().port()).await
}

#[tokio::test]
async fn a_client_that_can_only_listen_is_told_that_it_is_over() -> Result<()> {
    let server = serve()?;
    let mut client = Client::open(server.address()).await?;
    client.ask("4hello").await?;
    client.fall_silent().await?;
    no_descriptors(server.address().port()).await
}

/// Waits until a server has no connection any more.
async fn no_descriptors(port: u16) -> Result<()> {
    let none = async {
        while !descriptors::of(port)?.is_empty() {
            tokio::task::yield_now().await;
        }
        Ok(())
    };
    tokio::time::timeout(LIMIT, none).await?
}

#[tokio::test]
async fn nothing_is_logged_as_an_error_when_a_socket_changes_hands_or_ends() -> Result<()> {
    let logs = logs::watch();
    let server = serve()?;
    for _ in 0..10 {
        let mut client = Client::open(server.address()).await?;
        client.ask("4hello").await?;
        client.close().await?;
        let mut client = Client::open(server.address()).await?;
        client.ask("4hello").await?;
        drop(client);
    }
    assert!(logs.seen() > 0, "what is logged is seen");
    assert_eq!(logs.errors(), Vec::<String>::new());
    Ok(())
}
