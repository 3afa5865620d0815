//! Signs of life: by WebSocket's own pings, or by messages.

use std::time::Duration;

use salon::testing::{Failure, Lab};
use serde_json::json;

use crate::{
    parlour::SECOND,
    plain::{Plain, lab_with},
};

const EVERY: Duration = Duration::from_secs(25);
const WITHIN: Duration = Duration::from_secs(20);

async fn lab() -> Result<Lab, Failure> {
    lab_with(|builder| builder.heartbeat(EVERY, WITHIN)).await
}

/// A client that wants to be asked by messages.
async fn by_message(lab: &Lab) -> Result<Plain, Failure> {
    let client = Plain::open(lab).await?;
    let heartbeat = json!({ "$": { "heartbeat": "message" } });
    client.says(&json!(["salon:connect", { "token": "token-ada" }, heartbeat]));
    client.hears_of("salon:welcome").await;
    Ok(client)
}

#[salon::test]
async fn by_default_a_client_is_asked_by_pings_and_sees_no_message() {
    let lab = lab().await?;
    let client = Plain::come(&lab, "token-ada").await?;
    lab.advance(10 * EVERY).await;
    client.0.expect_none().await;
    client.0.stop_answering_pings();
    lab.advance(EVERY + WITHIN).await;
    assert!(client.0.closed().await.at <= 10 * EVERY + EVERY + WITHIN);
    assert_eq!(lab.salon().connections(), 0);
}

#[salon::test]
async fn who_wants_to_be_asked_by_messages_answers_by_them() {
    let lab = lab().await?;
    let client = by_message(&lab).await?;
    for _ in 0..3 {
        lab.advance(EVERY).await;
        assert_eq!(client.hears().await, json!([]));
        client.says(&json!([]));
        // What answers is not answered.
        client.0.expect_none().await;
    }
    lab.advance(EVERY).await;
    assert_eq!(client.hears().await, json!([]));
    lab.advance(WITHIN - SECOND).await;
    assert!(client.0.is_connected());
    lab.advance(SECOND).await;
    client.0.closed().await;
    lab.settle().await;
    assert_eq!(lab.salon().connections(), 0);
}

#[salon::test]
async fn a_client_that_asks_is_answered_whichever_way_it_is_asked() {
    let lab = lab().await?;
    for client in [by_message(&lab).await?, Plain::come(&lab, "token-ada").await?] {
        for _ in 0..3 {
            client.says(&json!([]));
            assert_eq!(client.hears().await, json!([]));
        }
        client.0.expect_none().await;
    }
}

#[salon::test]
async fn two_that_cross_are_answers_to_each_other() {
    let lab = lab().await?;
    let client = by_message(&lab).await?;
    client.0.hold();
    client.says(&json!([]));
    lab.advance(EVERY).await;
    assert_eq!(client.hears().await, json!([]));
    client.0.release();
    client.0.expect_none().await;
    // It counts: the next is due an interval later.
    lab.advance(WITHIN).await;
    assert!(client.0.is_connected());
    lab.advance(EVERY - WITHIN).await;
    assert_eq!(client.hears().await, json!([]));
}

#[salon::test]
async fn how_it_is_asked_may_be_said_anew() {
    let lab = lab().await?;
    let client = by_message(&lab).await?;
    client.says(&json!(["salon:connect", null, { "$": { "heartbeat": "ping" } }]));
    lab.advance(3 * EVERY).await;
    client.0.expect_none().await;
    client.says(&json!(["salon:connect", null, { "$": { "heartbeat": "message" } }]));
    lab.advance(EVERY).await;
    assert_eq!(client.hears().await, json!([]));
}

#[salon::test]
async fn a_flood_of_heartbeats_neither_grows_anything_nor_ends_anything() {
    let lab = lab().await?;
    let client = Plain::come(&lab, "token-ada").await?;
    client.0.stop_reading();
    for _ in 0..100 {
        client.sends(&vec!["[]"; 4_000].join("\n"));
    }
    client.says(&json!([1, "count"]));
    lab.settle().await;
    client.0.read_on();
    assert_eq!(client.is_answered(1).await, json!([-1, 1]));
}
