//! Binary packets whose attachments do not fit.

use crate::peer::Packet;
use crate::script::{EVERY_MODE, scripts};
use crate::stage::Stage;
use salon_tests::Result;

scripts! {
    "bad attachments" => bad_attachments, EVERY_MODE;
    "odd attachments" => odd_attachments, EVERY_MODE;
    "many attachments" => many_attachments, EVERY_MODE;
}

const ONE: Packet<'static> = Packet::Text(r#"451-["echo",{"_placeholder":true,"num":0}]"#);
const BYTES: Packet<'static> = Packet::Binary(&[1, 2, 3]);

/// Each ends the connection, or would hang it: a fence shows which.
const BAD: &[(&str, &[Packet<'static>])] = &[
    ("binary without a header", &[BYTES]),
    ("text where an attachment is due", &[ONE, Packet::Text(r#"42["echo"]"#)]),
    ("one too many", &[ONE, BYTES, BYTES]),
    ("no dash", &[Packet::Text(r#"451["echo"]"#)]),
    ("no count", &[Packet::Text(r#"45-["echo"]"#)]),
    ("a negative count", &[Packet::Text(r#"45-1-["echo"]"#)]),
    ("a fraction for a count", &[Packet::Text(r#"451.5-["echo"]"#)]),
    ("a letter for a count", &[Packet::Text(r#"45a-["echo"]"#)]),
    (
        "a placeholder too high",
        &[Packet::Text(r#"451-["echo",{"_placeholder":true,"num":1}]"#), BYTES],
    ),
    (
        "a negative placeholder",
        &[Packet::Text(r#"451-["echo",{"_placeholder":true,"num":-1}]"#), BYTES],
    ),
    (
        "a placeholder that is text",
        &[Packet::Text(r#"451-["echo",{"_placeholder":true,"num":"0"}]"#), BYTES],
    ),
    (
        "a placeholder for a method",
        &[Packet::Text(r#"451-["echo",{"_placeholder":true,"num":"splice"}]"#), BYTES],
    ),
    (
        "a placeholder without a number",
        &[Packet::Text(r#"451-["echo",{"_placeholder":true}]"#), BYTES],
    ),
    ("an empty event", &[Packet::Text("451-[]"), BYTES]),
    (
        "an event named by a placeholder",
        &[Packet::Text(r#"451-[{"_placeholder":true,"num":0}]"#), BYTES],
    ),
    (
        "a reserved name",
        &[Packet::Text(r#"451-["disconnect",{"_placeholder":true,"num":0}]"#), BYTES],
    ),
    (
        "placeholder but no attachments",
        &[Packet::Text(r#"450-["echo",{"_placeholder":true,"num":0}]"#)],
    ),
];

async fn bad_attachments(stage: Stage) -> Result<()> {
    stage.try_each(BAD).await?;
    let mut observer = stage.observer().await?;
    stage.step("a missing attachment, then a close");
    let mut peer = stage.connected("a").await?;
    peer.send_all(&[ONE]).await?;
    peer.close().await?;
    observer.receive_many(2).await?;
    stage.step("a missing attachment, then text");
    let mut peer = stage.connected("a").await?;
    peer.send_all(&[ONE]).await?;
    peer.send(r#"42["echo","text"]"#).await?;
    peer.closed().await?;
    observer.receive_many(2).await
}

async fn odd_attachments(stage: Stage) -> Result<()> {
    let mut peer = stage.connected("a").await?;
    stage.step("the same placeholder twice");
    let twice = r#"451-["echo",{"_placeholder":true,"num":0},{"_placeholder":true,"num":0}]"#;
    peer.send_all(&[Packet::Text(twice), BYTES]).await?;
    peer.fence("").await?;
    stage.step("an attachment without a placeholder");
    peer.send_all(&[Packet::Text(r#"451-["echo",1]"#), BYTES]).await?;
    peer.fence("").await?;
    stage.step("a placeholder in an event without attachments");
    peer.send(r#"42["echo",{"_placeholder":true,"num":0}]"#).await?;
    peer.fence("").await?;
    stage.step("a placeholder that is false");
    peer.send_all(&[Packet::Text(r#"451-["echo",{"_placeholder":false,"num":0}]"#), BYTES]).await?;
    peer.fence("").await?;
    stage.step("a placeholder with more keys");
    let more = r#"451-["echo",{"_placeholder":true,"num":0,"more":1}]"#;
    peer.send_all(&[Packet::Text(more), BYTES]).await?;
    peer.fence("").await
}

async fn many_attachments(stage: Stage) -> Result<()> {
    for (step, count) in [("ten", 10), ("eleven", 11)] {
        let places: Vec<String> =
            (0..count).map(|place| format!(r#"{{"_placeholder":true,"num":{place}}}"#)).collect();
        let header = format!(r#"45{count}-["echo",{}]"#, places.join(","));
        let mut packets = vec![Packet::Text(&header)];
        packets.extend(std::iter::repeat_n(BYTES, count));
        stage.try_each(&[(step, &packets)]).await?;
    }
    Ok(())
}
