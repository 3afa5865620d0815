//! The way from polling to WebSocket, and its wrong turns.

use crate::script::{OWN_REQUESTS, scripts};
use crate::stage::Stage;
use salon_tests::Result;
use salon_tests::polling::{Polling, packets};
use salon_tests::raw_http::Request;
use salon_tests::websocket::{Incoming, RawWebSocket, WebSocket};

scripts! {
    "upgrade" => upgrade, OWN_REQUESTS;
    "upgrade with messages crossing" => upgrade_with_messages_crossing, OWN_REQUESTS;
    "second upgrade" => second_upgrade, OWN_REQUESTS;
    "failed probes" => failed_probes, OWN_REQUESTS;
}

async fn connected(stage: &Stage) -> Result<Polling> {
    let (session, _) = Polling::open(stage.endpoint()).await?;
    session.post("40").await?;
    session.get().await?;
    Ok(session)
}

async fn probe(stage: &Stage, session: &Polling) -> Result<WebSocket> {
    let target = stage.endpoint().target("websocket", Some(session.sid()));
    let mut socket = WebSocket::open(stage.address, &target).await?;
    socket.send("2probe").await?;
    receive(stage, &mut socket).await?;
    Ok(socket)
}

async fn receive(stage: &Stage, socket: &mut WebSocket) -> Result<Incoming> {
    let incoming = socket.receive().await?;
    stage.record.line(&match &incoming {
        Incoming::Text(text) => format!("websocket << {text}"),
        Incoming::Binary(bytes) => format!("websocket << binary {bytes:?}"),
        Incoming::Closed(None) => "websocket << closed without a code".to_owned(),
        Incoming::Closed(Some((code, _))) => format!("websocket << closed with {code}"),
    });
    Ok(incoming)
}

async fn upgrade(stage: Stage) -> Result<()> {
    let session = connected(&stage).await?;
    let pending = tokio::spawn({
        let session = session.clone();
        async move { session.get().await }
    });
    stage.step("the probe");
    let mut socket = probe(&stage, &session).await?;
    stage.step("the pending poll");
    stage.record.response(&pending.await??);
    stage.step("events over the socket");
    socket.send("5").await?;
    socket.send(r#"42["echo",1]"#).await?;
    receive(&stage, &mut socket).await?;
    stage.step("a poll afterwards");
    stage.request(&Request::new("GET", &session.target())).await?;
    stage.step("a post afterwards");
    stage.request(&Request::new("POST", &session.target()).body(r#"42["echo",2]"#)).await?;
    stage.step("the socket is unharmed");
    socket.send(r#"42["echo",3]"#).await?;
    receive(&stage, &mut socket).await.map(drop)
}

/// What a client gets over both transports together is in order and whole, whatever came where.
async fn upgrade_with_messages_crossing(stage: Stage) -> Result<()> {
    let session = connected(&stage).await?;
    stage.step("the probe");
    let mut received = Vec::new();
    session.post(r#"42["echo","before the probe"]"#).await?;
    let mut socket = probe(&stage, &session).await?;
    session.post(r#"42["echo","during the probe"]"#).await?;
    while received.len() < 2 {
        let body = session.get().await?.text();
        let events = packets(&body).into_iter().filter(|packet| *packet != "6");
        received.extend(events.map(str::to_owned));
    }
    session.post(r#"42["echo","on the way"]"#).await?;
    socket.send("5").await?;
    for number in 0..5 {
        socket.send(&format!(r#"42["echo",{number}]"#)).await?;
    }
    while received.len() < 8 {
        match socket.receive().await? {
            Incoming::Text(text) => received.push(text),
            other => return Err(format!("{other:?} instead of an echo").into()),
        }
    }
    stage.step("everything in order");
    received.iter().for_each(|packet| stage.record.line(packet));
    Ok(())
}

async fn second_upgrade(stage: Stage) -> Result<()> {
    let session = connected(&stage).await?;
    let target = stage.endpoint().target("websocket", Some(session.sid()));
    stage.step("the probe");
    let mut socket = probe(&stage, &session).await?;
    stage.step("a second socket while probing");
    let mut second = WebSocket::open(stage.address, &target).await?;
    receive(&stage, &mut second).await?;
    stage.step("a third after the upgrade");
    socket.send("5").await?;
    socket.send(r#"42["echo",1]"#).await?;
    receive(&stage, &mut socket).await?;
    let mut third = WebSocket::open(stage.address, &target).await?;
    receive(&stage, &mut third).await?;
    stage.step("the first is unharmed");
    socket.send(r#"42["echo",2]"#).await?;
    receive(&stage, &mut socket).await.map(drop)
}

async fn failed_probes(stage: Stage) -> Result<()> {
    for (step, first) in [
        ("upgrade without a probe", "5"),
        ("another probe", "2other"),
        ("a ping without data", "2"),
        ("an event instead", r#"42["echo",1]"#),
        ("an unknown packet", "x"),
    ] {
        let session = connected(&stage).await?;
        stage.step(step);
        let target = stage.endpoint().target("websocket", Some(session.sid()));
        let mut socket = WebSocket::open(stage.address, &target).await?;
        socket.send(first).await?;
        if first == "5" {
            socket.send(r#"42["echo","over the socket"]"#).await?;
        }
        receive(&stage, &mut socket).await?;
        if first != "5" {
            stage.record.line("the session afterwards");
            session.post(r#"42["echo",2]"#).await?;
            stage.request(&Request::new("GET", &session.target())).await?;
        }
    }
    let session = connected(&stage).await?;
    stage.step("closed after the probe");
    probe(&stage, &session).await?.close().await?;
    session.post(r#"42["echo",3]"#).await?;
    stage.request(&Request::new("GET", &session.target())).await?;
    stage.step("cut after the probe");
    let target = stage.endpoint().target("websocket", Some(session.sid()));
    drop(RawWebSocket::open(stage.address, &target).await?);
    session.post(r#"42["echo",4]"#).await?;
    stage.request(&Request::new("GET", &session.target())).await
}
