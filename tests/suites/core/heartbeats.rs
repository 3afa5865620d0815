//! Heartbeats: when pings come, when a silent client is given up, and who judges that.
//!
//! It must never leave a millisecond to chance: each time is what the settings and the line make it.

use std::time::Duration;

use actix_web::http::{Method, StatusCode};
use salon::{
    Count,
    testing::{Client, Failure, Happened, Lab, Traffic, Wire},
};

use crate::table::{guest, salon_with};

const MILLISECOND: Duration = Duration::from_millis(1);

/// Intervals and timeouts of which neither is a multiple of the other, and some that are.
const HEARTBEATS: [(u32, u32); 6] =
    [(200, 100), (70, 300), (130, 70), (110, 250), (300, 299), (50, 1_000)];

fn salon(interval: u32, timeout: u32) -> salon::Salon {
    salon_with(|builder| builder.heartbeat(interval * MILLISECOND, timeout * MILLISECOND))
}

/// When pings came that were not answered.
fn pings(client: &Client) -> Vec<Duration> {
    let transcript = client.transcript();
    let ping = Happened::Came(Traffic::Ping);
    let pings = transcript.entries().iter().filter(|entry| entry.what == ping);
    pings.map(|ping| ping.at).collect()
}

#[salon::test]
async fn each_ping_comes_an_interval_after_the_answer_to_the_one_before_it() {
    for wire in [Wire::WebSocket, Wire::Polling] {
        for (interval, timeout) in HEARTBEATS {
            for latency in [0, 1, 7, 20] {
                for answered in 0..4 {
                    let lab = Lab::new(salon(interval, timeout)).await;
                    let client = lab.visitor().wire(wire).auth(guest("ada")).connect().await?;
                    let latency = latency * MILLISECOND;
                    client.delay(latency, Duration::ZERO);
                    // A ping is under way, and so is its answer.
                    let round = interval * MILLISECOND + 2 * latency;
                    let next = answered * round + interval * MILLISECOND + latency;
                    lab.advance(next - MILLISECOND).await;
                    client.stop_answering_pings();
                    lab.advance(MILLISECOND).await;
                    let what = format!("{wire:?}, {interval} and {timeout} ms, {latency:?} away");
                    assert_eq!(pings(&client), [next], "after {answered} answers: {what}");
                }
            }
        }
    }
}

#[salon::test]
async fn a_client_that_falls_silent_is_given_up_an_interval_and_a_timeout_after_its_last_answer() {
    for wire in [Wire::WebSocket, Wire::Polling] {
        for (interval, timeout) in HEARTBEATS {
            for answered in [0, 1, 3] {
                let lab = Lab::new(salon(interval, timeout)).await;
                let client = lab.visitor().wire(wire).auth(guest("ada")).connect().await?;
                lab.advance(answered * interval * MILLISECOND).await;
                client.stop_answering_pings();
                let span = (interval + timeout) * MILLISECOND;
                lab.advance(span - MILLISECOND).await;
                assert!(client.is_connected(), "{wire:?}, {interval} and {timeout} ms");
                lab.advance(MILLISECOND).await;
                assert!(!client.is_connected(), "{wire:?}, {interval} and {timeout} ms");
            }
        }
    }
}

/// A session over polling, opened on a worker.
async fn open(lab: &Lab, worker: usize) -> Result<String, Failure> {
    let open = "/socket.io/?EIO=4&transport=polling";
    let opened = lab.visitor().worker(worker).request(Method::GET, open, "").await?.text();
    let opened: serde_json::Value = serde_json::from_str(&opened[1..])?;
    Ok(format!("{open}&sid={}", opened["sid"].as_str().ok_or("no session")?))
}

#[salon::test]
async fn a_request_that_comes_too_late_finds_no_session_though_nobody_has_looked_yet() {
    for method in [Method::GET, Method::POST] {
        let lab = Lab::builder(salon(200, 100)).workers(2).start().await;
        let session = open(&lab, 0).await?;
        let pong = || lab.visitor().worker(1).request(Method::POST, &session, "3");
        lab.advance(200 * MILLISECOND).await;
        assert_eq!(pong().await?.status, StatusCode::OK, "the ping is not collected");
        // The worker that would look does nothing any more.
        lab.stall(0);
        lab.advance(99 * MILLISECOND).await;
        assert_eq!(pong().await?.status, StatusCode::OK, "a millisecond is left");
        lab.advance(MILLISECOND).await;
        let late = lab.visitor().worker(1).request(method, &session, "3").await?;
        assert_eq!(late.status, StatusCode::BAD_REQUEST, "{}", late.text());
        assert_eq!(lab.salon().connections(), 0);
        lab.resume(0);
        lab.settle().await;
        assert_eq!(lab.counters().get(Count::ConnectionsClosed), 1);
    }
}

#[salon::test]
async fn clients_of_a_worker_that_stood_still_are_not_taken_for_silent() {
    for seconds in [0, 1, 5] {
        let lab = Lab::builder(salon(200, 100)).workers(2).start().await;
        let client = lab.visitor().worker(0).auth(guest("ada")).connect().await?;
        lab.advance(150 * MILLISECOND + seconds * 37 * MILLISECOND).await;
        lab.stall(0);
        lab.advance(Duration::from_secs(1)).await;
        lab.resume(0);
        lab.advance(Duration::from_secs(1)).await;
        assert!(client.is_connected(), "it has answered every ping that it was sent");
    }
}
