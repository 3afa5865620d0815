//! Events that go to the session of their sender.
//!
//! It must never connect more than it needs: most tests are of one client and one worker.

use std::time::Duration;

use salon::{
    Code, Refusal,
    testing::{Client, ConnectError, Failure, Lab, Wire},
};
use serde_json::json;

use crate::table::{
    Add, AskMe, Count, Crash, CrashLater, Favourite, Limited, Reverse, SLOW, Slow, code, come,
    guest, next_text, said_and_heard, salon, text,
};

async fn client() -> Result<(Lab, Client), Failure> {
    let lab = Lab::new(salon()).await;
    let client = come(&lab, "ada").await?;
    Ok((lab, client))
}

#[salon::test]
async fn a_unit_struct_takes_no_argument_and_its_reply_acknowledges() {
    let (_lab, client) = client().await?;
    assert_eq!(client.send(Count).await?, 1);
    let more: u64 = client.call("count", ("more than asked for",)).await?;
    assert_eq!(more, 2);
    client.expect_none().await;
    assert_eq!(
        said_and_heard(&client),
        [
            "← connected",
            "→ count #0",
            "← acknowledgement #0 1",
            r#"→ count #1 "more than asked for""#,
            "← acknowledgement #1 2",
        ]
    );
}

#[salon::test]
async fn a_tuple_struct_takes_an_argument_per_field() {
    let (_lab, client) = client().await?;
    assert_eq!(client.send(Add(40, 2)).await?, 42);
    assert_eq!(said_and_heard(&client)[1], "→ add #0 40,2");
    assert_eq!(code(client.call::<i64>("add", (40,)).await), Code::InvalidPayload);
}

