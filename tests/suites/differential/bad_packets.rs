//! Packets that break the protocol, each on a connection of its own, and the reasons they give.

use crate::peer::Packet;
use crate::script::{EVERY_MODE, scripts};
use crate::stage::Stage;
use salon_tests::Result;

scripts! {
    "bad packets" => bad_packets, EVERY_MODE;
    "bad packets before connect" => bad_packets_before_connect, EVERY_MODE;
    "odd packets that are let through" => odd_packets_that_are_let_through, EVERY_MODE;
    "unknown engine packets" => unknown_engine_packets, EVERY_MODE;
    "bad packet with two namespaces" => bad_packet_with_two_namespaces, EVERY_MODE;
}

const BAD: &[(&str, &str)] = &[
    ("CONNECT twice", "40"),
    ("CONNECT twice with auth", r#"40{"a":1}"#),
    ("CONNECT with text", "40abc"),
    ("CONNECT with an array", "40[]"),
    ("CONNECT_ERROR", r#"44{"message":"x"}"#),
    ("CONNECT_ERROR of another namespace", r#"44/custom,{"message":"x"}"#),
    ("no packet type", "4"),
    ("a letter for a packet type", "4abc"),
    ("a packet type too high", "47[]"),
    ("event without data", "42"),
    ("event with an object", "42{}"),
    ("event with a string", r#"42"echo""#),
    ("event with text before", r#"42abc["echo"]"#),
    ("event with truncated JSON", r#"42["echo",1"#),
    ("event with a tail", r#"42["echo"]x"#),
    ("event with an empty array", "42[]"),
    ("event named by null", "42[null]"),
    ("event named by a boolean", "42[true]"),
    ("event named by an object", "42[{}]"),
    ("event named by an array", r#"42[["echo"]]"#),
    ("event named by nothing but an id", "427[]"),
    ("event of an unknown namespace", r#"42/nowhere,["echo"]"#),
    ("event of a namespace not joined", r#"42/custom,["echo"]"#),
    ("disconnect of a namespace not joined", "41/custom,"),
    ("disconnect with data", "41{}"),
    ("reserved: connect", r#"42["connect"]"#),
    ("reserved: connect_error", r#"42["connect_error"]"#),
    ("reserved: disconnect", r#"42["disconnect"]"#),
    ("reserved: disconnecting", r#"42["disconnecting",1]"#),
    ("reserved: newListener", r#"42["newListener"]"#),
    ("reserved: removeListener", r#"42["removeListener"]"#),
    ("acknowledgement with an object", "431{}"),
    ("acknowledgement without data", "431"),
    ("acknowledgement with text", "431abc"),
    ("invalid JSON escape", r#"42["echo","\x"]"#),
    ("raw control character in JSON", "42[\"echo\",\"\u{1}\"]"),
    ("NaN", r#"42["echo",NaN]"#),
    ("a lone surrogate", r#"42["echo","\ud83d"]"#),
];

async fn bad_packets(stage: Stage) -> Result<()> {
    for (step, packet) in BAD {
        stage.try_each(&[(step, &[Packet::Text(packet)])]).await?;
    }
    Ok(())
}

async fn bad_packets_before_connect(stage: Stage) -> Result<()> {
    for (step, packet) in [
        ("event", r#"42["echo"]"#),
        ("disconnect", "41"),
        ("acknowledgement", "431[]"),
        ("CONNECT_ERROR", "44{}"),
        ("CONNECT with text", "40abc"),
        ("CONNECT with an array", "40[]"),
        ("CONNECT with a string", r#"40"abc""#),
        ("CONNECT with a number", "405"),
        ("CONNECT with null", "40null"),
        ("CONNECT with an id", "407{}"),
        ("letter", "4abc"),
        ("binary event header", r#"451-["echo",{"_placeholder":true,"num":0}]"#),
    ] {
        stage.step(step);
        let mut peer = stage.peer("a").await?;
        peer.send(packet).await?;
        // An answer or, at the latest when no CONNECT came in time, the end.
        let answer = peer.receive().await?;
        if answer.starts_with("40{") {
            peer.receive().await?;
        } else if !answer.starts_with("closed: ") {
            peer.closed().await?;
        }
    }
    Ok(())
}

async fn odd_packets_that_are_let_through(stage: Stage) -> Result<()> {
    let mut peer = stage.connected_before("a").await?;
    for (step, packet) in [
        ("event named by a number", "42[5,1]"),
        ("upgrade packet", "5"),
        ("noop packet", "6"),
        ("pong out of turn", "3"),
        ("pong with data", "3probe"),
        ("open packet", "0{}"),
    ] {
        stage.step(step);
        peer.send(packet).await?;
        if !peer.survives().await? {
            peer = stage.connected_before("a").await?;
        }
    }
    Ok(())
}

async fn unknown_engine_packets(stage: Stage) -> Result<()> {
    stage
        .try_each(&[
            ("a letter", &[Packet::Text("abc")]),
            ("a digit too high", &[Packet::Text("7")]),
            ("a ping of the client", &[Packet::Text("2")]),
            ("a probe of the client", &[Packet::Text("2probe")]),
            ("a close packet", &[Packet::Text("1")]),
            ("a close packet with data", &[Packet::Text("1x")]),
        ])
        .await
}

async fn bad_packet_with_two_namespaces(stage: Stage) -> Result<()> {
    let mut observer = stage.observer().await?;
    let mut peer = stage.connected_before("a").await?;
    peer.connect("40/custom,").await?;
    peer.call(r#"421["join","r"]"#).await?;
    stage.step("both are told");
    peer.send("42{}").await?;
    peer.closed().await?;
    observer.receive_many(4).await
}
