//! Clients that come back, and what they missed.
//!
//! It must never know more of a session than a client is told: its `pid`, and the last offset.

use std::time::Duration;

use salon::{
    Salon,
    testing::{Client, Failure, Lab},
};
use serde_json::{Value, json};

use crate::table::{next_text, text};

const MINUTE: Duration = Duration::from_secs(60);

fn salon() -> Result<Salon, salon::BuildError> {
    let builder = Salon::builder().on("join", |socket, event| {
        let room: String = event.arguments.get(0).unwrap_or_default();
        let joined = socket.join(room).is_ok();
        let _ = event.acknowledge((joined,));
    });
    builder.recovery(MINUTE).build()
}

/// Opens a connection, having sent `connect`, and gives the first text.
async fn open(lab: &Lab, connect: &str) -> Result<(Client, String), Failure> {
    let client = lab.visitor().open().await?;
    client.send_raw(text(connect));
    let first = next_text(&client).await;
    Ok((client, first))
}

fn connected(reply: &str) -> Result<Value, Failure> {
    Ok(serde_json::from_str(reply.strip_prefix('0').ok_or(format!("not connected: {reply}"))?)?)
}

fn offset(event: &str) -> Result<String, Failure> {
    let event: Vec<Value> = serde_json::from_str(event.trim_start_matches('2'))?;
    let last = event.last().and_then(Value::as_str);
    Ok(last.ok_or("every event has an offset as its last argument")?.to_owned())
}

#[salon::test]
async fn who_comes_back_is_who_it_was_and_gets_what_it_missed_in_order() {
    let lab = Lab::builder(salon()?).workers(2).start().await;
    let (client, reply) = open(&lab, "0").await?;
    let before = connected(&reply)?;
    client.send_raw(text(r#"20["join","red"]"#));
    assert_eq!(next_text(&client).await, "30[true]");
    let all = lab.salon().namespace("/");
    all.emit_named("news", (1,));
    let offset = offset(&next_text(&client).await)?;
    client.reset();
    lab.settle().await;
    assert!(lab.drive(all.fetch()).await.is_empty());
    all.emit_named("news", (2,));
    all.clone().to("blue").emit_named("news", ("not for it",));
    all.clone().to("red").emit_named("news", (3,));
    all.clone().volatile().emit_named("news", ("volatile",));

    let claim = json!({ "pid": before["pid"], "offset": offset });
    let (client, first) = open(&lab, &format!("0{claim}")).await?;
    let second = next_text(&client).await;
    assert!(first.starts_with(r#"2["news",2,"#), "{first}");
    assert!(second.starts_with(r#"2["news",3,"#), "{second}");
    assert_eq!(connected(&next_text(&client).await)?, before);
    assert!(lab.drive(all.fetch()).await[0].is_recovered());
    all.to("red").emit_named("news", (4,));
    let third = next_text(&client).await;
    assert!(third.starts_with(r#"2["news",4,"#), "it is in its rooms again: {third}");
}

#[salon::test]
async fn a_client_comes_back_as_itself_for_as_long_as_was_promised_and_no_longer() {
    let lab = Lab::builder(salon()?).workers(2).start().await;
    let all = lab.salon().namespace("/");
    let client = lab.connect(()).await?;
    let first = client.id();
    for round in 0..3 {
        all.emit_named("news", (round, "heard"));
        assert_eq!(client.expect_named("news").await.json()[..2], [json!(round), json!("heard")]);
        client.reset();
        lab.settle().await;
        all.emit_named("news", (round, "missed"));
        lab.advance(MINUTE - Duration::from_millis(1)).await;
        client.reconnect().await?;
        assert_eq!(client.id(), first, "in round {round}");
        assert_eq!(client.expect_named("news").await.json()[..2], [json!(round), json!("missed")]);
        client.expect_none().await;
    }
    client.reset();
    lab.settle().await;
    all.emit_named("news", ("lost",));
    lab.advance(MINUTE + Duration::from_millis(1)).await;
    client.reconnect().await?;
    assert_ne!(client.id(), first);
    client.expect_none().await;
}

#[salon::test]
async fn a_session_is_given_back_to_nobody_else_and_only_once() {
    let lab = Lab::new(salon()?).await;
    let (client, reply) = open(&lab, "0").await?;
    let before = connected(&reply)?;
    let all = lab.salon().namespace("/");
    all.emit_named("news", (1,));
    let offset = offset(&next_text(&client).await)?;
    let claim = json!({ "pid": before["pid"], "offset": offset });
    let (_while_it_lives, reply) = open(&lab, &format!("0{claim}")).await?;
    assert_ne!(connected(&reply)?["sid"], before["sid"]);
    client.reset();
    lab.settle().await;
    assert_eq!(lab.drive(all.fetch()).await.len(), 1);
    let forged = json!({ "pid": "A".repeat(20), "offset": offset });
    let unknown = json!({ "pid": before["pid"], "offset": "999" });
    for claim in [forged, unknown] {
        let (_other, reply) = open(&lab, &format!("0{claim}")).await?;
        assert_ne!(connected(&reply)?["sid"], before["sid"], "for {claim}");
    }
    let (_back, reply) = open(&lab, &format!("0{claim}")).await?;
    assert_eq!(connected(&reply)?["sid"], before["sid"]);
    let (_twice, reply) = open(&lab, &format!("0{claim}")).await?;
    assert_ne!(connected(&reply)?["sid"], before["sid"]);
}
