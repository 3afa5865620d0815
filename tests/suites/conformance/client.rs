//! Fixture `client`: what the Socket.IO client's own tests expect.

use std::time::Duration;

use salon_tests::Result;
use salon_tests::websocket::WebSocket;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::promises;
use crate::subject::{Client, Subject};

promises! { "client":
    connect_echo_and_ack_come_after_a_late_handshake,
    what_was_missed_comes_before_the_connect_reply,
    simple_events_are_answered,
    the_server_s_question_is_answered,
    dates_are_iso,
    binary_is_recognized,
    ids_are_those_of_the_connect_reply,
    the_handshake_is_shown,
    refusals_have_their_messages,
    unknown_events_are_not_acknowledged,
}

async fn event(client: &mut Client) -> Result<Value> {
    let text = client.next().await?;
    let start = text.find('[').ok_or_else(|| format!("not an event: {text}"))?;
    Ok(serde_json::from_str(&text[start..])?)
}

/// As [`event`], without the offset that every event has as its last argument.
async fn kept_event(client: &mut Client) -> Result<Value> {
    let mut event = event(client).await?;
    let offset = event.as_array_mut().and_then(Vec::pop);
    assert!(offset.as_ref().is_some_and(Value::is_string), "no offset: {offset:?}");
    Ok(event)
}

