//! Fixture `engine`: Engine.IO by itself.

use std::time::Duration;

use salon_tests::Result;
use salon_tests::polling::{Polling, packets};
use salon_tests::websocket::{Incoming, RawWebSocket, WebSocket};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::promises;
use crate::subject::{Client, Subject, pending_poll};

promises! { "engine":
    polling_opens_with_an_upgrade_on_offer,
    a_websocket_opens_without_an_upgrade_on_offer,
    bad_requests_are_refused,
    echoes_are_queued_before_a_post_is_answered,
    a_websocket_echoes_text_and_bytes,
    a_closed_session_is_unknown,
    a_silent_session_is_unknown,
    a_silent_websocket_is_closed,
    a_second_poll_ends_the_session,
    an_aborted_poll_ends_the_session,
    a_close_ends_a_pending_poll,
    an_invalid_packet_ends_the_session,
    an_invalid_message_closes_the_websocket,
    the_first_ping_comes_alone_and_in_time,
    an_upgrade_ends_a_pending_poll_and_polling_itself,
    a_second_websocket_of_an_upgraded_session_is_closed,
    a_probe_that_fails_leaves_polling_alive,
    a_poll_that_is_sent_together_with_a_close_ends_by_it,
    a_poll_behind_the_end_of_an_upgrade_is_refused_though_nobody_has_read_that_yet,
    a_poll_behind_a_probe_ends_so_that_its_client_can_move,
    a_slow_post_is_received_before_what_follows_an_upgrade,
    of_two_polls_at_once_one_is_told_the_end,
    what_is_whole_is_answered_before_what_is_wrong_ends_the_connection,
}

fn open_of(packet: &str) -> Result<Value> {
    Ok(serde_json::from_str(packet.strip_prefix('0').ok_or("not an open packet")?)?)
}

fn assert_open(open: &Value, upgrades: &[&str]) {
    let entries = open.as_object().into_iter().flatten();
    let mut keys: Vec<&str> = entries.map(|(key, _)| key.as_str()).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["maxPayload", "pingInterval", "pingTimeout", "sid", "upgrades"]);
    assert_eq!(open["pingInterval"], 300);
    assert_eq!(open["pingTimeout"], 200);
    assert_eq!(open["maxPayload"], 1_000_000);
    assert_eq!(open["upgrades"], serde_json::json!(upgrades));
}

async fn assert_unknown(session: &Polling) -> Result<()> {
    let response = session.get().await?;
    assert_eq!((response.status, response.text().contains("code")), (400, true));
    Ok(())
}

async fn polling_opens_with_an_upgrade_on_offer(subject: Subject) -> Result<()> {
    let (_, body) = Polling::open(subject.endpoint()).await?;
    assert_open(&open_of(&body)?, &["websocket"]);
    Ok(())
}

async fn a_websocket_opens_without_an_upgrade_on_offer(subject: Subject) -> Result<()> {
    let open = subject.websocket().await?.next().await?;
    assert_open(&open_of(&open)?, &[]);
    Ok(())
}

async fn bad_requests_are_refused(subject: Subject) -> Result<()> {
    for (method, query) in [
        ("GET", "transport=polling"),
        ("GET", "EIO=abc&transport=polling"),
        ("GET", "EIO=3&transport=polling"),
        ("GET", "EIO=4"),
        ("GET", "EIO=4&transport=abc"),
        ("POST", "EIO=4&transport=polling"),
        ("PUT", "EIO=4&transport=polling"),
        ("GET", "EIO=4&transport=polling&sid=abc"),
        ("POST", "EIO=4&transport=polling&sid=abc"),
        ("GET", "EIO=4&transport=websocket"),
        ("GET", ""),
    ] {
        let response = subject.request(method, &format!("/engine.io/?{query}")).await?;
        assert_eq!(response.status, 400, "{method} {query}");
    }
    for query in ["transport=websocket", "EIO=abc&transport=websocket", "EIO=4&transport=abc"] {
        let target = format!("/engine.io/?{query}");
        assert!(WebSocket::open(subject.address, &target).await.is_err(), "{query}");
    }
    Ok(())
}

