//! Events of every shape, out and back.

use crate::peer::Packet;
use crate::script::{EVERY_MODE, scripts};
use crate::stage::Stage;
use salon_tests::Result;

scripts! {
    "json values" => json_values, EVERY_MODE;
    "argument counts" => argument_counts, EVERY_MODE;
    "spacing and escapes" => spacing_and_escapes, EVERY_MODE;
    "names of events" => names_of_events, EVERY_MODE;
    "binary events" => binary_events, EVERY_MODE;
    "order" => order, EVERY_MODE;
    "large messages" => large_messages, EVERY_MODE;
    "volatile events" => volatile_events, EVERY_MODE;
}

async fn json_values(stage: Stage) -> Result<()> {
    let mut peer = stage.connected("a").await?;
    for (step, value) in [
        ("null", "null"),
        ("booleans", "[true,false]"),
        ("integers", "[0,-1,9007199254740991,-9007199254740991]"),
        ("floats", "[0.5,-2.25,1.5e-9]"),
        ("strings", r#"["","a","é","😀","\u0000","\"\\/","line\nbreak"]"#),
        ("a lone quote and backslash", r#""\"\\""#),
        ("arrays", "[[],[[1]],[null]]"),
        ("objects", r#"{"a":{"b":{"c":[]}},"":1,"é":2}"#),
        ("order of keys", r#"{"z":1,"a":2,"m":3}"#),
        ("placeholder lookalike", r#"{"_placeholder":"no","num":"x"}"#),
        ("prototype", r#"{"constructor":{"prototype":1}}"#),
    ] {
        stage.step(step);
        peer.call(&format!(r#"42["echo",{value}]"#)).await?;
    }
    Ok(())
}

async fn argument_counts(stage: Stage) -> Result<()> {
    let mut peer = stage.connected("a").await?;
    stage.step("none");
    peer.call(r#"42["echo"]"#).await?;
    stage.step("many");
    peer.call(r#"42["echo",1,"2",{"3":[true]},null,[],4.5]"#).await?;
    stage.step("null last");
    peer.call(r#"42["echo",1,null]"#).await
}

async fn spacing_and_escapes(stage: Stage) -> Result<()> {
    let mut peer = stage.connected("a").await?;
    stage.step("spaces within the JSON");
    peer.call(r#"42[ "echo" , { "a" : 1 } ]"#).await?;
    stage.step("escapes that need none");
    peer.call(r#"42["\u0065cho","\u0061\/"]"#).await?;
    stage.step("surrogate pair as escapes");
    peer.call(r#"42["echo","\ud83d\ude00"]"#).await?;
    stage.step("main namespace named");
    peer.call(r#"42/,["echo",1]"#).await
}

async fn names_of_events(stage: Stage) -> Result<()> {
    let mut peer = stage.connected("a").await?;
    for (step, packet) in [
        ("unknown", r#"42["nobody",1]"#),
        ("unknown with an acknowledgement", r#"425["nobody",1]"#),
        ("empty", r#"42[""]"#),
        ("unicode", r#"42["é😀"]"#),
        ("prototype", r#"42["__proto__"]"#),
        ("has own property", r#"42["hasOwnProperty"]"#),
    ] {
        stage.step(step);
        peer.send(packet).await?;
        peer.fence("").await?;
    }
    Ok(())
}

async fn binary_events(stage: Stage) -> Result<()> {
    let mut peer = stage.connected("a").await?;
    stage.step("one attachment");
    let header = Packet::Text(r#"451-["echo",{"_placeholder":true,"num":0}]"#);
    peer.send_all(&[header, Packet::Binary(&[0, 1, 254, 255])]).await?;
    peer.receive_many(2).await?;
    stage.step("an empty attachment");
    peer.send_all(&[header, Packet::Binary(&[])]).await?;
    peer.receive_many(2).await?;
    stage.step("two, nested");
    peer.send_all(&[
        Packet::Text(
            r#"452-["echo",{"a":[{"_placeholder":true,"num":0}]},1,{"_placeholder":true,"num":1}]"#,
        ),
        Packet::Binary(b"first"),
        Packet::Binary(b"second"),
    ])
    .await?;
    peer.receive_many(3).await?;
    stage.step("in swapped places");
    peer.send_all(&[
        Packet::Text(r#"452-["echo",{"_placeholder":true,"num":1},{"_placeholder":true,"num":0}]"#),
        Packet::Binary(b"first"),
        Packet::Binary(b"second"),
    ])
    .await?;
    peer.receive_many(3).await?;
    stage.step("no attachments");
    peer.call(r#"450-["echo",1]"#).await?;
    stage.step("in a namespace");
    peer.connect("40/custom,").await?;
    peer.send_all(&[
        Packet::Text(r#"451-/custom,["echo",{"_placeholder":true,"num":0}]"#),
        Packet::Binary(b"custom"),
    ])
    .await?;
    peer.receive_many(2).await
}

async fn order(stage: Stage) -> Result<()> {
    let mut peer = stage.connected("a").await?;
    stage.step("events in one payload");
    peer.send_all(&[
        Packet::Text(r#"42["echo",1]"#),
        Packet::Text(r#"420["echo",2]"#),
        Packet::Text(r#"42["nobody"]"#),
        Packet::Text(r#"42["echo",3]"#),
    ])
    .await?;
    peer.receive_many(3).await?;
    stage.step("a burst, then an acknowledgement");
    peer.send(r#"42["burst",20]"#).await?;
    peer.fence("").await
}

async fn large_messages(stage: Stage) -> Result<()> {
    let mut peer = stage.connected("a").await?;
    stage.step("text from the server");
    peer.call(r#"42["text",300000]"#).await?;
    stage.step("text both ways");
    peer.call(&format!(r#"42["echo","{}"]"#, "é".repeat(100_000))).await?;
    stage.step("as large as allowed");
    let head = r#"42["echo",""]"#.len();
    peer.call(&format!(r#"42["echo","{}"]"#, "y".repeat(1_000_000 - head))).await
}

async fn volatile_events(stage: Stage) -> Result<()> {
    let mut peer = stage.connected("a").await?;
    stage.step("when it may be dropped");
    peer.send(r#"42["volatile",1]"#).await?;
    peer.fence("").await
}
