//! Rooms: joining, leaving, and who is reached.

use crate::peer::Peer;
use crate::script::{EVERY_MODE, scripts};
use crate::stage::Stage;
use salon_tests::Result;

scripts! {
    "joining and leaving" => joining_and_leaving, EVERY_MODE;
    "reaching rooms" => reaching_rooms, EVERY_MODE;
    "rooms end with the namespace" => rooms_end_with_the_namespace, EVERY_MODE;
}

async fn joining_and_leaving(stage: Stage) -> Result<()> {
    let mut peer = stage.connected("a").await?;
    for (step, packet) in [
        ("one", r#"421["join","r1"]"#),
        ("the same again", r#"422["join","r1"]"#),
        ("several", r#"423["join",["r2","r3","é"]]"#),
        ("leave", r#"424["leave","r1"]"#),
        ("leave what was not joined", r#"425["leave","nowhere"]"#),
        ("an empty name", r#"426["join",""]"#),
    ] {
        stage.step(step);
        peer.call(packet).await?;
    }
    Ok(())
}

async fn fence_all(peers: &mut [&mut Peer]) -> Result<()> {
    for peer in peers {
        peer.fence("").await?;
    }
    Ok(())
}

async fn reaching_rooms(stage: Stage) -> Result<()> {
    let mut first = stage.connected("a").await?;
    let mut second = stage.connected("b").await?;
    let mut third = stage.connected("c").await?;
    stage.step("joining");
    first.call(r#"421["join",["r1","r2"]]"#).await?;
    second.call(r#"421["join","r1"]"#).await?;
    third.call(r#"421["join",["r1","r2","r3"]]"#).await?;
    for (step, packet) in [
        ("a room without the sender", r#"422["send",{"to":["r1"]},"news",1]"#),
        ("a room with the sender", r#"423["send",{"to":["r1"],"self":true},"news",2]"#),
        ("several rooms, each once", r#"424["send",{"to":["r1","r2","r3"]},"news",3]"#),
        ("except a room", r#"425["send",{"to":["r1"],"except":["r3"]},"news",4]"#),
        ("except two", r#"426["send",{"to":["r1"],"except":["r3","r2"],"self":true},"news",5]"#),
        ("except a room of the sender", r#"427["send",{"except":["r2"],"self":true},"news",6]"#),
        ("an empty room", r#"428["send",{"to":["empty"]},"news",7]"#),
        ("everyone else", r#"429["send",{},"news",8]"#),
        ("values of several kinds", r#"4210["send",{"to":["r1"]},"news",null,[],{"a":"é"}]"#),
        ("no values", r#"4211["send",{"to":["r1"]},"news"]"#),
    ] {
        stage.step(step);
        first.send(packet).await?;
        fence_all(&mut [&mut first, &mut second, &mut third]).await?;
    }
    stage.step("after leaving");
    third.call(r#"422["leave","r1"]"#).await?;
    first.send(r#"4212["send",{"to":["r1"]},"news",9]"#).await?;
    fence_all(&mut [&mut first, &mut second, &mut third]).await?;
    first.close().await?;
    second.close().await?;
    third.close().await
}

async fn rooms_end_with_the_namespace(stage: Stage) -> Result<()> {
    let mut first = stage.connected("a").await?;
    let mut second = stage.connected("b").await?;
    stage.step("the same room in two namespaces");
    first.connect("40/custom,").await?;
    first.call(r#"42/custom,1["join","r"]"#).await?;
    second.connect("40/custom,").await?;
    second.call(r#"421["join","r"]"#).await?;
    second.send(r#"422["send",{"to":["r"],"self":true},"news"]"#).await?;
    fence_all(&mut [&mut second, &mut first]).await?;
    stage.step("left by disconnecting");
    second.send(r#"42/custom,3["send",{"to":["r"]},"news"]"#).await?;
    second.fence("/custom,").await?;
    first.receive().await?;
    first.send("41/custom,").await?;
    first.fence("").await?;
    second.send(r#"42/custom,4["send",{"to":["r"]},"news"]"#).await?;
    second.fence("/custom,").await?;
    first.fence("").await?;
    stage.step("not in the room after connecting again");
    first.connect("40/custom,").await?;
    second.send(r#"42/custom,5["send",{"to":["r"]},"news"]"#).await?;
    second.fence("/custom,").await?;
    first.fence("/custom,").await?;
    first.close().await?;
    second.close().await
}
