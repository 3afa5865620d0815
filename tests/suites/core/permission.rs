//! Permissions, their grants, and guards: who may do what, and what waits for it.

use std::time::Duration;

use salon::Count;
use salon_tests::{
    Result,
    in_process::InProcess,
    socket_io::{Client, Packet},
};
use serde_json::{Value, json};

use crate::library::{Desk, MOMENT, library, reader};

fn code(answer: &[Value]) -> &str {
    answer[0]["error"]["code"].as_str().unwrap_or_default()
}

fn shelf(number: u64) -> Value {
    json!({ "shelf": number })
}

#[tokio::test]
async fn a_grant_that_holds_is_not_asked_for_again() -> Result<()> {
    let (salon, desk) = library(|builder| builder);
    let server = InProcess::start(&salon, 1)?;
    let rights = json!({ "list": "Standing", "enter": "Standing", "read": "Standing" });
    let mut ada = Client::connect(server.address(), reader(&rights)).await?;
    for call in 1..=5 {
        assert_eq!(ada.ask("list", Value::Null).await?, [json!(call)]);
    }
    assert_eq!(desk.questions(), 1);
    for number in 1..=3 {
        assert_eq!(ada.ask("shelf:enter", shelf(number)).await?, [json!("standing")]);
        for _ in 0..3 {
            assert_eq!(ada.ask("shelf:read", shelf(number)).await?, [json!("standing")]);
        }
    }
    assert_eq!(desk.questions(), 7, "one for each permission in each room");
    let mut eve = Client::connect(server.address(), reader(&rights)).await?;
    eve.ask("list", Value::Null).await?;
    assert_eq!(desk.questions(), 8, "a grant is one session's");
    Ok(())
}