async fn echoes_are_queued_before_a_post_is_answered(subject: Subject) -> Result<()> {
    let session = subject.polling().await?;
    let payload = "4first\u{1e}bAQIDBA==\u{1e}4third";
    let response = session.post(payload).await?;
    assert_eq!((response.status, response.text().as_str()), (200, "ok"));
    assert_eq!(session.get().await?.text(), payload);
    Ok(())
}

async fn a_websocket_echoes_text_and_bytes(subject: Subject) -> Result<()> {
    let mut client = subject.open().await?;
    assert_eq!(client.ask("4héllo").await?, "4héllo");
    client.send_binary(&[1, 2, 3, 255]).await?;
    assert_eq!(client.next_binary().await?, [1, 2, 3, 255]);
    Ok(())
}

async fn a_closed_session_is_unknown(subject: Subject) -> Result<()> {
    let session = subject.polling().await?;
    assert_eq!(session.post("1").await?.status, 200);
    assert_unknown(&session).await
}

async fn a_silent_session_is_unknown(subject: Subject) -> Result<()> {
    let session = subject.polling().await?;
    assert_eq!(session.get().await?.text(), "2");
    // The ping is not answered: the next poll is held until the time for that is over.
    let ended = session.get().await?;
    assert!(ended.status == 400 || packets(&ended.text()).contains(&"1"), "{ended:?}");
    assert_unknown(&session).await
}

async fn a_silent_websocket_is_closed(subject: Subject) -> Result<()> {
    let mut client = subject.open().await?;
    let start = Instant::now();
    assert_eq!(client.raw().await?, Incoming::Text("2".to_owned()));
    assert!(matches!(client.raw().await?, Incoming::Closed(_)));
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    Ok(())
}

async fn a_second_poll_ends_the_session(subject: Subject) -> Result<()> {
    let session = subject.polling().await?;
    let first = pending_poll(subject, &session).await?;
    let second = session.get().await?;
    assert!(matches!(second.status, 400 | 500), "{second:?}");
    let first = first.await??;
    assert_eq!((first.status, first.text().as_str()), (200, "1"));
    assert_unknown(&session).await
}

async fn an_aborted_poll_ends_the_session(subject: Subject) -> Result<()> {
    let session = subject.polling().await?;
    let poll = pending_poll(subject, &session).await?;
    poll.abort();
    assert!(poll.await.is_err());
    assert_eq!(session.get().await?.status, 400);
    assert_unknown(&session).await
}

async fn a_close_ends_a_pending_poll(subject: Subject) -> Result<()> {
    let session = subject.polling().await?;
    let poll = pending_poll(subject, &session).await?;
    assert_eq!(session.post("1").await?.text(), "ok");
    assert_eq!(poll.await??.text(), "6");
    assert_unknown(&session).await
}

async fn an_invalid_packet_ends_the_session(subject: Subject) -> Result<()> {
    for payload in ["abc", "", "\u{1e}", "9", "b%%%", "4ok\u{1e}x"] {
        let session = subject.polling().await?;
        session.post(payload).await?;
        assert_eq!(session.get().await?.status, 400, "{payload:?}");
    }
    Ok(())
}

async fn an_invalid_message_closes_the_websocket(subject: Subject) -> Result<()> {
    for text in ["abc", "", "9", "2", "2probe"] {
        let mut client = subject.open().await?;
        client.send(text).await?;
        client.closed().await.map_err(|error| format!("{text:?}: {error}"))?;
    }
    Ok(())
}

async fn the_first_ping_comes_alone_and_in_time(subject: Subject) -> Result<()> {
    let start = Instant::now();
    let session = subject.polling().await?;
    assert_eq!(session.get().await?.text(), "2");
    let elapsed = start.elapsed();
    assert!((Duration::from_millis(290)..Duration::from_millis(600)).contains(&elapsed));
    Ok(())
}