#[salon::test]
async fn an_acknowledgement_has_the_id_that_the_client_chose() {
    let lab = Lab::new(salon()).await;
    let client = lab.visitor().open().await?;
    client.send_raw(text(format!("0{}", guest("ada"))));
    assert!(next_text(&client).await.starts_with(r#"0{"sid":""#));
    client.send_raw(text(r#"27["count"]"#));
    assert_eq!(next_text(&client).await, "37[1]");
}

#[salon::test]
async fn a_binary_field_is_an_attachment_in_both_directions() {
    let (_lab, client) = client().await?;
    let reversed = client.send(Reverse { data: vec![1, 2, 3].into() }).await?;
    assert_eq!(*reversed.data, [3, 2, 1]);
    let placeholder = r#"{"data":{"_placeholder":true,"num":0}}"#;
    assert_eq!(
        said_and_heard(&client)[1..],
        [format!("→ reverse #0 {placeholder}"), format!("← acknowledgement #0 {placeholder}")]
    );
}

#[salon::test]
async fn an_answer_that_takes_time_does_not_hold_up_the_next_event() {
    let (lab, client) = client().await?;
    let slow = client.send(Slow { text: "loud".to_owned() });
    assert_eq!(client.send(Count).await?, 1);
    assert_eq!(lab.elapsed(), Duration::ZERO);
    assert_eq!(lab.advance_to_next_timer().await, Some(SLOW));
    assert_eq!(slow.await?, "LOUD");
}

#[salon::test]
async fn the_server_can_ask_a_client() {
    let (_lab, client) = client().await?;
    let mine = client.send(AskMe);
    let question = client.expect_question::<Favourite>().await;
    assert_eq!(question.event, Favourite { of: "colours".to_owned() });
    question.answer(&"green".to_owned());
    assert_eq!(mine.await?, "green");
}

#[salon::test]
async fn a_client_that_refuses_what_it_is_asked_is_not_quoted_to_whoever_asked_for_that() {
    let lab = Lab::new(salon()).await;
    for wire in Wire::ALL {
        let client = lab.connect_over(wire, guest("ada")).await?;
        let mine = client.send(AskMe);
        let question = client.expect_question::<Favourite>().await;
        question.refuse(&Refusal::other("private", "none of your business"));
        let refusal = mine.await.expect_err("it was refused");
        assert_eq!(*refusal.code(), Code::from("refused"), "{wire:?}");
        assert!(!refusal.message().contains("business"), "{refusal}");
    }
}

#[salon::test]
async fn a_client_that_does_not_answer_the_server_is_waited_for_no_longer_than_said() {
    let (lab, client) = client().await?;
    let mine = client.send(AskMe);
    client.expect_question::<Favourite>().await;
    lab.advance(Duration::from_millis(9_999)).await;
    client.expect_none().await;
    assert_eq!(said_and_heard(&client).len(), 3, "no answer yet");
    lab.advance(Duration::from_millis(1)).await;
    assert_eq!(code(mine.await), Code::Timeout);
}

#[salon::test]
async fn a_payload_that_does_not_fit_is_refused_and_the_connection_goes_on() {
    let (_lab, client) = client().await?;
    let refused = client.call::<String>("slow", (json!({ "text": 5 }),)).await;
    let refused = refused.expect_err("5 is no text");
    assert_eq!(*refused.code(), Code::InvalidPayload);
    assert!(refused.message().contains("string"), "{refused}");
    assert_eq!(client.send(Count).await?, 1);
}

#[salon::test]
async fn an_unknown_event_is_refused_and_without_an_acknowledgement_the_refusal_is_an_event() {
    let (_lab, client) = client().await?;
    assert_eq!(code(client.call::<()>("nonsense", (1,)).await), Code::UnknownEvent);
    client.emit_named("nonsense", (1,));
    let refused = client.expect_named("salon:refused").await.json();
    assert_eq!(refused[0]["event"], "nonsense");
    assert_eq!(refused[0]["error"]["code"], "unknown_event");
    client.expect_none().await;
}

#[salon::test]
async fn a_rate_lets_its_burst_through_and_says_to_the_millisecond_when_to_come_back() {
    let (lab, client) = client().await?;
    client.send(Limited).await?;
    client.send(Limited).await?;
    assert_eq!(said_and_heard(&client)[4], "← acknowledgement #1", "a reply of () is no argument");
    let refused = client.send(Limited).await.expect_err("two at once, one an hour");
    assert_eq!(*refused.code(), Code::RateLimited);
    let wait = refused.data().and_then(|data| data["retry_after_ms"].as_u64());
    assert_eq!(wait, Some(3_600_000));
    lab.advance(Duration::from_millis(3_599_999)).await;
    assert_eq!(code(client.send(Limited).await), Code::RateLimited);
    lab.advance(Duration::from_millis(1)).await;
    client.send(Limited).await?;
}

#[salon::test]
async fn a_panic_in_a_handler_is_an_internal_refusal_and_the_session_goes_on() {
    let (lab, client) = client().await?;
    assert_eq!(client.send(Count).await?, 1);
    assert_eq!(code(client.send(Crash).await), Code::Internal);
    assert_eq!(code(client.send(CrashLater).await), Code::Internal);
    assert_eq!(client.send(Count).await?, 2);
    assert_eq!(lab.counters().get(salon::Count::HandlerPanics), 2);
}

#[salon::test]
async fn a_client_that_is_refused_learns_the_code_and_may_try_again() {
    let lab = Lab::new(salon()).await;
    let client = lab.visitor().open().await?;
    for (auth, code) in [
        (json!({}), Code::Unauthorized),
        (guest("nobody"), Code::Forbidden),
        (guest("crash"), Code::Internal),
        (guest("panic"), Code::Internal),
    ] {
        client.send_raw(text(format!("0{auth}")));
        let refused = next_text(&client).await;
        assert!(refused.starts_with('4'), "{auth} was not refused: {refused}");
        let error: serde_json::Value = serde_json::from_str(&refused[1..])?;
        assert_eq!(error["data"]["code"], code.as_str(), "for {auth}");
        // As a client sees it that opens a connection of its own.
        match lab.connect(&auth).await {
            Err(ConnectError::Refused(refusal)) => assert_eq!(*refusal.code(), code, "for {auth}"),
            other => panic!("{auth} was not refused: {other:?}"),
        }
    }
    client.send_raw(text(format!("0{}", guest("ada"))));
    assert!(next_text(&client).await.starts_with(r#"0{"sid":""#));
}
