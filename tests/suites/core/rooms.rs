//! Events that go to rooms.

use salon::Count;
use salon_tests::{Result, in_process::InProcess, socket_io::Client};
use serde_json::{Value, json};

use crate::table::{Table, guest, salon};

fn code(answer: &[Value]) -> &str {
    answer[0]["error"]["code"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn who_joins_is_a_member_and_gets_what_is_broadcast_from_then_on() -> Result<()> {
    let server = InProcess::start(&salon(), 2)?;
    let mut ada = Client::connect(server.address(), guest("ada")).await?;
    let mut bob = Client::connect(server.address(), guest("bob")).await?;
    assert_eq!(ada.ask("table:sit", json!({ "table": 1 })).await?, [json!(["ada"])]);
    assert_eq!(ada.ask("table:say", json!({ "table": 1, "text": "alone" })).await?, [json!(1)]);
    assert_eq!(bob.ask("table:sit", json!({ "table": 1 })).await?, [json!(["ada", "bob"])]);
    ada.emit("table:say", json!({ "table": 1, "text": "hello" })).await?;
    let heard = bob.expect("table:said").await?;
    assert_eq!(heard, [json!({ "number": 2, "by": "ada", "text": "hello" })]);
    Ok(())
}

#[tokio::test]
async fn only_members_may_send_and_a_refused_join_makes_no_member() -> Result<()> {
    let server = InProcess::start(&salon(), 1)?;
    let mut ada = Client::connect(server.address(), guest("ada")).await?;
    let say = json!({ "table": 1, "text": "hello" });
    assert_eq!(code(&ada.ask("table:say", say.clone()).await?), "not_a_member");
    let mut ruffian = Client::connect(server.address(), guest("ruffian")).await?;
    assert_eq!(code(&ruffian.ask("table:sit", json!({ "table": 1 })).await?), "forbidden");
    assert_eq!(code(&ruffian.ask("table:say", say).await?), "not_a_member");
    Ok(())
}

#[tokio::test]
async fn an_event_for_members_opens_no_room() -> Result<()> {
    let salon = salon();
    let server = InProcess::start(&salon, 1)?;
    let mut ada = Client::connect(server.address(), guest("ada")).await?;
    for table in 0..50 {
        let answer = ada.ask("table:say", json!({ "table": table, "text": "anyone?" })).await?;
        assert_eq!(code(&answer), "not_a_member");
    }
    assert_eq!(salon.counters().get(Count::RoomsOpened), 0);
    Ok(())
}

#[tokio::test]
async fn a_join_that_is_refused_later_leaves_no_member() -> Result<()> {
    let server = InProcess::start(&salon(), 1)?;
    let mut ada = Client::connect(server.address(), guest("ada")).await?;
    let say = json!({ "table": 1, "text": "hello" });
    for (password, refused) in [("open up", "forbidden"), ("panic", "internal")] {
        let knock = json!({ "table": 1, "password": password });
        assert_eq!(code(&ada.ask("table:knock", knock).await?), refused);
        assert_eq!(code(&ada.ask("table:say", say.clone()).await?), "not_a_member");
    }
    let knock = json!({ "table": 1, "password": "please" });
    assert_eq!(ada.ask("table:knock", knock).await?, Vec::<Value>::new());
    assert_eq!(ada.ask("table:say", say).await?, [json!(1)]);
    Ok(())
}

#[tokio::test]
async fn a_room_that_does_not_open_refuses_and_is_no_room() -> Result<()> {
    let salon = salon();
    let server = InProcess::start(&salon, 1)?;
    let mut ada = Client::connect(server.address(), guest("ada")).await?;
    for _ in 0..3 {
        assert_eq!(code(&ada.ask("table:sit", json!({ "table": 13 })).await?), "not_found");
        assert_eq!(code(&ada.ask("table:sit", json!({ "table": 14 })).await?), "internal");
    }
    assert_eq!(ada.ask("table:sit", json!({ "table": 15 })).await?, [json!(["ada"])]);
    assert_eq!(salon.open_rooms(), 1);
    Ok(())
}

#[tokio::test]
async fn who_leaves_gets_nothing_more_and_the_others_are_told() -> Result<()> {
    let server = InProcess::start(&salon(), 2)?;
    let mut ada = Client::connect(server.address(), guest("ada")).await?;
    let mut bob = Client::connect(server.address(), guest("bob")).await?;
    ada.ask("table:sit", json!({ "table": 1 })).await?;
    bob.ask("table:sit", json!({ "table": 1 })).await?;
    bob.ask("table:stand", json!({ "table": 1 })).await?;
    assert_eq!(ada.expect("table:left").await?, [json!({ "name": "bob" })]);
    let answer = bob.ask("table:say", json!({ "table": 1, "text": "still here" })).await?;
    assert_eq!(code(&answer), "not_a_member");
    Ok(())
}

#[tokio::test]
async fn a_member_whose_connection_ends_has_left() -> Result<()> {
    let server = InProcess::start(&salon(), 2)?;
    let mut ada = Client::connect(server.address(), guest("ada")).await?;
    let mut bob = Client::connect(server.address(), guest("bob")).await?;
    ada.ask("table:sit", json!({ "table": 1 })).await?;
    bob.ask("table:sit", json!({ "table": 1 })).await?;
    drop(bob);
    assert_eq!(ada.expect("table:left").await?, [json!({ "name": "bob" })]);
    Ok(())
}

#[tokio::test]
async fn who_is_evicted_is_told_and_is_out() -> Result<()> {
    let server = InProcess::start(&salon(), 2)?;
    let mut ada = Client::connect(server.address(), guest("ada")).await?;
    let mut bob = Client::connect(server.address(), guest("bob")).await?;
    ada.ask("table:sit", json!({ "table": 1 })).await?;
    bob.ask("table:sit", json!({ "table": 1 })).await?;
    ada.ask("table:throw-out", json!({ "table": 1, "name": "bob" })).await?;
    let evicted = bob.expect("salon:evicted").await?;
    assert_eq!(evicted, [json!({ "room": "table:1", "code": "evicted" })]);
    let answer = bob.ask("table:say", json!({ "table": 1, "text": "but" })).await?;
    assert_eq!(code(&answer), "not_a_member");
    Ok(())
}

#[tokio::test]
async fn a_panic_restarts_the_room_alone_and_its_members_are_told() -> Result<()> {
    let server = InProcess::start(&salon(), 2)?;
    let mut ada = Client::connect(server.address(), guest("ada")).await?;
    let mut bob = Client::connect(server.address(), guest("bob")).await?;
    let mut eve = Client::connect(server.address(), guest("eve")).await?;
    ada.ask("table:sit", json!({ "table": 1 })).await?;
    bob.ask("table:sit", json!({ "table": 1 })).await?;
    eve.ask("table:sit", json!({ "table": 2 })).await?;
    assert_eq!(code(&ada.ask("table:flip", json!({ "table": 1 })).await?), "internal");
    for member in [&mut ada, &mut bob] {
        let restarted = member.expect("salon:restarted").await?;
        assert_eq!(restarted, [json!({ "room": "table:1" })]);
    }
    let answer = eve.ask("table:say", json!({ "table": 2, "text": "what was that?" })).await?;
    assert_eq!(answer, [json!(1)]);
    assert_eq!(bob.ask("table:sit", json!({ "table": 1 })).await?, [json!(["ada", "bob"])]);
    Ok(())
}

#[tokio::test]
async fn a_room_answers_later_and_its_timers_come_back_as_messages() -> Result<()> {
    let server = InProcess::start(&salon(), 1)?;
    let mut ada = Client::connect(server.address(), guest("ada")).await?;
    ada.ask("table:sit", json!({ "table": 1 })).await?;
    let thought = ada.ask("table:think", json!({ "table": 1 })).await?;
    assert_eq!(thought, [json!("0 things were said")]);
    ada.ask("table:ring", json!({ "table": 1 })).await?;
    assert_eq!(ada.expect("table:bell").await?, Vec::<Value>::new());
    Ok(())
}

#[tokio::test]
async fn the_application_broadcasts_in_a_room_from_outside() -> Result<()> {
    let salon = salon();
    let server = InProcess::start(&salon, 2)?;
    let mut ada = Client::connect(server.address(), guest("ada")).await?;
    ada.ask("table:sit", json!({ "table": 1 })).await?;
    salon.room::<Table>(&1).broadcast(crate::table::Bell).await;
    assert_eq!(ada.expect("table:bell").await?, Vec::<Value>::new());
    salon.room::<Table>(&99).broadcast(crate::table::Bell).await;
    assert_eq!(salon.open_rooms(), 1, "a broadcast opens no room");
    Ok(())
}
