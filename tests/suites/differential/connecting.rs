//! CONNECT in every form, and its refusals.

use crate::peer::Packet;
use crate::script::{EVERY_MODE, scripts};
use crate::stage::Stage;
use salon_tests::Result;

scripts! {
    "connect" => connect, EVERY_MODE;
    "connect to namespaces" => connect_to_namespaces, EVERY_MODE;
    "connect with odd names" => connect_with_odd_names, EVERY_MODE;
    "refused connect" => refused_connect, EVERY_MODE;
    "connect late" => connect_late, EVERY_MODE;
    "connect and event together" => connect_and_event_together, EVERY_MODE;
}

async fn connect(stage: Stage) -> Result<()> {
    stage.step("without auth");
    stage.peer("a").await?.connect("40").await?;
    stage.step("with empty auth");
    stage.peer("b").await?.connect("40{}").await?;
    stage.step("with auth");
    stage.peer("c").await?.connect(r#"40{"token":"é\u0000","list":[1,null,{"a":0.5}]}"#).await?;
    stage.step("with the main namespace named");
    stage.peer("d").await?.connect(r#"40/,{"token":1}"#).await
}

async fn connect_to_namespaces(stage: Stage) -> Result<()> {
    let mut peer = stage.peer("a").await?;
    stage.step("custom first, without the main one");
    peer.connect("40/custom,").await?;
    stage.step("dynamic");
    peer.connect(r#"40/dyn-12,{"a":1}"#).await?;
    stage.step("another dynamic");
    peer.connect("40/dyn-0").await?;
    stage.step("main at last");
    peer.connect("40").await?;
    stage.step("each answers for itself");
    peer.call(r#"42/custom,["echo","custom"]"#).await?;
    peer.call(r#"42/dyn-12,["echo","dyn-12"]"#).await?;
    peer.call(r#"42["echo","main"]"#).await?;
    peer.call(r#"42/dyn-0,7["echo","dyn-0"]"#).await
}

async fn connect_with_odd_names(stage: Stage) -> Result<()> {
    let mut peer = stage.peer("a").await?;
    for (step, packet) in [
        ("no comma", "40/custom"),
        ("query in the name", "40/custom?token=abc,"),
        ("unicode", "40/é😀,"),
        ("slash alone doubled", "40//,"),
        ("dynamic without digits", "40/dyn-,"),
        ("dynamic with a tail", "40/dyn-1x,"),
        ("prototype", "40/__proto__,"),
        ("constructor", "40/constructor,"),
    ] {
        stage.step(step);
        peer.call(packet).await?;
        if step == "no comma" {
            peer.receive().await?;
        }
    }
    Ok(())
}

async fn refused_connect(stage: Stage) -> Result<()> {
    let mut peer = stage.peer("a").await?;
    stage.step("unknown namespace");
    peer.call("40/nowhere,").await?;
    stage.step("refused with data");
    peer.call(r#"40/auth,{"token":"wrong"}"#).await?;
    stage.step("refused without auth");
    peer.call("40/auth,").await?;
    stage.step("accepted at the next try");
    peer.connect(r#"40/auth,{"token":"secret"}"#).await?;
    peer.fence("/auth,").await
}

async fn connect_late(stage: Stage) -> Result<()> {
    stage.step("no CONNECT in time");
    stage.peer("a").await?.closed().await?;
    stage.step("a refused CONNECT does not count");
    let mut refused = stage.peer("b").await?;
    refused.call("40/nowhere,").await?;
    refused.closed().await
}

async fn connect_and_event_together(stage: Stage) -> Result<()> {
    stage.step("two namespaces at once");
    let mut peer = stage.peer("a").await?;
    peer.send_all(&[Packet::Text("40"), Packet::Text("40/custom,")]).await?;
    peer.receive_many(4).await?;
    stage.step("the first event in another payload");
    peer.call(r#"421["echo","soon"]"#).await
}
