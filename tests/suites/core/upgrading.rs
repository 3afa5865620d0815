//! The upgrade from polling to WebSocket, with messages that cross it in both directions.
//!
//! It must never tell the client when to move: the seed and the delays of the line decide it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use salon::{
    Application, RawConnection, Salon,
    testing::{self, Failure, Lab, Wire},
    wire::engine_io::Message,
};

use crate::table::{next_text, text};

const MESSAGES: u64 = 60;

/// Answers each message with three: more than one response holds. It counts on which transport the
/// messages came.
#[derive(Clone, Default)]
struct Threefold(Arc<Came>);

#[derive(Default)]
struct Came {
    posted: AtomicU64,
    over_websocket: AtomicU64,
}

impl Application for Threefold {
    fn received(&self, connection: &RawConnection, message: Message) {
        let Message::Text(text) = message else { return };
        // Only a post has a request of its own.
        let came = &self.0;
        let counter =
            if connection.request().is_some() { &came.posted } else { &came.over_websocket };
        counter.fetch_add(1, Ordering::Relaxed);
        for part in ["a", "b", "c"] {
            let _ = connection.send(Message::Text(format!("{text}{part}").into()));
        }
    }
}

fn salon(threefold: &Threefold) -> Result<Salon, salon::BuildError> {
    Salon::builder().application(threefold.clone()).build()
}

/// Plays some clients that send numbers in order while they move, with a delay of the line each.
async fn play(lab: &Lab, delays: &[(Duration, Duration)], pause: Duration) -> Result<(), Failure> {
    let mut clients = Vec::new();
    for (latency, jitter) in delays {
        let client = lab.visitor().wire(Wire::Upgrade).open().await?;
        client.delay(*latency, *jitter);
        clients.push(client);
    }
    for number in 0..MESSAGES {
        clients.iter().for_each(|client| client.send_raw(text(number.to_string())));
        if number % 5 == 4 {
            lab.advance(pause).await;
        }
    }
    // What was under way still has to arrive: in a lab time brings it.
    if pause > Duration::ZERO {
        lab.advance(Duration::from_secs(20)).await;
    }
    for client in &clients {
        for number in 0..MESSAGES {
            for part in ["a", "b", "c"] {
                assert_eq!(next_text(client).await, format!("{number}{part}"));
            }
        }
    }
    Ok(())
}

#[test]
fn an_upgrade_at_any_moment_loses_nothing_and_reorders_nothing_in_the_lab() {
    let threefold = Threefold::default();
    testing::for_seeds(1..81, async |seed| {
        let lab = Lab::builder(salon(&threefold)?).workers(3).seed(seed).start().await;
        let milliseconds = |count| Duration::from_millis(count);
        let delays = [0, 1, 2].map(|client| {
            (milliseconds((7 * seed + 5 * client) % 23), milliseconds((11 * seed + client) % 31))
        });
        play(&lab, &delays, milliseconds(3 + seed % 20)).await
    });
    let came = &threefold.0;
    let [posted, over_websocket] =
        [&came.posted, &came.over_websocket].map(|came| came.load(Ordering::Relaxed));
    let is_one_seed = std::env::var_os("SALON_SEED").is_some();
    let is_mixed = posted > 1_000 && over_websocket > 1_000;
    assert!(is_mixed || is_one_seed, "{posted} posted, {over_websocket} over WebSocket");
}

#[salon::test]
async fn an_upgrade_at_any_moment_loses_nothing_and_reorders_nothing_over_real_sockets() {
    let lab = Lab::serve(salon(&Threefold::default())?).await?;
    let none = (Duration::ZERO, Duration::ZERO);
    for _ in 0..5 {
        play(&lab, &[none; 8], Duration::ZERO).await?;
    }
}