async fn an_upgrade_ends_a_pending_poll_and_polling_itself(subject: Subject) -> Result<()> {
    let session = subject.polling().await?;
    let poll = pending_poll(subject, &session).await?;
    let target = subject.websocket_target(Some(session.sid()));
    let mut socket = WebSocket::open(subject.address, &target).await?;
    socket.send("2probe").await?;
    assert_eq!(socket.receive().await?, Incoming::Text("3probe".to_owned()));
    let ended = poll.await??;
    assert_eq!((ended.status, ended.text().as_str()), (200, "6"));
    socket.send("5").await?;
    socket.send("4over").await?;
    assert_eq!(socket.receive().await?, Incoming::Text("4over".to_owned()));
    // Often enough to reach every worker.
    for _ in 0..12 {
        assert_eq!(session.get().await?.status, 400);
        assert_eq!(session.post("4x").await?.status, 400);
    }
    socket.send("4unharmed").await?;
    assert_eq!(Client::from(socket).next().await?, "4unharmed");
    Ok(())
}

async fn a_second_websocket_of_an_upgraded_session_is_closed(subject: Subject) -> Result<()> {
    let session = subject.polling().await?;
    let target = subject.websocket_target(Some(session.sid()));
    let mut first = WebSocket::open(subject.address, &target).await?;
    first.send("2probe").await?;
    assert_eq!(first.receive().await?, Incoming::Text("3probe".to_owned()));
    first.send("5").await?;
    let mut second = WebSocket::open(subject.address, &target).await?;
    second.send("2probe").await?;
    assert!(matches!(second.receive().await?, Incoming::Closed(_)));
    Ok(())
}

async fn a_probe_that_fails_leaves_polling_alive(subject: Subject) -> Result<()> {
    let session = subject.polling().await?;
    let target = subject.websocket_target(Some(session.sid()));
    let mut socket = WebSocket::open(subject.address, &target).await?;
    socket.send("4not a probe").await?;
    assert!(matches!(socket.receive().await?, Incoming::Closed(_)));
    // One that ends without a word.
    let mut silent = TcpStream::connect(subject.address).await?;
    silent.write_all(b"GET /engine.io/?EIO=4&transport=websocket").await?;
    drop(silent);
    session.post("4still").await?;
    assert_eq!(packets(&session.get().await?.text()).last(), Some(&"4still"));
    Ok(())
}

/// How often something is tried that depends on which worker is the faster one.
const ROUNDS: usize = 20;

async fn a_poll_that_is_sent_together_with_a_close_ends_by_it(subject: Subject) -> Result<()> {
    for round in 0..ROUNDS {
        let session = subject.polling().await?;
        let (poll, post) = tokio::join!(session.get(), session.post("1"));
        let (poll, post) = (poll?, post?);
        assert_eq!((poll.status, poll.text().as_str()), (200, "6"), "round {round}");
        assert_eq!((post.status, post.text().as_str()), (200, "ok"), "round {round}");
        assert_unknown(&session).await?;
    }
    Ok(())
}

async fn a_poll_behind_the_end_of_an_upgrade_is_refused_though_nobody_has_read_that_yet(
    subject: Subject,
) -> Result<()> {
    for round in 0..ROUNDS {
        let session = subject.polling().await?;
        let target = subject.websocket_target(Some(session.sid()));
        let mut socket = Client::from(WebSocket::open(subject.address, &target).await?);
        socket.send("2probe").await?;
        socket.send("5").await?;
        assert_eq!(session.get().await?.status, 400, "round {round}");
        socket.send("4hello").await?;
        assert_eq!(socket.next().await?, "3probe");
        assert_eq!(socket.next().await?, "4hello");
    }
    Ok(())
}