async fn connect_echo_and_ack_come_after_a_late_handshake(subject: Subject) -> Result<()> {
    let start = Instant::now();
    let mut client = subject.connected().await?;
    assert_eq!(client.ask(r#"420["echo","x"]"#).await?, r#"430["x"]"#);
    let elapsed = start.elapsed();
    assert!(elapsed >= Duration::from_millis(10), "{elapsed:?}");
    Ok(())
}

async fn simple_events_are_answered(subject: Subject) -> Result<()> {
    let mut client = subject.connected().await?;
    client.send(r#"42["hi"]"#).await?;
    assert_eq!(kept_event(&mut client).await?, json!(["hi"]));
    client.send(r#"42["false"]"#).await?;
    assert_eq!(kept_event(&mut client).await?, json!(["false", false]));
    client.send(r#"42["getUtf8"]"#).await?;
    for text in ["てすと", "Я Б Г Д Ж Й", "Ä ä Ü ü ß", "utf8 — string", "utf8 — string"]
    {
        assert_eq!(kept_event(&mut client).await?, json!(["takeUtf8", text]));
    }
    Ok(())
}

async fn the_server_s_question_is_answered(subject: Subject) -> Result<()> {
    let mut client = subject.connected().await?;
    for (answer, is_expected) in [(r#"[5,{"test":true}]"#, true), (r#"[6,{"test":true}]"#, false)] {
        let question = client.ask(r#"421["ack"]"#).await?;
        let id = question
            .strip_prefix("42")
            .and_then(|rest| rest.strip_suffix(r#"["ack"]"#))
            .ok_or_else(|| question.clone())?;
        client.send(&format!("43{id}{answer}")).await?;
        if is_expected {
            assert_eq!(kept_event(&mut client).await?, json!(["got it"]));
        }
    }
    client.send(r#"42["hi"]"#).await?;
    assert_eq!(kept_event(&mut client).await?, json!(["hi"]));
    Ok(())
}

async fn dates_are_iso(subject: Subject) -> Result<()> {
    let mut client = subject.connected().await?;
    let is_iso = |date: &Value| {
        let date = date.as_str().unwrap_or_default();
        date.len() == "2026-01-02T03:04:05.678Z".len() && date.ends_with('Z')
    };
    client.send(r#"421["getAckDate",{"test":true}]"#).await?;
    assert!(is_iso(&event(&mut client).await?[0]));
    client.send(r#"42["getDate"]"#).await?;
    assert!(is_iso(&event(&mut client).await?[1]));
    client.send(r#"42["getDateObj"]"#).await?;
    assert!(is_iso(&event(&mut client).await?[1]["date"]));
    Ok(())
}

async fn binary_is_recognized(subject: Subject) -> Result<()> {
    let mut client = subject.connected().await?;
    let placeholder = r#"{"_placeholder":true,"num":0}"#;
    for (sent, name) in [("doge", "doge"), ("getbin", "takebin")] {
        client.send(&format!(r#"42["{sent}"]"#)).await?;
        let placeholder = json!({ "_placeholder": true, "num": 0 });
        assert_eq!(kept_event(&mut client).await?, json!([name, placeholder]));
        assert_eq!(client.next_binary().await?, b"asdfasdf");
    }
    for (sent, then, answer) in [
        (format!(r#"451-["buffa",{placeholder}]"#), None, "buffack"),
        (
            format!(
                r#"451-["jsonbuff",{{"hello":"lol","message":{placeholder},"goodbye":"gotcha"}}]"#
            ),
            None,
            "jsonbuff-ack",
        ),
        (format!(r#"451-["abuff1",{placeholder}]"#), Some(r#"42["abuff2"]"#), "abuff2-ack"),
    ] {
        client.send(&sent).await?;
        client.send_binary(&[1, 2]).await?;
        if let Some(then) = then {
            client.send(then).await?;
        }
        assert_eq!(kept_event(&mut client).await?, json!([answer]));
    }
    Ok(())
}

async fn ids_are_those_of_the_connect_reply(subject: Subject) -> Result<()> {
    for namespace in ["", "/foo,"] {
        let mut client = subject.open().await?;
        let reply = client.ask(&format!("40{namespace}")).await?;
        let sid = reply.split('"').nth(3).ok_or("a sid")?.to_owned();
        let id = client.ask(&format!(r#"42{namespace}1["getId"]"#)).await?;
        assert_eq!(id, format!(r#"43{namespace}1["{sid}"]"#));
    }
    Ok(())
}

async fn the_handshake_is_shown(subject: Subject) -> Result<()> {
    let mut client = subject.open().await?;
    client.send(r#"40/abc,{"token":"t"}"#).await?;
    client.next().await?;
    let shown = event(&mut client).await?;
    assert_eq!(shown[0], "handshake");
    assert_eq!(shown[1]["auth"], json!({ "token": "t" }));
    assert_eq!(shown[1]["query"], json!({ "EIO": "4", "transport": "websocket" }));
    assert_eq!(shown[1]["headers"]["upgrade"], "websocket");
    for key in ["time", "address", "xdomain", "secure", "issued", "url"] {
        assert!(!shown[1][key].is_null(), "{key}");
    }
    Ok(())
}

async fn what_was_missed_comes_before_the_connect_reply(subject: Subject) -> Result<()> {
    let mut client = subject.open().await?;
    let reply = client.ask("40").await?;
    let connected: Value = serde_json::from_str(reply.trim_start_matches("40"))?;
    client.send(r#"42["hi"]"#).await?;
    let hi = event(&mut client).await?;
    // It leaves while the answers to this are on their way.
    client.send(r#"42["getUtf8"]"#).await?;
    drop(client);
    let claim = json!({ "pid": connected["pid"], "offset": hi[1] });
    let mut client = loop {
        let mut client = subject.open().await?;
        let first = client.ask(&format!("40{claim}")).await?;
        // Until the server has noticed that it left, it is somebody else.
        if first.starts_with("42") {
            assert!(first.starts_with(r#"42["takeUtf8","てすと","#), "{first}");
            break client;
        }
    };
    for _ in 1..5 {
        assert_eq!(kept_event(&mut client).await?[0], "takeUtf8");
    }
    assert_eq!(client.next().await?, reply);
    Ok(())
}

async fn refusals_have_their_messages(subject: Subject) -> Result<()> {
    let message = |text: String| -> Result<Value> {
        let start = text.find('{').ok_or_else(|| text.clone())?;
        assert!(text.starts_with("44"), "{text}");
        Ok(serde_json::from_str::<Value>(&text[start..])?["message"].clone())
    };
    let mut client = subject.open().await?;
    for (connect, refusal) in
        [("40/no,", "Auth failed (custom namespace)"), ("40/doesnotexist,", "Invalid namespace")]
    {
        assert_eq!(message(client.ask(connect).await?)?, refusal);
    }
    let target = format!("{}&fail=true", subject.websocket_target(None));
    let mut failing = Client::from(WebSocket::open(subject.address, &target).await?);
    failing.next().await?;
    assert_eq!(message(failing.ask("40").await?)?, "Auth failed (main namespace)");
    for namespace in ["/timeout_socket", "/valid", "/asd"] {
        let reply = client.ask(&format!("40{namespace},")).await?;
        assert!(reply.starts_with(&format!("40{namespace},{{")), "{reply}");
    }
    Ok(())
}

async fn unknown_events_are_not_acknowledged(subject: Subject) -> Result<()> {
    let mut client = subject.connected().await?;
    client.send(r#"421["unknown"]"#).await?;
    assert_eq!(client.ask(r#"422["echo",1]"#).await?, "432[1]");
    Ok(())
}
