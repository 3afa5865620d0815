//! Clients that come back, and what they missed.

use std::time::Duration;

use salon::Salon;
use salon_tests::{
    Result,
    in_process::InProcess,
    websocket::{Incoming, WebSocket},
};
use serde_json::{Value, json};

const TARGET: &str = "/socket.io/?EIO=4&transport=websocket";

fn salon() -> Result<Salon> {
    let builder = Salon::builder().on("join", |socket, event| {
        let room: String = event.arguments.get(0).unwrap_or_default();
        let joined = socket.join(room).is_ok();
        let _ = event.acknowledge((joined,));
    });
    Ok(builder.recovery(Duration::from_secs(60)).build()?)
}

/// Opens a connection and gives the first text that is no open packet, having sent `connect`.
async fn open(server: &InProcess, connect: &str) -> Result<(WebSocket, String)> {
    let mut socket = WebSocket::open(server.address(), TARGET).await?;
    socket.receive().await?;
    socket.send(connect).await?;
    let first = text(&mut socket).await?;
    Ok((socket, first))
}

async fn text(socket: &mut WebSocket) -> Result<String> {
    match socket.receive().await? {
        Incoming::Text(text) => Ok(text),
        other => Err(format!("expected a text, got {other:?}").into()),
    }
}

fn connected(reply: &str) -> Result<Value> {
    Ok(serde_json::from_str(reply.strip_prefix("40").ok_or(format!("not connected: {reply}"))?)?)
}

fn offset(event: &str) -> Result<String> {
    let event: Vec<Value> = serde_json::from_str(event.trim_start_matches("42"))?;
    let last = event.last().and_then(Value::as_str);
    Ok(last.ok_or("every event has an offset as its last argument")?.to_owned())
}

#[tokio::test]
async fn who_comes_back_is_who_it_was_and_gets_what_it_missed_in_order() -> Result<()> {
    let salon = salon()?;
    let server = InProcess::start(&salon, 2)?;
    let (mut socket, reply) = open(&server, "40").await?;
    let before = connected(&reply)?;
    socket.send(r#"420["join","red"]"#).await?;
    assert_eq!(text(&mut socket).await?, "430[true]");
    let all = salon.namespace("/");
    all.emit_named("news", (1,));
    let offset = offset(&text(&mut socket).await?)?;
    drop(socket);
    while !all.fetch().await.is_empty() {}
    all.emit_named("news", (2,));
    all.clone().to("blue").emit_named("news", ("not for it",));
    all.clone().to("red").emit_named("news", (3,));
    all.clone().volatile().emit_named("news", ("volatile",));

    let claim = json!({ "pid": before["pid"], "offset": offset });
    let (mut socket, first) = open(&server, &format!("40{claim}")).await?;
    let second = text(&mut socket).await?;
    assert!(first.starts_with(r#"42["news",2,"#), "{first}");
    assert!(second.starts_with(r#"42["news",3,"#), "{second}");
    assert_eq!(connected(&text(&mut socket).await?)?, before);
    assert!(all.fetch().await[0].is_recovered());
    all.to("red").emit_named("news", (4,));
    assert!(text(&mut socket).await?.starts_with(r#"42["news",4,"#), "it is in its rooms again");
    Ok(())
}

#[tokio::test]
async fn a_session_is_given_back_to_nobody_else_and_only_once() -> Result<()> {
    let salon = salon()?;
    let server = InProcess::start(&salon, 1)?;
    let (mut socket, reply) = open(&server, "40").await?;
    let before = connected(&reply)?;
    salon.namespace("/").emit_named("news", (1,));
    let offset = offset(&text(&mut socket).await?)?;
    let claim = json!({ "pid": before["pid"], "offset": offset });
    let (_while_it_lives, reply) = open(&server, &format!("40{claim}")).await?;
    assert_ne!(connected(&reply)?["sid"], before["sid"]);
    drop(socket);
    while salon.namespace("/").fetch().await.len() > 1 {}
    let forged = json!({ "pid": "A".repeat(20), "offset": offset });
    let unknown = json!({ "pid": before["pid"], "offset": "999" });
    for claim in [forged, unknown] {
        let (_other, reply) = open(&server, &format!("40{claim}")).await?;
        assert_ne!(connected(&reply)?["sid"], before["sid"], "for {claim}");
    }
    let (_back, reply) = open(&server, &format!("40{claim}")).await?;
    assert_eq!(connected(&reply)?["sid"], before["sid"]);
    let (_twice, reply) = open(&server, &format!("40{claim}")).await?;
    assert_ne!(connected(&reply)?["sid"], before["sid"]);
    Ok(())
}
