//! Who says goodbye, and who may come back.

use std::time::Duration;

use salon::testing::{Failure, Lab, Wire};
use salon_tests::{in_process::InProcess, websocket::RawWebSocket};
use serde_json::{Value, json};

use crate::{
    parlour::{Enter, GRACE, Hall, app},
    plain::{Plain, lab},
};

/// Somebody who sees who is in the hall.
async fn watcher(lab: &Lab) -> Result<Plain, Failure> {
    let eve = Plain::come(lab, "token-eve").await?;
    eve.says(&json!([1, "hall:enter", { "hall": 1 }]));
    eve.is_answered(1).await;
    Ok(eve)
}

/// The next that it hears of presence.
async fn seen(eve: &Plain) -> Value {
    loop {
        let heard = eve.hears().await;
        if heard[0] == "salon:presence" {
            return heard[1].clone();
        }
    }
}

async fn in_the_hall(lab: &Lab) -> Result<Plain, Failure> {
    let ada = Plain::come(lab, "token-ada").await?;
    ada.says(&json!([1, "hall:enter", { "hall": 1 }]));
    ada.is_answered(1).await;
    Ok(ada)
}

#[salon::test]
async fn a_close_without_a_code_is_a_goodbye_and_a_lost_connection_is_none() {
    let lab = lab().await?;
    let eve = watcher(&lab).await?;
    let ada = in_the_hall(&lab).await?;
    let came = seen(&eve).await;
    assert!(came.to_string().contains("ada"), "{came}");
    ada.0.disconnect();
    let left = seen(&eve).await;
    assert!(left.to_string().contains("ada"), "at once: {left}");
    let ada = in_the_hall(&lab).await?;
    seen(&eve).await;
    ada.0.reset();
    eve.0.expect_none().await;
    lab.advance(GRACE - crate::parlour::SECOND).await;
    eve.0.expect_none().await;
    let ada = in_the_hall(&lab).await?;
    ada.0.reset();
    lab.advance(GRACE + crate::parlour::SECOND).await;
    let left = seen(&eve).await;
    assert!(left.to_string().contains("ada"), "once its time is over: {left}");
}

#[salon::test]
async fn a_bye_is_a_goodbye_by_any_transport() {
    for wire in [Wire::Plain, Wire::EventStream] {
        let lab = lab().await?;
        let eve = watcher(&lab).await?;
        let visitor = lab.visitor().wire(wire).header("authorization", "Bearer token-ada");
        let ada = visitor.connect().await?;
        ada.send(Enter { hall: 1 }).await?;
        seen(&eve).await;
        ada.emit_named("salon:bye", ());
        let left = seen(&eve).await;
        assert!(left.to_string().contains("ada"), "{wire:?}: {left}");
        lab.settle().await;
        assert_eq!(lab.salon().connections(), 1, "{wire:?}");
    }
}

/// Whether somebody is still seen in the hall whose WebSocket was closed with that, in real time.
async fn is_seen_after(close: &[u8]) -> salon_tests::Result<bool> {
    let salon = app().0.build()?;
    let server = InProcess::start(&salon, 1)?;
    let (mut socket, response) = RawWebSocket::open(server.address(), "/salon").await?;
    assert_eq!(response.status, 101);
    let text = "[\"salon:connect\",{\"token\":\"token-ada\"}]\n[1,\"hall:enter\",{\"hall\":1}]";
    socket.send_frame(0x81, text.as_bytes()).await?;
    while let Some(frame) = socket.receive().await? {
        if frame.payload == b"[-1]" {
            break;
        }
    }
    socket.send_frame(0x88, close).await?;
    // What was sent is answered by the same, and then nothing comes.
    let mut last = None;
    while let Some(frame) = socket.receive().await? {
        last = Some(frame);
    }
    let last = last.ok_or("a close is answered")?;
    assert_eq!((last.head, &*last.payload), (0x88, close), "a close is answered by the same");
    while salon.connections() > 0 {
        tokio::task::yield_now().await;
    }
    // Its room is told by a message, which is under way.
    for _ in 0..200 {
        if salon.room::<Hall>(&1).presence().await.is_empty() {
            return Ok(false);
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Ok(true)
}

#[tokio::test]
async fn a_close_with_1000_is_a_goodbye_and_one_with_1001_is_none() -> salon_tests::Result<()> {
    for (close, is_seen) in [
        (&[][..], false),
        (&1000_u16.to_be_bytes(), false),
        (&1001_u16.to_be_bytes(), true),
        (&4000_u16.to_be_bytes(), true),
    ] {
        assert_eq!(is_seen_after(close).await?, is_seen, "{close:?}");
    }
    Ok(())
}