#[tokio::test]
async fn a_grant_is_asked_for_again_after_its_end_and_a_refusal_each_time() -> Result<()> {
    let (salon, desk) = library(|builder| builder);
    let server = InProcess::start(&salon, 1)?;
    let rights = json!({ "list": "Brief", "read": "Past" });
    let mut ada = Client::connect(server.address(), reader(&rights)).await?;
    ada.ask("list", Value::Null).await?;
    assert_eq!(desk.questions(), 1);
    tokio::time::sleep(MOMENT).await;
    ada.ask("list", Value::Null).await?;
    assert_eq!(desk.questions(), 2);
    for asked in 3..=4 {
        let answer = ada.ask("shelf:enter", shelf(1)).await?;
        assert_eq!(code(&answer), "forbidden");
        assert_eq!(answer[0]["error"]["message"], r#"no "enter" in shelf:1"#);
        assert_eq!(desk.questions(), asked);
    }
    ada.ask("shelf:pass", shelf(1)).await?;
    let answer = ada.ask("shelf:read", shelf(1)).await?;
    assert_eq!(code(&answer), "forbidden", "it has ended before it was given");
    Ok(())
}

#[tokio::test]
async fn what_was_granted_in_a_room_is_forgotten_with_the_membership() -> Result<()> {
    let (salon, desk) = library(|builder| builder);
    let server = InProcess::start(&salon, 1)?;
    let rights = json!({ "enter": "Standing", "read": "Standing" });
    let mut ada = Client::connect(server.address(), reader(&rights)).await?;
    for asked in [2, 4] {
        ada.ask("shelf:enter", shelf(1)).await?;
        ada.ask("shelf:read", shelf(1)).await?;
        assert_eq!(desk.questions(), asked);
        ada.ask("shelf:leave", shelf(1)).await?;
        // The acknowledgement comes before the leaving; a refusal of the room is behind it.
        assert_eq!(code(&ada.ask("shelf:leave", shelf(1)).await?), "not_a_member");
    }
    Ok(())
}

#[tokio::test]
async fn a_room_knows_the_grant_by_which_a_member_is_in_it() -> Result<()> {
    let (salon, _) = library(|builder| builder);
    let server = InProcess::start(&salon, 1)?;
    let rights = json!({ "enter": "Brief", "read": "Standing" });
    let mut ada = Client::connect(server.address(), reader(&rights)).await?;
    ada.ask("shelf:pass", shelf(1)).await?;
    assert_eq!(ada.ask("shelf:read", shelf(1)).await?, [json!("none")]);
    assert_eq!(ada.ask("shelf:enter", shelf(1)).await?, [json!("brief")]);
    assert_eq!(ada.ask("shelf:read", shelf(1)).await?, [json!("brief")]);
    Ok(())
}

#[tokio::test]
async fn the_grants_of_a_session_are_limited_and_the_oldest_goes() -> Result<()> {
    let (salon, desk) = library(|builder| builder.limits(|limits| limits.max_grants = 2));
    let server = InProcess::start(&salon, 1)?;
    let mut ada =
        Client::connect(server.address(), reader(&json!({ "enter": "Standing" }))).await?;
    for (number, asked) in [(1, 1), (2, 2), (1, 2), (3, 3), (2, 3), (1, 4), (3, 4), (2, 5)] {
        ada.ask("shelf:enter", shelf(number)).await?;
        assert_eq!(desk.questions(), asked, "shelf {number}");
    }
    Ok(())
}

#[tokio::test]
async fn a_refused_join_opens_no_room_and_makes_no_member() -> Result<()> {
    let (salon, _) = library(|builder| builder);
    let server = InProcess::start(&salon, 1)?;
    let mut ada = Client::connect(server.address(), reader(&json!({}))).await?;
    assert_eq!(code(&ada.ask("shelf:enter", shelf(1)).await?), "forbidden");
    let mut bob =
        Client::connect(server.address(), reader(&json!({ "enter": "Standing" }))).await?;
    let muted = json!({ "shelf": 1, "greeting": "muted" });
    assert_eq!(code(&bob.ask("shelf:enter", muted).await?), "muted");
    assert_eq!(salon.counters().get(Count::RoomsOpened), 0);
    bob.ask("shelf:enter", shelf(1)).await?;
    assert_eq!(code(&ada.ask("shelf:enter", shelf(1)).await?), "forbidden");
    assert_eq!(code(&ada.ask("shelf:leave", shelf(1)).await?), "not_a_member");
    Ok(())
}

#[tokio::test]
async fn nobody_is_asked_about_a_room_that_is_not_open() -> Result<()> {
    let (salon, desk) = library(|builder| builder);
    let server = InProcess::start(&salon, 1)?;
    let mut ada = Client::connect(server.address(), reader(&json!({ "read": "Panic" }))).await?;
    assert_eq!(code(&ada.ask("shelf:read", shelf(1)).await?), "not_a_member");
    assert_eq!(desk.questions(), 0);
    assert_eq!(salon.counters().get(Count::RoomsOpened), 0);
    Ok(())
}

#[tokio::test]
async fn events_wait_for_the_checks_of_an_earlier_one() -> Result<()> {
    let (salon, desk) = library(|builder| builder);
    let server = InProcess::start(&salon, 2)?;
    let rights = json!({ "list": "Slow", "enter": "Slow", "read": "Slow" });
    let mut ada = Client::connect(server.address(), reader(&rights)).await?;
    let read = json!({ "shelf": 1, "aloud": "wait" });
    let mut ids = Vec::new();
    for (event, argument) in [
        ("list", Value::Null),
        ("count", Value::Null),
        ("whisper", json!("wait")),
        ("count", Value::Null),
        ("shelf:enter", shelf(1)),
        ("shelf:read", read),
        ("shelf:leave", shelf(1)),
    ] {
        ids.push(ada.start_asking(event, argument).await?);
    }
    // List, whisper, enter, and read twice: for its permission, and for its guard.
    for _ in 0..5 {
        Desk::take(&desk.begun).await;
        assert_eq!(desk.begun.available_permits(), 0, "two events are checked at once");
        desk.gate.add_permits(1);
    }
    let mut answers = Vec::new();
    for id in &ids {
        match ada.next().await? {
            Packet::Ack(answered, answer) if answered == *id => answers.push(answer),
            other => panic!("expected the answer to {id}, got {other:?}"),
        }
    }
    let values = [json!(1), json!(2), json!(3), json!(4), json!("standing"), json!("standingwait")];
    let expected: Vec<Vec<Value>> =
        values.into_iter().map(|value| vec![value]).chain([vec![]]).collect();
    assert_eq!(answers, expected);
    Ok(())
}

#[tokio::test]
async fn checks_that_take_too_long_refuse_and_cost_no_connection() -> Result<()> {
    let (salon, desk) = library(|builder| {
        builder
            .timeouts(|timeouts| timeouts.middleware = Duration::from_millis(300))
            .heartbeat(Duration::from_millis(50), Duration::from_millis(100))
    });
    let server = InProcess::start(&salon, 1)?;
    let mut ada = Client::connect(server.address(), reader(&json!({ "list": "Never" }))).await?;
    let list = ada.start_asking("list", Value::Null).await?;
    let count = ada.start_asking("count", Value::Null).await?;
    let answer = ada.answer(list).await?;
    assert_eq!(code(&answer), "timeout");
    let message = r#"whether "list" may be sent was not known in 300ms"#;
    assert_eq!(answer[0]["error"]["message"], message);
    assert_eq!(ada.answer(count).await?, [json!(1)]);
    assert_eq!(desk.questions(), 1);
    Ok(())
}

#[tokio::test]
async fn what_a_check_waits_for_ends_with_the_connection_and_with_the_session() -> Result<()> {
    let (salon, desk) = library(|builder| {
        builder.timeouts(|timeouts| timeouts.middleware = Duration::from_secs(3600))
    });
    let server = InProcess::start(&salon, 1)?;
    let rights = reader(&json!({ "list": "Slow" }));
    let mut ada = Client::connect(server.address(), rights.clone()).await?;
    ada.start_asking("list", Value::Null).await?;
    Desk::take(&desk.begun).await;
    salon.namespace("/").close();
    ada.closed().await?;
    Desk::take(&desk.given_up).await;
    let mut bob = Client::connect(server.address(), rights.clone()).await?;
    bob.start_asking("list", Value::Null).await?;
    Desk::take(&desk.begun).await;
    salon.namespace("/").disconnect();
    assert_eq!(bob.next().await?, Packet::Disconnected);
    Desk::take(&desk.given_up).await;
    bob.send(&format!("40{rights}")).await?;
    assert!(matches!(bob.next().await?, Packet::Connected(_)), "later packets are handled");
    assert_eq!(bob.ask("count", Value::Null).await?, [json!(1)]);
    Ok(())
}

#[tokio::test]
async fn a_panic_in_a_check_is_an_internal_refusal_and_harms_nobody() -> Result<()> {
    let (salon, _) = library(|builder| builder);
    let server = InProcess::start(&salon, 1)?;
    let mut ada = Client::connect(server.address(), reader(&json!({ "list": "Panic" }))).await?;
    assert_eq!(code(&ada.ask("list", Value::Null).await?), "internal");
    assert_eq!(code(&ada.ask("whisper", json!("panic")).await?), "internal");
    assert_eq!(salon.counters().get(Count::HandlerPanics), 2);
    assert_eq!(ada.ask("whisper", json!("psst")).await?, [json!(1)]);
    Ok(())
}

#[tokio::test]
async fn a_guard_sees_who_sent_what_where_and_the_first_that_refuses_answers() -> Result<()> {
    let (salon, _) = library(|builder| builder);
    let server = InProcess::start(&salon, 1)?;
    let rights = json!({ "enter": "Standing", "read": "Standing" });
    let mut ada = Client::connect(server.address(), reader(&rights)).await?;
    let mut eve = Client::connect(server.address(), json!({ "name": "eve", "rights": {} })).await?;
    let muted = ada.ask("whisper", json!("muted")).await?;
    assert_eq!(muted[0]["error"]["message"], "ada is muted in no room");
    ada.ask("shelf:enter", shelf(7)).await?;
    let muted = ada.ask("shelf:read", json!({ "shelf": 7, "aloud": "muted" })).await?;
    assert_eq!(muted[0]["error"]["message"], "ada is muted in shelf:7");
    assert_eq!(code(&eve.ask("whisper", json!("muted")).await?), "muted");
    assert_eq!(code(&eve.ask("whisper", json!("psst")).await?), "eve");
    Ok(())
}
