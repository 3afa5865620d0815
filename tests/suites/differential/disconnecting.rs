//! Disconnections by either side, and the reasons that the observer is told.

use crate::script::{EVERY_MODE, scripts};
use crate::stage::Stage;
use salon_tests::Result;

scripts! {
    "client disconnects a namespace" => client_disconnects_a_namespace, EVERY_MODE;
    "client closes" => client_closes, EVERY_MODE;
    "server disconnects a namespace" => server_disconnects_a_namespace, EVERY_MODE;
    "server disconnects and closes" => server_disconnects_and_closes, EVERY_MODE;
    "server drops" => server_drops, EVERY_MODE;
    "questions end with the connection" => questions_end_with_the_connection, EVERY_MODE;
}

async fn client_disconnects_a_namespace(stage: Stage) -> Result<()> {
    let mut observer = stage.observer().await?;
    let mut peer = stage.connected("a").await?;
    peer.call(r#"421["join",["r2","r1"]]"#).await?;
    peer.connect("40/custom,").await?;
    stage.step("main");
    peer.send("41").await?;
    observer.receive_many(2).await?;
    peer.fence("/custom,").await?;
    stage.step("connected again");
    peer.connect("40").await?;
    stage.step("custom");
    peer.send("41/custom,").await?;
    observer.receive_many(2).await?;
    peer.fence("").await?;
    stage.step("without a comma");
    peer.connect("40/custom").await?;
    peer.send("41/custom").await?;
    observer.receive_many(2).await?;
    peer.fence("").await?;
    stage.step("the last one, then connected again");
    peer.send("41").await?;
    observer.receive_many(2).await?;
    peer.connect("40").await?;
    peer.fence("").await
}

async fn client_closes(stage: Stage) -> Result<()> {
    let mut observer = stage.observer().await?;
    let mut peer = stage.connected("a").await?;
    peer.call(r#"421["join","r1"]"#).await?;
    peer.connect("40/custom,").await?;
    stage.step("close");
    peer.close().await?;
    observer.receive_many(4).await
}

async fn server_disconnects_a_namespace(stage: Stage) -> Result<()> {
    let mut observer = stage.observer().await?;
    let mut peer = stage.connected("a").await?;
    peer.call(r#"421["join","r1"]"#).await?;
    peer.connect("40/custom,").await?;
    stage.step("kicked from main");
    peer.send(r#"42["kick"]"#).await?;
    peer.receive_many(2).await?;
    observer.receive_many(2).await?;
    stage.step("the connection is open");
    peer.fence("/custom,").await?;
    peer.connect("40").await?;
    stage.step("kicked from custom");
    peer.send(r#"42/custom,["kick"]"#).await?;
    peer.receive_many(2).await?;
    observer.receive_many(2).await?;
    peer.fence("").await
}

async fn server_disconnects_and_closes(stage: Stage) -> Result<()> {
    let mut observer = stage.observer().await?;
    let mut peer = stage.connected("a").await?;
    peer.call(r#"421["join","r1"]"#).await?;
    peer.connect("40/custom,").await?;
    stage.step("kicked from all");
    peer.send(r#"42/custom,["kick-all"]"#).await?;
    peer.closed().await?;
    observer.receive_many(4).await
}

async fn server_drops(stage: Stage) -> Result<()> {
    let mut observer = stage.observer().await?;
    let mut peer = stage.connected("a").await?;
    stage.step("dropped");
    peer.send(r#"42["drop"]"#).await?;
    peer.closed().await?;
    observer.receive_many(2).await
}

async fn questions_end_with_the_connection(stage: Stage) -> Result<()> {
    let mut observer = stage.observer().await?;
    let mut first = stage.connected("a").await?;
    let mut second = stage.connected("b").await?;
    stage.step("asked both");
    second.call(r#"421["join","r"]"#).await?;
    first.send(r#"422["ask-room","r",400]"#).await?;
    second.receive().await?;
    stage.step("one goes");
    second.close().await?;
    observer.receive_many(2).await?;
    first.receive().await.map(drop)
}
