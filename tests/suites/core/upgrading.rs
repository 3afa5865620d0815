//! The upgrade from polling to WebSocket, with messages that cross it in both directions.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use salon::{Application, RawConnection, Salon, wire::engine_io::Message};
use salon_tests::{
    Result,
    in_process::InProcess,
    polling::{Endpoint, Polling, SEPARATOR, packets},
    websocket::{Incoming, WebSocket},
};

/// Answers each message with three: more than one response holds.
struct Threefold;

impl Application for Threefold {
    fn received(&self, connection: &RawConnection, message: Message) {
        if let Message::Text(text) = message {
            for part in ["a", "b", "c"] {
                let _ = connection.send(Message::Text(format!("{text}{part}").into()));
            }
        }
    }
}

/// Numbers that look random and are the same for the same seed (xorshift).
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

const MESSAGES: u64 = 60;

/// Plays one client: sends the numbers in order over whatever transport it is on, upgrades at a
/// random moment, and gives all that it got.
async fn play(endpoint: Endpoint, mut chance: Chance) -> Result<Vec<String>> {
    let (polling, _open) = Polling::open(endpoint.clone()).await?;
    let pausing = Arc::<AtomicBool>::default();
    let polls = tokio::spawn(poll(polling.clone(), pausing.clone()));
    let mut next = 0;
    let upgrade_from = chance.below(MESSAGES / 2);
    let post = async |next: &mut u64, until: u64, chance: &mut Chance| -> Result<()> {
        while *next < until {
            let end = (*next + 1 + chance.below(6)).min(until);
            let payload: Vec<String> = (*next..end).map(|number| format!("4{number}")).collect();
            let response = polling.post(&payload.join(&SEPARATOR.to_string())).await?;
            assert_eq!(response.text(), "ok");
            *next = end;
        }
        Ok(())
    };
    post(&mut next, upgrade_from, &mut chance).await?;
    let target = endpoint.target("websocket", Some(polling.sid()));
    let mut socket = WebSocket::open(endpoint.address, &target).await?;
    socket.send("2probe").await?;
    let still_posted = next + chance.below(10);
    post(&mut next, still_posted, &mut chance).await?;
    assert_eq!(socket.receive().await?, Incoming::Text("3probe".to_owned()));
    pausing.store(true, Ordering::Release);
    post(&mut next, still_posted + chance.below(10), &mut chance).await?;
    let mut received = polls.await??;
    socket.send("5").await?;
    for number in next..MESSAGES {
        socket.send(&format!("4{number}")).await?;
    }
    while received.len() < usize::try_from(3 * MESSAGES)? {
        match socket.receive().await? {
            Incoming::Text(text) => received.extend(text.strip_prefix('4').map(str::to_owned)),
            other => return Err(format!("after {received:?}: {other:?}").into()),
        }
    }
    Ok(received)
}

/// Polls until told to pause and a poll has ended after that, as the official client does.
async fn poll(polling: Polling, pausing: Arc<AtomicBool>) -> Result<Vec<String>> {
    let mut received = Vec::new();
    loop {
        let response = polling.get().await?;
        assert_eq!(response.status, 200, "{}", response.text());
        for packet in packets(&response.text()) {
            received.extend(packet.strip_prefix('4').map(str::to_owned));
        }
        if pausing.load(Ordering::Acquire) {
            return Ok(received);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upgrade_at_any_moment_loses_nothing_and_reorders_nothing() -> Result<()> {
    let salon = Salon::builder().application(Threefold).build()?;
    let server = InProcess::start(&salon, 3)?;
    let expected: Vec<String> = (0..MESSAGES)
        .flat_map(|number| ["a", "b", "c"].map(|part| format!("{number}{part}")))
        .collect();
    for seed in 1..=80_u64 {
        let address = server.address();
        let endpoint = Endpoint { address, path: "/socket.io/", parameters: String::new() };
        let received = play(endpoint, Chance(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))).await?;
        assert_eq!(received, expected, "with seed {seed}");
    }
    Ok(())
}
