//! Many clients who come at once, while the processors have something else to do: each is answered.
//!
//! It must never judge how fast: only a client that is never answered is a mistake.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use salon_tests::Result;
use tokio::{sync::Semaphore, task::JoinSet, time::timeout};

use crate::{
    LIMIT,
    client::{Client, frame, handshake},
    server::{serve_on, serve_together_on},
};

const CLIENTS: usize = 2_000;

/// How many come at a time: fewer than a process has descriptors.
const AT_A_TIME: usize = 100;

/// Where the bytes of a client are cut into segments.
#[derive(Clone, Copy, Debug)]
enum Way {
    /// The message behind the handshake, at once.
    AtOnce,
    /// The message behind the head of the answer, when the socket is about to change hands.
    BehindTheHead,
    /// The message behind all that the server says first.
    BehindTheGreeting,
    /// The handshake in two parts, and the message with the second.
    HandshakeInTwo,
}

const WAYS: [Way; 4] =
    [Way::AtOnce, Way::BehindTheHead, Way::BehindTheGreeting, Way::HandshakeInTwo];

impl Way {
    async fn come(self, address: SocketAddr) -> Result<()> {
        let mut message = Vec::new();
        frame("4hello", &mut message);
        let mut client = Client::connect(address).await?;
        match self {
            Self::AtOnce => client.send(&[handshake(), message].concat()).await?,
            Self::HandshakeInTwo => {
                let bytes = [handshake(), message].concat();
                let (first, second) = bytes.split_at(handshake().len() / 2);
                client.send(first).await?;
                tokio::task::yield_now().await;
                client.send(second).await?;
            }
            Self::BehindTheHead => {
                client.send(&handshake()).await?;
                assert!(client.head().await?.starts_with("HTTP/1.1 101 "));
                client.send(&message).await?;
                assert!(client.text().await?.starts_with("0{"));
                return is_answered(client).await;
            }
            Self::BehindTheGreeting => {
                client.send(&handshake()).await?;
                client.begins().await?;
                client.send(&message).await?;
                return is_answered(client).await;
            }
        }
        client.begins().await?;
        is_answered(client).await
    }
}

async fn is_answered(mut client: Client) -> Result<()> {
    assert_eq!(client.text().await?, "4hello");
    assert_eq!(client.ask("4again").await?, "4again");
    Ok(())
}

#[tokio::test]
async fn everyone_is_answered_however_busy_the_processors_are() -> Result<()> {
    let _busy = Busy::start();
    for server in [serve_on(1)?, serve_on(4)?, serve_together_on(4)?] {
        let places = Arc::new(Semaphore::new(AT_A_TIME));
        let mut clients = JoinSet::new();
        for number in 0..CLIENTS {
            let place = places.clone().acquire_owned().await?;
            let (way, address) = (WAYS[number % WAYS.len()], server.address());
            clients.spawn(async move {
                let answered = timeout(LIMIT, way.come(address)).await;
                drop(place);
                answered.map_err(|_| format!("client {number} waits for ever, {way:?}"))?
            });
        }
        while let Some(answered) = clients.join_next().await {
            answered??;
        }
    }
    Ok(())
}

/// Threads that do nothing, as fast as they can, until it is dropped.
struct Busy(Arc<AtomicBool>);

impl Busy {
    fn start() -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let processors = thread::available_parallelism().map_or(2, usize::from);
        for _ in 0..processors {
            let over = over.clone();
            thread::spawn(move || while !over.load(Ordering::Relaxed) {});
        }
        Self(over)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
