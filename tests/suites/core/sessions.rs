//! Events that go to the session of their sender.

use salon_tests::{
    Result,
    in_process::InProcess,
    socket_io::{Client, Packet},
};
use serde_json::{Value, json};

use crate::table::{guest, salon};

async fn client() -> Result<(InProcess, Client)> {
    let server = InProcess::start(&salon(), 1)?;
    let client = Client::connect(server.address(), guest("ada")).await?;
    Ok((server, client))
}

fn code(answer: &[Value]) -> &str {
    answer[0]["error"]["code"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn a_unit_struct_takes_no_argument_and_its_reply_acknowledges() -> Result<()> {
    let (_server, mut client) = client().await?;
    client.send(r#"427["count"]"#).await?;
    assert_eq!(client.answer(7).await?, [json!(1)]);
    assert_eq!(client.ask("count", json!("more than asked for")).await?, [json!(2)]);
    Ok(())
}

#[tokio::test]
async fn a_tuple_struct_takes_an_argument_per_field() -> Result<()> {
    let (_server, mut client) = client().await?;
    client.send(r#"420["add",40,2]"#).await?;
    assert_eq!(client.answer(0).await?, [json!(42)]);
    client.send(r#"421["add",40]"#).await?;
    assert_eq!(code(&client.answer(1).await?), "invalid_payload");
    Ok(())
}

#[tokio::test]
async fn a_binary_field_is_an_attachment_in_both_directions() -> Result<()> {
    let (_server, mut client) = client().await?;
    client.send(r#"451-3["reverse",{"data":{"_placeholder":true,"num":0}}]"#).await?;
    client.send_binary(&[1, 2, 3]).await?;
    let answer = client.answer(3).await?;
    assert_eq!(answer, [json!({ "data": { "_placeholder": true, "num": 0 } })]);
    assert_eq!(client.next().await?, Packet::Binary(vec![3, 2, 1]));
    Ok(())
}

#[tokio::test]
async fn an_answer_that_takes_time_does_not_hold_up_the_next_event() -> Result<()> {
    let (_server, mut client) = client().await?;
    let slow = client.start_asking("slow", json!({ "text": "loud" })).await?;
    let count = client.start_asking("count", json!(null)).await?;
    assert_eq!(client.answer(count).await?, [json!(1)]);
    assert_eq!(client.answer(slow).await?, [json!("LOUD")]);
    Ok(())
}

#[tokio::test]
async fn the_server_can_ask_a_client() -> Result<()> {
    let (_server, mut client) = client().await?;
    let mine = client.start_asking("ask-me", json!(null)).await?;
    let (question, id) = client
        .find(|packet| match packet {
            Packet::Event(name, arguments, Some(id)) if name == "favourite" => {
                Some((arguments.clone(), *id))
            }
            _ => None,
        })
        .await?;
    assert_eq!(question, [json!({ "of": "colours" })]);
    client.send(&format!(r#"43{id}["green"]"#)).await?;
    assert_eq!(client.answer(mine).await?, [json!("green")]);
    Ok(())
}

#[tokio::test]
async fn a_payload_that_does_not_fit_is_refused_and_the_connection_goes_on() -> Result<()> {
    let (_server, mut client) = client().await?;
    let answer = client.ask("slow", json!({ "text": 5 })).await?;
    assert_eq!(code(&answer), "invalid_payload");
    assert!(answer[0]["error"]["message"].as_str().is_some_and(|text| text.contains("string")));
    assert_eq!(client.ask("count", json!(null)).await?, [json!(1)]);
    Ok(())
}

#[tokio::test]
async fn an_unknown_event_is_refused_and_without_an_acknowledgement_the_refusal_is_an_event()
-> Result<()> {
    let (_server, mut client) = client().await?;
    assert_eq!(code(&client.ask("nonsense", json!(1)).await?), "unknown_event");
    client.emit("nonsense", json!(1)).await?;
    let refused = client.expect("salon:refused").await?;
    assert_eq!(refused[0]["event"], "nonsense");
    assert_eq!(refused[0]["error"]["code"], "unknown_event");
    Ok(())
}

#[tokio::test]
async fn a_rate_lets_its_burst_through_and_says_when_to_come_back() -> Result<()> {
    let (_server, mut client) = client().await?;
    assert_eq!(client.ask("limited", json!(null)).await?, Vec::<Value>::new());
    assert_eq!(client.ask("limited", json!(null)).await?, Vec::<Value>::new());
    let answer = client.ask("limited", json!(null)).await?;
    assert_eq!(code(&answer), "rate_limited");
    assert!(answer[0]["error"]["data"]["retry_after_ms"].as_u64() > Some(3_000_000));
    Ok(())
}

#[tokio::test]
async fn a_panic_in_a_handler_is_an_internal_refusal_and_the_session_goes_on() -> Result<()> {
    let (_server, mut client) = client().await?;
    assert_eq!(client.ask("count", json!(null)).await?, [json!(1)]);
    assert_eq!(code(&client.ask("crash", json!(null)).await?), "internal");
    assert_eq!(code(&client.ask("crash-later", json!(null)).await?), "internal");
    assert_eq!(client.ask("count", json!(null)).await?, [json!(2)]);
    Ok(())
}

#[tokio::test]
async fn a_client_that_is_refused_learns_the_code_and_may_try_again() -> Result<()> {
    let server = InProcess::start(&salon(), 1)?;
    let mut client = Client::open(server.address()).await?;
    for (auth, code) in [
        (json!({}), "unauthorized"),
        (guest("nobody"), "forbidden"),
        (guest("crash"), "internal"),
        (guest("panic"), "internal"),
    ] {
        client.send(&format!("40{auth}")).await?;
        match client.next().await? {
            Packet::Refused(error) => assert_eq!(error["data"]["code"], code, "for {auth}"),
            other => panic!("{auth} was not refused: {other:?}"),
        }
    }
    client.send(&format!("40{}", guest("ada"))).await?;
    assert!(matches!(client.next().await?, Packet::Connected(_)));
    Ok(())
}
