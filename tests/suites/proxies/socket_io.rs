//! Socket.IO: polling, WebSockets, and the way from one to the other.

use salon_tests::{
    Result,
    polling::{Endpoint, Polling, packets},
    socket_io::Client,
    websocket::{Incoming, WebSocket},
};
use serde_json::json;

use crate::{
    app::say,
    each_way,
    proxy::Setting,
    stage::{SELDOM, Stage, Way, within},
};

each_way! {
    polling_talks_and_waits_for_what_comes,
    a_web_socket_talks,
    polling_is_upgraded_to_a_web_socket,
}

const JOIN: &str = r#"420["chat:join",{"room":"lounge"}]"#;

fn endpoint(stage: &Stage) -> Endpoint {
    Endpoint { address: stage.address(), path: "/socket.io/", parameters: String::new() }
}

/// Polls until a packet comes in which that is.
async fn polled(polling: &Polling, wanted: &str) -> Result<()> {
    let found = async {
        loop {
            let response = polling.get().await?;
            assert_eq!(response.status, 200, "{}", response.text());
            if packets(&response.text()).iter().any(|packet| packet.contains(wanted)) {
                return Ok(());
            }
        }
    };
    within(wanted, found).await
}

pub(crate) async fn polls(stage: &Stage) -> Result<()> {
    let (polling, _) = within("a handshake", Polling::open(endpoint(stage))).await?;
    for packet in ["40", JOIN] {
        assert_eq!(polling.post(packet).await?.text(), "ok");
    }
    polled(&polling, "430[1]").await?;
    // One waits while something is said.
    let (heard, ()) = tokio::join!(polled(&polling, "chat:said"), say(&stage.salon, "hi"));
    heard
}

async fn polling_talks_and_waits_for_what_comes(way: Way) -> Result<()> {
    polls(&Stage::set(way).await?).await
}

#[tokio::test]
async fn nginx_needs_nothing_but_proxy_pass_for_polling() -> Result<()> {
    let stage = Stage::with(Some(Setting::BareNginx("")), SELDOM).await?;
    polls(&stage).await?;
    // For WebSockets it does, which is why a client of Socket.IO stays with polling there.
    let target = endpoint(&stage).target("websocket", None);
    assert!(WebSocket::open(stage.address(), &target).await.is_err());
    Ok(())
}

async fn a_web_socket_talks(way: Way) -> Result<()> {
    let stage = Stage::set(way).await?;
    let mut client = Client::connect(stage.address(), json!({})).await?;
    let joined = client.ask("chat:join", json!({ "room": "lounge" })).await?;
    assert_eq!(joined, [json!(1)]);
    say(&stage.salon, "hi").await;
    assert_eq!(client.expect("chat:said").await?[0], json!({ "text": "hi" }));
    Ok(())
}

async fn polling_is_upgraded_to_a_web_socket(way: Way) -> Result<()> {
    let stage = Stage::set(way).await?;
    let endpoint = endpoint(&stage);
    let (polling, _) = Polling::open(endpoint.clone()).await?;
    polling.post("40").await?;
    polled(&polling, "40{").await?;
    let target = endpoint.target("websocket", Some(polling.sid()));
    let mut socket = WebSocket::open(stage.address(), &target).await?;
    socket.send("2probe").await?;
    assert_eq!(within("a probe", socket.receive()).await?, Incoming::Text("3probe".into()));
    socket.send("5").await?;
    socket.send(JOIN).await?;
    loop {
        match within("an answer", socket.receive()).await? {
            Incoming::Text(text) if text == "430[1]" => return Ok(()),
            Incoming::Text(_) => {}
            other => return Err(format!("{other:?} where an answer is due").into()),
        }
    }
}
