//! Fixture `socket`: the Socket.IO protocol.

use std::time::Duration;

use salon_tests::Result;
use salon_tests::websocket::Incoming;
use tokio::time::Instant;

use crate::promises;
use crate::subject::Subject;

promises! { "socket":
    auth_comes_back_on_connection,
    events_come_back_exactly,
    acknowledgements_come_back_exactly,
    binary_comes_back_exactly,
    a_namespace_needs_no_comma,
    an_unknown_namespace_is_refused,
    a_client_that_does_not_connect_is_closed,
    a_left_namespace_leaves_the_connection_open,
}

async fn auth_comes_back_on_connection(subject: Subject) -> Result<()> {
    for (connect, auth) in [
        ("40", r#"42["auth",{}]"#),
        ("40{}", r#"42["auth",{}]"#),
        (r#"40{"token":"123"}"#, r#"42["auth",{"token":"123"}]"#),
        ("40/custom,", r#"42/custom,["auth",{}]"#),
        (r#"40/custom,{"token":"abc"}"#, r#"42/custom,["auth",{"token":"abc"}]"#),
    ] {
        let mut client = subject.open().await?;
        let reply = client.ask(connect).await?;
        let namespace = if connect.contains("custom") { "/custom," } else { "" };
        let json = reply.strip_prefix(&format!("40{namespace}")).ok_or(reply.clone())?;
        let json: serde_json::Value = serde_json::from_str(json)?;
        assert_eq!(
            json.as_object().ok_or("an object")?.keys().collect::<Vec<_>>(),
            ["sid"],
            "{connect}"
        );
        assert_eq!(client.next().await?, auth);
    }
    Ok(())
}

async fn events_come_back_exactly(subject: Subject) -> Result<()> {
    let mut client = subject.connected().await?;
    client.next().await?;
    for arguments in ["", r#",1,"2",{"3":[true]}"#, ",null", r#","é😀\u0001""#, ",[[]],-0.5"] {
        let back = client.ask(&format!(r#"42["message"{arguments}]"#)).await?;
        assert_eq!(back, format!(r#"42["message-back"{arguments}]"#));
    }
    Ok(())
}

async fn acknowledgements_come_back_exactly(subject: Subject) -> Result<()> {
    let mut client = subject.connected().await?;
    client.next().await?;
    for (sent, back) in [
        (r#"42456["message-with-ack",1,"2",{"3":[false]}]"#, r#"43456[1,"2",{"3":[false]}]"#),
        (r#"420["message-with-ack"]"#, "430[]"),
    ] {
        assert_eq!(client.ask(sent).await?, back);
    }
    Ok(())
}

async fn binary_comes_back_exactly(subject: Subject) -> Result<()> {
    let mut client = subject.connected().await?;
    client.next().await?;
    let two = r#"{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}"#;
    for (sent, back) in [
        (format!(r#"452-["message",{two}]"#), format!(r#"452-["message-back",{two}]"#)),
        (format!(r#"452-789["message-with-ack",{two}]"#), format!("462-789[{two}]")),
    ] {
        client.send(&sent).await?;
        client.send_binary(&[1, 2, 3]).await?;
        client.send_binary(&[4, 5, 6]).await?;
        assert_eq!(client.next().await?, back);
        assert_eq!(client.next_binary().await?, [1, 2, 3]);
        assert_eq!(client.next_binary().await?, [4, 5, 6]);
    }
    Ok(())
}

async fn a_namespace_needs_no_comma(subject: Subject) -> Result<()> {
    let mut client = subject.open().await?;
    assert!(client.ask("40/custom").await?.starts_with(r#"40/custom,{"sid":""#));
    assert_eq!(client.next().await?, r#"42/custom,["auth",{}]"#);
    client.send("41/custom").await?;
    // It has left: it may come again.
    assert!(client.ask("40/custom,").await?.starts_with(r#"40/custom,{"sid":""#));
    Ok(())
}

async fn an_unknown_namespace_is_refused(subject: Subject) -> Result<()> {
    let mut client = subject.open().await?;
    let refusal = r#"44/random,{"message":"Invalid namespace"}"#;
    assert_eq!(client.ask("40/random").await?, refusal);
    Ok(())
}

async fn a_client_that_does_not_connect_is_closed(subject: Subject) -> Result<()> {
    let mut client = subject.open().await?;
    let start = Instant::now();
    client.closed().await?;
    let elapsed = start.elapsed();
    assert!((Duration::from_millis(900)..Duration::from_secs(3)).contains(&elapsed), "{elapsed:?}");
    Ok(())
}

async fn a_left_namespace_leaves_the_connection_open(subject: Subject) -> Result<()> {
    let mut client = subject.connected().await?;
    client.next().await?;
    client.send("41").await?;
    assert_eq!(client.raw().await?, Incoming::Text("2".to_owned()));
    Ok(())
}
