//! WebSockets of the plain protocol.

use std::time::Duration;

use salon_tests::{
    Result,
    websocket::{Incoming, RawWebSocket, WebSocket},
};
use serde_json::{Value, json};

use crate::{
    each_way,
    stage::{Stage, Way, within},
};

each_way! {
    a_web_socket_talks_and_is_told_why_it_ends,
    pings_of_either_side_are_answered_by_the_other,
    a_client_that_leaves_is_a_member_no_more,
}

/// The frame that comes next, which is a message of its own.
async fn next(socket: &mut WebSocket) -> Result<Value> {
    match within("a frame", socket.receive()).await? {
        Incoming::Text(text) => Ok(serde_json::from_str(&text)?),
        other => Err(format!("{other:?} where a frame is due").into()),
    }
}

async fn a_web_socket_talks_and_is_told_why_it_ends(way: Way) -> Result<()> {
    let stage = Stage::set(way).await?;
    let mut socket = WebSocket::open(stage.address(), "/salon").await?;
    assert_eq!(next(&mut socket).await?[0], "salon:welcome");
    socket.send(r#"[1,"chat:join",{"room":"lounge"}]"#).await?;
    assert_eq!(next(&mut socket).await?[0], "salon:joined");
    assert_eq!(next(&mut socket).await?, json!([-1, 1]));
    socket.send(r#"["chat:say",{"room":"lounge","text":"hi"}]"#).await?;
    let said = next(&mut socket).await?;
    assert_eq!(
        (&said[0], &said[1], &said[2]["seq"]),
        (&json!("chat:said"), &json!({ "text": "hi" }), &json!(1))
    );
    socket.send(r#"[2,"greet",{"name":"Ada"}]"#).await?;
    assert_eq!(next(&mut socket).await?, json!([-2, "Hello, Ada"]));
    socket.send("{}").await?;
    let bye = json!(["salon:bye", { "code": "bad_frame", "retry": "never" }]);
    assert_eq!(next(&mut socket).await?, bye);
    let closed = within("a close", socket.receive()).await?;
    assert_eq!(closed, Incoming::Closed(Some((4400, "bad_frame".to_owned()))));
    Ok(())
}

/// First bytes of frames.
const PING: u8 = 0x89;
const PONG: u8 = 0x8a;

async fn pings_of_either_side_are_answered_by_the_other(way: Way) -> Result<()> {
    let stage = Stage::beating(way, Duration::from_millis(200)).await?;
    let (mut socket, response) = RawWebSocket::open(stage.address(), "/salon").await?;
    assert_eq!(response.status, 101);
    socket.send_frame(PING, b"are you there").await?;
    let (mut pings, mut is_answered) = (0, false);
    while pings < 3 || !is_answered {
        let frame = within("a heartbeat", socket.receive()).await?.ok_or("it has ended")?;
        match frame.head {
            PING => {
                pings += 1;
                socket.send_frame(PONG, &frame.payload).await?;
            }
            PONG => is_answered = frame.payload == b"are you there",
            _ => {}
        }
    }
    Ok(())
}

async fn a_client_that_leaves_is_a_member_no_more(way: Way) -> Result<()> {
    // As with a stream, haproxy may notice only when it has something for the client.
    let stage = Stage::beating(way, Duration::from_millis(200)).await?;
    let mut stays = WebSocket::open(stage.app(), "/salon").await?;
    next(&mut stays).await?;
    stays.send(r#"[1,"chat:join",{"room":"lounge"}]"#).await?;
    assert_eq!(next(&mut stays).await?[0], "salon:joined");
    let mut leaves = WebSocket::open(stage.address(), "/salon").await?;
    let session = next(&mut leaves).await?[1]["session"].take();
    leaves.send(r#"[1,"chat:join",{"room":"lounge"}]"#).await?;
    assert_eq!(next(&mut leaves).await?[0], "salon:joined");
    // Without a word, as one that is killed.
    drop(leaves);
    loop {
        let frame = next(&mut stays).await?;
        if frame[0] == "chat:left" {
            assert_eq!(frame[1]["id"], session);
            return stage.has_clients(1).await;
        }
    }
}
