//! Acknowledgements both ways.

use crate::peer::{Packet, Peer};
use crate::script::{EVERY_MODE, scripts};
use crate::stage::Stage;
use salon_tests::Result;

scripts! {
    "acknowledged events" => acknowledged_events, EVERY_MODE;
    "binary acknowledgements" => binary_acknowledgements, EVERY_MODE;
    "questions of the server" => questions_of_the_server, EVERY_MODE;
    "questions to a room" => questions_to_a_room, EVERY_MODE;
    "stray acknowledgements" => stray_acknowledgements, EVERY_MODE;
    "ids of acknowledgements" => ids_of_acknowledgements, EVERY_MODE;
}

async fn acknowledged_events(stage: Stage) -> Result<()> {
    let mut peer = stage.connected("a").await?;
    stage.step("no values");
    peer.call(r#"420["echo"]"#).await?;
    stage.step("several values");
    peer.call(r#"42456["echo",1,"2",{"3":[true]}]"#).await?;
    stage.step("the same id again");
    peer.call(r#"42456["echo",2]"#).await?;
    stage.step("in a namespace");
    peer.connect("40/custom").await?;
    peer.call(r#"42/custom,456["echo",3]"#).await
}

async fn binary_acknowledgements(stage: Stage) -> Result<()> {
    let mut peer = stage.connected("a").await?;
    stage.step("binary out and back");
    peer.send_all(&[
        Packet::Text(
            r#"452-789["echo",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]"#,
        ),
        Packet::Binary(&[1, 2]),
        Packet::Binary(&[3]),
    ])
    .await?;
    peer.receive_many(3).await?;
    stage.step("binary of the server");
    peer.send(r#"425["bytes"]"#).await?;
    peer.receive_many(3).await
}

async fn questions_of_the_server(stage: Stage) -> Result<()> {
    let mut peer = stage.connected("a").await?;
    stage.step("answered");
    let first = ask(&mut peer, r#"421["ask",5000]"#).await?;
    peer.answer(&first, r#"["yes",{"a":1}]"#, &[]).await?;
    peer.receive().await?;
    stage.step("answered with nothing");
    let question = ask(&mut peer, r#"422["ask",5000]"#).await?;
    peer.answer(&question, "[]", &[]).await?;
    peer.receive().await?;
    stage.step("answered with binary");
    let question = ask(&mut peer, r#"423["ask",5000]"#).await?;
    peer.answer(&question, r#"[{"_placeholder":true,"num":0}]"#, &[&[9]]).await?;
    peer.receive_many(2).await?;
    stage.step("not answered in time");
    let question = ask(&mut peer, r#"424["ask",50]"#).await?;
    peer.receive().await?;
    stage.step("answered too late");
    peer.answer(&question, "[1]", &[]).await?;
    peer.fence("").await?;
    stage.step("answered twice");
    peer.answer(&first, "[2]", &[]).await?;
    peer.fence("").await
}

/// Makes the server ask; the question comes with one attachment.
async fn ask(peer: &mut Peer, packet: &str) -> Result<String> {
    peer.send(packet).await?;
    let question = peer.receive().await?;
    peer.receive().await?;
    Ok(question)
}

async fn questions_to_a_room(stage: Stage) -> Result<()> {
    let mut first = stage.connected("a").await?;
    let mut second = stage.connected("b").await?;
    first.call(r#"421["join","r"]"#).await?;
    second.call(r#"421["join","r"]"#).await?;
    stage.step("everyone answers");
    first.send(r#"422["ask-room","r",5000]"#).await?;
    let to_first = first.receive().await?;
    let to_second = second.receive().await?;
    second.answer(&to_second, r#"["b"]"#, &[]).await?;
    second.fence("").await?;
    first.answer(&to_first, r#"["a"]"#, &[]).await?;
    first.receive().await?;
    stage.step("one does not");
    first.send(r#"423["ask-room","r",300]"#).await?;
    let to_first = first.receive().await?;
    second.receive().await?;
    first.answer(&to_first, r#"["a"]"#, &[]).await?;
    first.receive().await?;
    stage.step("nobody there");
    first.call(r#"424["ask-room","empty",300]"#).await?;
    first.close().await?;
    second.close().await
}

async fn stray_acknowledgements(stage: Stage) -> Result<()> {
    let mut peer = stage.connected("a").await?;
    for (step, packet) in [
        ("never asked", "4399[]"),
        ("without an id", "43[]"),
        ("with values", r#"4398["x",{"y":1}]"#),
    ] {
        stage.step(step);
        peer.send(packet).await?;
        peer.fence("").await?;
    }
    Ok(())
}

async fn ids_of_acknowledgements(stage: Stage) -> Result<()> {
    let mut peer = stage.connected("a").await?;
    for (step, packet) in [
        ("leading zeros", r#"42007["echo",1]"#),
        ("up to 53 bits", r#"429007199254740991["echo",1]"#),
    ] {
        stage.step(step);
        peer.call(packet).await?;
    }
    Ok(())
}