async fn a_poll_behind_a_probe_ends_so_that_its_client_can_move(subject: Subject) -> Result<()> {
    for _ in 0..ROUNDS / 4 {
        let session = subject.polling().await?;
        let target = subject.websocket_target(Some(session.sid()));
        let mut socket = Client::from(WebSocket::open(subject.address, &target).await?);
        socket.send("2probe").await?;
        assert_eq!(session.get().await?.text(), "6");
        socket.send("5").await?;
        assert_eq!(socket.next().await?, "3probe");
        socket.send("4hello").await?;
        assert_eq!(socket.next().await?, "4hello");
    }
    Ok(())
}

async fn a_slow_post_is_received_before_what_follows_an_upgrade(subject: Subject) -> Result<()> {
    let session = subject.polling().await?;
    let (head, (start, end)) = (session.target(), "4first\u{1e}4second".split_at(9));
    let head = format!(
        "POST {head} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        start.len() + end.len()
    );
    let mut post = TcpStream::connect(subject.address).await?;
    post.write_all(format!("{head}{start}").as_bytes()).await?;
    // Said by the server itself: it holds the POST.
    assert_eq!(subject.request("GET", "/held-post").await?.status, 200);
    let target = subject.websocket_target(Some(session.sid()));
    let mut socket = Client::from(WebSocket::open(subject.address, &target).await?);
    socket.send("2probe").await?;
    assert_eq!(socket.next().await?, "3probe");
    socket.send("5").await?;
    socket.send("4third").await?;
    // It has moved, whatever became of the POST; and every worker has had its turns since.
    for _ in 0..ROUNDS {
        while session.get().await?.status != 400 {}
    }
    post.write_all(end.as_bytes()).await?;
    for text in ["4first", "4second", "4third"] {
        assert_eq!(socket.next().await?, text);
    }
    let mut answer = String::new();
    post.read_to_string(&mut answer).await?;
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("ok"), "{answer}");
    Ok(())
}

async fn of_two_polls_at_once_one_is_told_the_end(subject: Subject) -> Result<()> {
    for _ in 0..ROUNDS {
        let session = subject.polling().await?;
        let (one, other) = tokio::join!(session.get(), session.get());
        let mut ends = [one?, other?].map(|end| (end.status, end.text()));
        ends.sort();
        assert_eq!(ends[0], (200, "1".to_owned()));
        assert_eq!(ends[1].0, 400);
        assert_unknown(&session).await?;
    }
    Ok(())
}

/// A frame of a client, masked with zeros; shorter than 126 bytes.
fn frame(head: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![head, 0x80 | payload.len() as u8, 0, 0, 0, 0];
    frame.extend_from_slice(payload);
    frame
}

async fn what_is_whole_is_answered_before_what_is_wrong_ends_the_connection(
    subject: Subject,
) -> Result<()> {
    const TOO_LONG: &[u8] = &[0x82, 0xff, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0];
    for (wrong, code) in [
        (frame(0x81, b"x"), None),
        (frame(0x81, b"2"), None),
        (frame(0x81, b"1"), None),
        (frame(0x81, b"4\xc3\x28"), Some(1007_u16)),
        (frame(0x83, b""), Some(1002)),
        (TOO_LONG.to_vec(), Some(1009)),
        (frame(0x88, &1000_u16.to_be_bytes()), Some(1000)),
    ] {
        let target = subject.websocket_target(None);
        let (mut socket, _) = RawWebSocket::open(subject.address, &target).await?;
        assert!(socket.receive().await?.ok_or("an opening")?.payload.starts_with(b"0{"));
        let bytes = [frame(0x81, b"4text"), frame(0x82, b"bytes"), wrong.clone()].concat();
        socket.send_bytes(&bytes).await?;
        for echo in [&b"4text"[..], b"bytes"] {
            let frame = socket.receive().await?;
            assert_eq!(frame.ok_or("an echo")?.payload, echo, "before {wrong:?}");
        }
        let close = socket.receive().await?.ok_or_else(|| format!("no close after {wrong:?}"))?;
        let expected: Vec<u8> = code.iter().flat_map(|code| code.to_be_bytes()).collect();
        assert_eq!((close.head, close.payload), (0x88, expected), "after {wrong:?}");
    }
    Ok(())
}
