//! Polls: what is pending, what overlaps, what is compressed.

use crate::script::{OWN_REQUESTS, scripts};
use crate::stage::Stage;
use flate2::read::GzDecoder;
use salon_tests::Result;
use salon_tests::polling::{Polling, packets};
use salon_tests::raw_http::{Request, Response};
use std::io::Read;
use tokio::task::JoinHandle;

scripts! {
    "pending polls" => pending_polls, OWN_REQUESTS;
    "overlapping polls" => overlapping_polls, OWN_REQUESTS;
    "compressed polls" => compressed_polls, OWN_REQUESTS;
}

async fn connected(stage: &Stage) -> Result<Polling> {
    let (session, _) = Polling::open(stage.endpoint()).await?;
    session.post("40").await?;
    session.get().await?;
    Ok(session)
}

fn pending(session: &Polling) -> JoinHandle<Result<Response>> {
    let session = session.clone();
    tokio::spawn(async move { session.get().await })
}

async fn pending_polls(stage: Stage) -> Result<()> {
    for (step, packet) in [
        ("ended by an event", "42[\"echo\",1]"),
        ("ended by a volatile event", "42[\"volatile\",1]"),
        ("ended by a close of the client", "1"),
        ("ended by a kick", "42[\"kick-all\"]"),
        ("ended by a drop", "42[\"drop\"]"),
        ("ended by a bad packet", "42{}"),
        ("ended by a second CONNECT", "40"),
        ("ended by an unknown packet", "x"),
    ] {
        let session = connected(&stage).await?;
        let poll = pending(&session);
        settled(&session).await?;
        stage.step(step);
        if session.post(packet).await.is_err() {
            stage.record.line("the post got no answer");
        }
        let mut answer = poll.await??;
        if step.contains("event") {
            stage.record.response(&answer);
            continue;
        }
        // How packets are grouped into payloads is the server's affair; their order is not.
        while answer.status == 200 {
            packets(&answer.text()).iter().for_each(|packet| stage.record.line(packet));
            answer = session.get().await?;
        }
        stage.record.response(&answer);
    }
    Ok(())
}

/// A poll has arrived once a request sent after it on another connection is answered.
async fn settled(session: &Polling) -> Result<()> {
    for _ in 0..10 {
        session.post("6").await?;
    }
    Ok(())
}

async fn overlapping_polls(stage: Stage) -> Result<()> {
    let session = connected(&stage).await?;
    let first = pending(&session);
    settled(&session).await?;
    stage.step("the second poll");
    stage.request(&Request::new("GET", &session.target())).await?;
    stage.step("the first poll");
    stage.record.response(&first.await??);
    stage.step("the session afterwards");
    stage.request(&Request::new("GET", &session.target())).await
}

async fn compressed_polls(stage: Stage) -> Result<()> {
    for (step, length, accepted) in [
        ("large, gzip accepted", 5_000, "gzip, deflate"),
        ("large, gzip refused", 5_000, "identity"),
        ("large, nothing said", 5_000, ""),
        ("large, gzip forbidden by weight", 5_000, "gzip;q=0"),
        ("small, gzip accepted", 100, "gzip"),
    ] {
        let session = connected(&stage).await?;
        session.post(&format!("42[\"text\",{length}]")).await?;
        let mut request = Request::new("GET", &session.target());
        if !accepted.is_empty() {
            request = request.header("accept-encoding", accepted);
        }
        let mut response = request.send(stage.address).await?;
        if response.header("content-encoding") == Some("gzip") {
            let mut plain = Vec::new();
            GzDecoder::new(&*response.body).read_to_end(&mut plain)?;
            response.body = plain;
        }
        stage.step(step);
        stage.record.response(&response);
    }
    Ok(())
}
