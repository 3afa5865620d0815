//! Hostile packets against fixture `socket`: what they end, and what they must not end.

use salon_tests::Result;
use salon_tests::polling::packets;

use crate::promises;
use crate::subject::{Client, Subject};

promises! { "socket":
    bad_packets_close_a_websocket,
    bad_packets_close_a_polling_session,
    wrong_attachments_close_the_connection,
    packets_before_a_connect_close_the_connection,
    what_means_nothing_harms_nothing,
    a_prototype_is_a_key_like_any_other,
    deep_nesting_harms_nothing,
    a_megabyte_of_separators_ends_its_session_alone,
}

const BAD: &[&str] = &[
    "4",
    "4abc",
    "47[]",
    "42{}",
    "42abc[\"message\"]",
    "42\"message\"",
    "42[",
    "42[\"message\"]x",
    "42[]",
    "42[null]",
    "42[true]",
    "42[{}]",
    "42[[\"message\"]]",
    "42[\"connect\"]",
    "42[\"connect_error\"]",
    "42[\"disconnect\"]",
    "42[\"disconnecting\"]",
    "42[\"newListener\"]",
    "42[\"removeListener\"]",
    "4299999999999999999999[\"message\"]",
    "42-1[\"message\"]",
    "43{}",
    "431{}",
    "431abc",
    "40",
    "40{\"a\":1}",
    "40[]",
    "40abc",
    "41{}",
    "41/custom,",
    "42/custom,[\"message\"]",
    "42/nowhere,[\"message\"]",
    "42/custom[\"message\"]",
    "44{}",
    "451[\"message\"]",
    "45-[\"message\"]",
    "45-1-[\"message\"]",
    "451.5-[\"message\"]",
    "45a-[\"message\"]",
    "4511-[\"message\"]",
    "42[\"message\",NaN]",
    "42[\"message\",\"\\x\"]",
];

async fn greeted(subject: Subject) -> Result<Client> {
    let mut client = subject.connected().await?;
    assert_eq!(client.next().await?, r#"42["auth",{}]"#);
    Ok(client)
}

async fn bad_packets_close_a_websocket(subject: Subject) -> Result<()> {
    for packet in BAD {
        let mut client = greeted(subject).await?;
        client.send(packet).await?;
        client.closed().await.map_err(|error| format!("{packet}: {error}"))?;
    }
    Ok(())
}

async fn bad_packets_close_a_polling_session(subject: Subject) -> Result<()> {
    for packet in BAD {
        let session = subject.polling().await?;
        session.post("40").await?;
        session.get().await?;
        assert_eq!(session.post(packet).await?.text(), "ok", "{packet}");
        let told = session.get().await?.text();
        assert_eq!(packets(&told), ["6", "1"], "{packet}");
        assert_eq!(session.get().await?.status, 400, "{packet}");
    }
    Ok(())
}

async fn wrong_attachments_close_the_connection(subject: Subject) -> Result<()> {
    let one = r#"{"_placeholder":true,"num":0}"#;
    let with_number =
        |number: &str| format!(r#"451-["message",{{"_placeholder":true,"num":{number}}}]"#);
    let mut cases = vec![
        (format!(r#"452-["message",{one}]"#), vec!["text"]),
        (format!(r#"451-["message",{one}]"#), vec!["bytes", "bytes"]),
        ("42[\"message\"]".to_owned(), vec!["bytes"]),
        (format!("450-[\"message\",{one}]"), vec![]),
        (r#"451-["message",{"_placeholder":true}]"#.to_owned(), vec!["bytes"]),
        (format!(r#"451-["disconnect",{one}]"#), vec!["bytes"]),
        ("451-[]".to_owned(), vec!["bytes"]),
        (format!("451-[{one}]"), vec!["bytes"]),
    ];
    let numbers = [r#""0""#, r#""splice""#, "0.5", "-1", "1", "1e99", "null", "[]", "{}", "true"];
    cases.extend(numbers.map(|number| (with_number(number), vec!["bytes"])));
    for (header, followers) in cases {
        let mut client = greeted(subject).await?;
        client.send(&header).await?;
        for follower in followers {
            match follower {
                "bytes" => client.send_binary(&[1, 2, 3]).await.ok(),
                _ => client.send("42[\"message\"]").await.ok(),
            };
        }
        client.closed().await.map_err(|error| format!("{header}: {error}"))?;
    }
    Ok(())
}

async fn packets_before_a_connect_close_the_connection(subject: Subject) -> Result<()> {
    for packet in ["42[\"message\"]", "41", "431[]", "44{}", "4abc", "40abc", "40[]", "40null"] {
        let mut client = subject.open().await?;
        client.send(packet).await?;
        client.closed().await.map_err(|error| format!("{packet}: {error}"))?;
    }
    Ok(())
}

async fn what_means_nothing_harms_nothing(subject: Subject) -> Result<()> {
    let mut client = greeted(subject).await?;
    for packet in [
        "42",
        "431",
        "43[]",
        "4399[]",
        "4318446744073709551615[1]",
        "42[\"nobody\",1]",
        "421[\"nobody\"]",
        "42[\"\"]",
        "42[5,1]",
        "3",
        "5",
        "6",
    ] {
        client.send(packet).await?;
        let back = client.ask("42[\"message\",\"still\"]").await?;
        assert_eq!(back, "42[\"message-back\",\"still\"]", "{packet}");
    }
    Ok(())
}

async fn a_prototype_is_a_key_like_any_other(subject: Subject) -> Result<()> {
    let mut client = greeted(subject).await?;
    let value = r#"{"__proto__":{"polluted":1},"constructor":{"prototype":null}}"#;
    let back = client.ask(&format!(r#"42["message",{value}]"#)).await?;
    assert_eq!(back, format!(r#"42["message-back",{value}]"#));
    client.send("42[\"__proto__\"]").await?;
    client.send("42[\"hasOwnProperty\",1]").await?;
    assert_eq!(client.ask("421[\"message-with-ack\"]").await?, "431[]");
    let refusal = r#"44/__proto__,{"message":"Invalid namespace"}"#;
    assert_eq!(client.ask("40/__proto__,").await?, refusal);
    Ok(())
}

async fn deep_nesting_harms_nothing(subject: Subject) -> Result<()> {
    let nested = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let mut client = greeted(subject).await?;
    client.send(&format!(r#"42["message",{nested}]"#)).await?;
    assert!(client.next().await?.starts_with(r#"42["message-back",[["#));
    client.send(&format!(r#"42["nobody",{nested}]"#)).await?;
    assert_eq!(client.ask("421[\"message-with-ack\"]").await?, "431[]");
    for unclosed in ["[", r#"{"a":"#] {
        let mut client = greeted(subject).await?;
        client.send(&format!(r#"42["message",{}"#, unclosed.repeat(10_000))).await?;
        client.closed().await?;
    }
    Ok(())
}

async fn a_megabyte_of_separators_ends_its_session_alone(subject: Subject) -> Result<()> {
    let mut bystander = greeted(subject).await?;
    let session = subject.polling().await?;
    session.post("40").await?;
    session.post(&"\u{1e}".repeat(1_000_000)).await?;
    assert_eq!(session.get().await?.status, 400);
    let over = session.post(&"4".repeat(1_000_001)).await?;
    assert!(matches!(over.status, 400 | 413), "{over:?}");
    assert_eq!(bystander.ask("421[\"message-with-ack\"]").await?, "431[]");
    Ok(())
}
